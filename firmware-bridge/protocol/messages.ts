/* eslint max-lines: off -- Made by protocol/generate.ts from protocol/description.ts: change that, then `npm run generate:bridge`. */
import { get64, getBytes, getCounts, put16, put32, put64, put8, putBytes, putCounts } from './fields.js';

/** Of code and fields of the longest message. */
export const longestMessage = 138;

/** Ends whatever session there is, at rest; asks who is there. */
export interface Hello {
  readonly kind: 'hello';
  protocol: number;
  nonce: number;
}

/** Opens the session that `welcome` offered, with these limits or tighter ones; answered by `state`. */
export interface Open {
  readonly kind: 'open';
  session: number;
  beatTimeoutUs: number;
  amplitudeLimit: number;
  durationLimitUs: number;
  chargeLimit: number;
  intervalLimitUs: number;
  perMinuteLimit: number;
  dutyLimit: number;
  samplePeriodUs: number;
  analogueInputs: number;
}

/** The host lives. */
export interface Beat {
  readonly kind: 'beat';
  session: number;
  sequence: number;
}

/** One pulse; answered by `verdict` at once and by an `edge` at its start and at its end. */
export interface Pulse {
  readonly kind: 'pulse';
  session: number;
  sequence: number;
  atUs: number;
  expiresUs: number;
  durationUs: number;
  amplitude: number;
  sham: number;
}

/** Rest now; drops a pulse that waits. */
export interface Rest {
  readonly kind: 'rest';
}

/** What time is it. */
export interface Sync {
  readonly kind: 'sync';
  session: number;
  sequence: number;
}

/** The whole state; answered by `state`, without a session too. */
export interface Ask {
  readonly kind: 'ask';
}

/** An image for the bank that is not running; at rest only; each step is answered by `updated`. */
export interface UpdateBegin {
  readonly kind: 'updateBegin';
  session: number;
  version: number;
  length: number;
}

/** The next bytes of the image, in order. */
export interface UpdateChunk {
  readonly kind: 'updateChunk';
  session: number;
  offset: number;
  count: number;
  bytes: Uint8Array;
}

/** The signature of the image: if it is right, the other bank starts at the next reset, on trial. */
export interface UpdateEnd {
  readonly kind: 'updateEnd';
  session: number;
  signature: Uint8Array;
}

/** Start anew, at rest. */
export interface Reset {
  readonly kind: 'reset';
  session: number;
}

/** An image on trial has proved itself: without it the next reset goes back to the other bank. */
export interface Confirm {
  readonly kind: 'confirm';
  session: number;
}

/** Answer to `hello`; `session` is 0 where the versions of the protocol differ. */
export interface Welcome {
  readonly kind: 'welcome';
  protocol: number;
  nonce: number;
  session: number;
  firmware: number;
  boot: number;
  bank: number;
  trial: number;
  nowUs: number;
  tickUs: number;
  beatTimeoutUs: number;
  amplitudeLimit: number;
  durationLimitUs: number;
  chargeLimit: number;
  intervalLimitUs: number;
  perMinuteLimit: number;
  dutyLimit: number;
}

/** On a pulse: accepted if there is no reason against it, else all reasons (`reasons`). */
export interface Verdict {
  readonly kind: 'verdict';
  sequence: number;
  reasons: number;
  startUs: number;
  nowUs: number;
}

/** The output has changed, or would have in a sham; `amplitude` is 0 at the end (`causes`). */
export interface Edge {
  readonly kind: 'edge';
  sequence: number;
  atUs: number;
  amplitude: number;
  cause: number;
}

/** Everything. */
export interface State {
  readonly kind: 'state';
  session: number;
  phase: number;
  nowUs: number;
  beat: number;
  beatUs: number;
  pulse: number;
  amplitude: number;
  waiting: number;
  reasons: number;
  beatTimeoutUs: number;
  amplitudeLimit: number;
  durationLimitUs: number;
  chargeLimit: number;
  intervalLimitUs: number;
  perMinuteLimit: number;
  dutyLimit: number;
  accepted: number;
  refused: number;
  goodFrames: number;
  damagedFrames: number;
  strayFrames: number;
  unsentBytes: number;
  beatLosses: number;
}

/** Digital inputs have changed; a bit an input. */
export interface Input {
  readonly kind: 'input';
  atUs: number;
  levels: number;
  changed: number;
}

/** Answer to `sync`. */
export interface Synced {
  readonly kind: 'synced';
  sequence: number;
  receivedUs: number;
  sentUs: number;
}

/** Sixteen samples of one analogue input. */
export interface Samples {
  readonly kind: 'samples';
  counter: number;
  firstUs: number;
  periodUs: number;
  input: number;
  values: Int16Array;
}

/** A step of an update was taken, or why not (`updateResults`); `offset` is the next byte wanted. */
export interface Updated {
  readonly kind: 'updated';
  step: number;
  result: number;
  offset: number;
}

export type HostMessage =
  Hello | Open | Beat | Pulse | Rest | Sync | Ask | UpdateBegin | UpdateChunk | UpdateEnd | Reset | Confirm;
export type DeviceMessage = Welcome | Verdict | Edge | State | Input | Synced | Samples | Updated;

/** Messages to fill in: make each once, and use it again. */
export const blank = {
  hello: (): Hello => ({ kind: 'hello', protocol: 0, nonce: 0 }),
  open: (): Open => ({
    kind: 'open',
    session: 0,
    beatTimeoutUs: 0,
    amplitudeLimit: 0,
    durationLimitUs: 0,
    chargeLimit: 0,
    intervalLimitUs: 0,
    perMinuteLimit: 0,
    dutyLimit: 0,
    samplePeriodUs: 0,
    analogueInputs: 0,
  }),
  beat: (): Beat => ({ kind: 'beat', session: 0, sequence: 0 }),
  pulse: (): Pulse => ({
    kind: 'pulse',
    session: 0,
    sequence: 0,
    atUs: 0,
    expiresUs: 0,
    durationUs: 0,
    amplitude: 0,
    sham: 0,
  }),
  rest: (): Rest => ({ kind: 'rest' }),
  sync: (): Sync => ({ kind: 'sync', session: 0, sequence: 0 }),
  ask: (): Ask => ({ kind: 'ask' }),
  updateBegin: (): UpdateBegin => ({ kind: 'updateBegin', session: 0, version: 0, length: 0 }),
  updateChunk: (): UpdateChunk => ({
    kind: 'updateChunk',
    session: 0,
    offset: 0,
    count: 0,
    bytes: new Uint8Array(128),
  }),
  updateEnd: (): UpdateEnd => ({ kind: 'updateEnd', session: 0, signature: new Uint8Array(64) }),
  reset: (): Reset => ({ kind: 'reset', session: 0 }),
  confirm: (): Confirm => ({ kind: 'confirm', session: 0 }),
  welcome: (): Welcome => ({
    kind: 'welcome',
    protocol: 0,
    nonce: 0,
    session: 0,
    firmware: 0,
    boot: 0,
    bank: 0,
    trial: 0,
    nowUs: 0,
    tickUs: 0,
    beatTimeoutUs: 0,
    amplitudeLimit: 0,
    durationLimitUs: 0,
    chargeLimit: 0,
    intervalLimitUs: 0,
    perMinuteLimit: 0,
    dutyLimit: 0,
  }),
  verdict: (): Verdict => ({ kind: 'verdict', sequence: 0, reasons: 0, startUs: 0, nowUs: 0 }),
  edge: (): Edge => ({ kind: 'edge', sequence: 0, atUs: 0, amplitude: 0, cause: 0 }),
  state: (): State => ({
    kind: 'state',
    session: 0,
    phase: 0,
    nowUs: 0,
    beat: 0,
    beatUs: 0,
    pulse: 0,
    amplitude: 0,
    waiting: 0,
    reasons: 0,
    beatTimeoutUs: 0,
    amplitudeLimit: 0,
    durationLimitUs: 0,
    chargeLimit: 0,
    intervalLimitUs: 0,
    perMinuteLimit: 0,
    dutyLimit: 0,
    accepted: 0,
    refused: 0,
    goodFrames: 0,
    damagedFrames: 0,
    strayFrames: 0,
    unsentBytes: 0,
    beatLosses: 0,
  }),
  input: (): Input => ({ kind: 'input', atUs: 0, levels: 0, changed: 0 }),
  synced: (): Synced => ({ kind: 'synced', sequence: 0, receivedUs: 0, sentUs: 0 }),
  samples: (): Samples => ({
    kind: 'samples',
    counter: 0,
    firstUs: 0,
    periodUs: 0,
    input: 0,
    values: new Int16Array(16),
  }),
  updated: (): Updated => ({ kind: 'updated', step: 0, result: 0, offset: 0 }),
};

/**
 * Puts code and fields at `at`; returns where they end. Allocates nothing.
 * @throws RangeError where a number does not fit its field.
 */
export function encode(message: HostMessage | DeviceMessage, view: DataView, at: number): number {
  switch (message.kind) {
    case 'hello':
      view.setUint8(at, 0x01);
      put16(view, at + 1, message.protocol, 'hello.protocol');
      put32(view, at + 3, message.nonce, 'hello.nonce');
      return at + 7;
    case 'open':
      view.setUint8(at, 0x02);
      put32(view, at + 1, message.session, 'open.session');
      put32(view, at + 5, message.beatTimeoutUs, 'open.beatTimeoutUs');
      put16(view, at + 9, message.amplitudeLimit, 'open.amplitudeLimit');
      put32(view, at + 11, message.durationLimitUs, 'open.durationLimitUs');
      put32(view, at + 15, message.chargeLimit, 'open.chargeLimit');
      put32(view, at + 19, message.intervalLimitUs, 'open.intervalLimitUs');
      put16(view, at + 23, message.perMinuteLimit, 'open.perMinuteLimit');
      put16(view, at + 25, message.dutyLimit, 'open.dutyLimit');
      put32(view, at + 27, message.samplePeriodUs, 'open.samplePeriodUs');
      put8(view, at + 31, message.analogueInputs, 'open.analogueInputs');
      return at + 32;
    case 'beat':
      view.setUint8(at, 0x03);
      put32(view, at + 1, message.session, 'beat.session');
      put32(view, at + 5, message.sequence, 'beat.sequence');
      return at + 9;
    case 'pulse':
      view.setUint8(at, 0x04);
      put32(view, at + 1, message.session, 'pulse.session');
      put32(view, at + 5, message.sequence, 'pulse.sequence');
      put64(view, at + 9, message.atUs, 'pulse.atUs');
      put64(view, at + 17, message.expiresUs, 'pulse.expiresUs');
      put32(view, at + 25, message.durationUs, 'pulse.durationUs');
      put16(view, at + 29, message.amplitude, 'pulse.amplitude');
      put8(view, at + 31, message.sham, 'pulse.sham');
      return at + 32;
    case 'rest':
      view.setUint8(at, 0x05);

      return at + 1;
    case 'sync':
      view.setUint8(at, 0x06);
      put32(view, at + 1, message.session, 'sync.session');
      put32(view, at + 5, message.sequence, 'sync.sequence');
      return at + 9;
    case 'ask':
      view.setUint8(at, 0x07);

      return at + 1;
    case 'updateBegin':
      view.setUint8(at, 0x08);
      put32(view, at + 1, message.session, 'updateBegin.session');
      put32(view, at + 5, message.version, 'updateBegin.version');
      put32(view, at + 9, message.length, 'updateBegin.length');
      return at + 13;
    case 'updateChunk':
      view.setUint8(at, 0x09);
      put32(view, at + 1, message.session, 'updateChunk.session');
      put32(view, at + 5, message.offset, 'updateChunk.offset');
      put8(view, at + 9, message.count, 'updateChunk.count');
      putBytes(view, at + 10, message.bytes);
      return at + 138;
    case 'updateEnd':
      view.setUint8(at, 0x0a);
      put32(view, at + 1, message.session, 'updateEnd.session');
      putBytes(view, at + 5, message.signature);
      return at + 69;
    case 'reset':
      view.setUint8(at, 0x0b);
      put32(view, at + 1, message.session, 'reset.session');
      return at + 5;
    case 'confirm':
      view.setUint8(at, 0x0c);
      put32(view, at + 1, message.session, 'confirm.session');
      return at + 5;
    case 'welcome':
      view.setUint8(at, 0x81);
      put16(view, at + 1, message.protocol, 'welcome.protocol');
      put32(view, at + 3, message.nonce, 'welcome.nonce');
      put32(view, at + 7, message.session, 'welcome.session');
      put32(view, at + 11, message.firmware, 'welcome.firmware');
      put32(view, at + 15, message.boot, 'welcome.boot');
      put8(view, at + 19, message.bank, 'welcome.bank');
      put8(view, at + 20, message.trial, 'welcome.trial');
      put64(view, at + 21, message.nowUs, 'welcome.nowUs');
      put16(view, at + 29, message.tickUs, 'welcome.tickUs');
      put32(view, at + 31, message.beatTimeoutUs, 'welcome.beatTimeoutUs');
      put16(view, at + 35, message.amplitudeLimit, 'welcome.amplitudeLimit');
      put32(view, at + 37, message.durationLimitUs, 'welcome.durationLimitUs');
      put32(view, at + 41, message.chargeLimit, 'welcome.chargeLimit');
      put32(view, at + 45, message.intervalLimitUs, 'welcome.intervalLimitUs');
      put16(view, at + 49, message.perMinuteLimit, 'welcome.perMinuteLimit');
      put16(view, at + 51, message.dutyLimit, 'welcome.dutyLimit');
      return at + 53;
    case 'verdict':
      view.setUint8(at, 0x82);
      put32(view, at + 1, message.sequence, 'verdict.sequence');
      put32(view, at + 5, message.reasons, 'verdict.reasons');
      put64(view, at + 9, message.startUs, 'verdict.startUs');
      put64(view, at + 17, message.nowUs, 'verdict.nowUs');
      return at + 25;
    case 'edge':
      view.setUint8(at, 0x83);
      put32(view, at + 1, message.sequence, 'edge.sequence');
      put64(view, at + 5, message.atUs, 'edge.atUs');
      put16(view, at + 13, message.amplitude, 'edge.amplitude');
      put8(view, at + 15, message.cause, 'edge.cause');
      return at + 16;
    case 'state':
      view.setUint8(at, 0x84);
      put32(view, at + 1, message.session, 'state.session');
      put8(view, at + 5, message.phase, 'state.phase');
      put64(view, at + 6, message.nowUs, 'state.nowUs');
      put32(view, at + 14, message.beat, 'state.beat');
      put64(view, at + 18, message.beatUs, 'state.beatUs');
      put32(view, at + 26, message.pulse, 'state.pulse');
      put16(view, at + 30, message.amplitude, 'state.amplitude');
      put8(view, at + 32, message.waiting, 'state.waiting');
      put32(view, at + 33, message.reasons, 'state.reasons');
      put32(view, at + 37, message.beatTimeoutUs, 'state.beatTimeoutUs');
      put16(view, at + 41, message.amplitudeLimit, 'state.amplitudeLimit');
      put32(view, at + 43, message.durationLimitUs, 'state.durationLimitUs');
      put32(view, at + 47, message.chargeLimit, 'state.chargeLimit');
      put32(view, at + 51, message.intervalLimitUs, 'state.intervalLimitUs');
      put16(view, at + 55, message.perMinuteLimit, 'state.perMinuteLimit');
      put16(view, at + 57, message.dutyLimit, 'state.dutyLimit');
      put32(view, at + 59, message.accepted, 'state.accepted');
      put32(view, at + 63, message.refused, 'state.refused');
      put32(view, at + 67, message.goodFrames, 'state.goodFrames');
      put32(view, at + 71, message.damagedFrames, 'state.damagedFrames');
      put32(view, at + 75, message.strayFrames, 'state.strayFrames');
      put32(view, at + 79, message.unsentBytes, 'state.unsentBytes');
      put32(view, at + 83, message.beatLosses, 'state.beatLosses');
      return at + 87;
    case 'input':
      view.setUint8(at, 0x85);
      put64(view, at + 1, message.atUs, 'input.atUs');
      put8(view, at + 9, message.levels, 'input.levels');
      put8(view, at + 10, message.changed, 'input.changed');
      return at + 11;
    case 'synced':
      view.setUint8(at, 0x86);
      put32(view, at + 1, message.sequence, 'synced.sequence');
      put64(view, at + 5, message.receivedUs, 'synced.receivedUs');
      put64(view, at + 13, message.sentUs, 'synced.sentUs');
      return at + 21;
    case 'samples':
      view.setUint8(at, 0x87);
      put32(view, at + 1, message.counter, 'samples.counter');
      put64(view, at + 5, message.firstUs, 'samples.firstUs');
      put32(view, at + 13, message.periodUs, 'samples.periodUs');
      put8(view, at + 17, message.input, 'samples.input');
      putCounts(view, at + 18, message.values);
      return at + 50;
    case 'updated':
      view.setUint8(at, 0x88);
      put8(view, at + 1, message.step, 'updated.step');
      put8(view, at + 2, message.result, 'updated.result');
      put32(view, at + 3, message.offset, 'updated.offset');
      return at + 7;
  }
}

/** Each message that it returns is overwritten by the next one of its kind. */
export class HostMessageDecoder {
  readonly #hello = blank.hello();
  readonly #open = blank.open();
  readonly #beat = blank.beat();
  readonly #pulse = blank.pulse();
  readonly #rest = blank.rest();
  readonly #sync = blank.sync();
  readonly #ask = blank.ask();
  readonly #updateBegin = blank.updateBegin();
  readonly #updateChunk = blank.updateChunk();
  readonly #updateEnd = blank.updateEnd();
  readonly #reset = blank.reset();
  readonly #confirm = blank.confirm();

  /** Undefined: no such kind, or not of its size, or a time that no clock reaches. */
  decode(view: DataView, at: number, size: number): HostMessage | undefined {
    if (size === 0) return undefined;
    switch (view.getUint8(at)) {
      case 0x01: {
        if (size !== 7) return undefined;
        const message = this.#hello;
        message.protocol = view.getUint16(at + 1, true);
        message.nonce = view.getUint32(at + 3, true);
        return message;
      }
      case 0x02: {
        if (size !== 32) return undefined;
        const message = this.#open;
        message.session = view.getUint32(at + 1, true);
        message.beatTimeoutUs = view.getUint32(at + 5, true);
        message.amplitudeLimit = view.getUint16(at + 9, true);
        message.durationLimitUs = view.getUint32(at + 11, true);
        message.chargeLimit = view.getUint32(at + 15, true);
        message.intervalLimitUs = view.getUint32(at + 19, true);
        message.perMinuteLimit = view.getUint16(at + 23, true);
        message.dutyLimit = view.getUint16(at + 25, true);
        message.samplePeriodUs = view.getUint32(at + 27, true);
        message.analogueInputs = view.getUint8(at + 31);
        return message;
      }
      case 0x03: {
        if (size !== 9) return undefined;
        const message = this.#beat;
        message.session = view.getUint32(at + 1, true);
        message.sequence = view.getUint32(at + 5, true);
        return message;
      }
      case 0x04: {
        if (size !== 32) return undefined;
        const message = this.#pulse;
        message.session = view.getUint32(at + 1, true);
        message.sequence = view.getUint32(at + 5, true);
        message.atUs = get64(view, at + 9);
        message.expiresUs = get64(view, at + 17);
        message.durationUs = view.getUint32(at + 25, true);
        message.amplitude = view.getUint16(at + 29, true);
        message.sham = view.getUint8(at + 31);
        return Number.isNaN(message.atUs) || Number.isNaN(message.expiresUs) ? undefined : message;
      }
      case 0x05: {
        if (size !== 1) return undefined;
        const message = this.#rest;

        return message;
      }
      case 0x06: {
        if (size !== 9) return undefined;
        const message = this.#sync;
        message.session = view.getUint32(at + 1, true);
        message.sequence = view.getUint32(at + 5, true);
        return message;
      }
      case 0x07: {
        if (size !== 1) return undefined;
        const message = this.#ask;

        return message;
      }
      case 0x08: {
        if (size !== 13) return undefined;
        const message = this.#updateBegin;
        message.session = view.getUint32(at + 1, true);
        message.version = view.getUint32(at + 5, true);
        message.length = view.getUint32(at + 9, true);
        return message;
      }
      case 0x09: {
        if (size !== 138) return undefined;
        const message = this.#updateChunk;
        message.session = view.getUint32(at + 1, true);
        message.offset = view.getUint32(at + 5, true);
        message.count = view.getUint8(at + 9);
        getBytes(view, at + 10, message.bytes);
        return message;
      }
      case 0x0a: {
        if (size !== 69) return undefined;
        const message = this.#updateEnd;
        message.session = view.getUint32(at + 1, true);
        getBytes(view, at + 5, message.signature);
        return message;
      }
      case 0x0b: {
        if (size !== 5) return undefined;
        const message = this.#reset;
        message.session = view.getUint32(at + 1, true);
        return message;
      }
      case 0x0c: {
        if (size !== 5) return undefined;
        const message = this.#confirm;
        message.session = view.getUint32(at + 1, true);
        return message;
      }
      default:
        return undefined;
    }
  }
}

/** Each message that it returns is overwritten by the next one of its kind. */
export class DeviceMessageDecoder {
  readonly #welcome = blank.welcome();
  readonly #verdict = blank.verdict();
  readonly #edge = blank.edge();
  readonly #state = blank.state();
  readonly #input = blank.input();
  readonly #synced = blank.synced();
  readonly #samples = blank.samples();
  readonly #updated = blank.updated();

  /** Undefined: no such kind, or not of its size, or a time that no clock reaches. */
  decode(view: DataView, at: number, size: number): DeviceMessage | undefined {
    if (size === 0) return undefined;
    switch (view.getUint8(at)) {
      case 0x81: {
        if (size !== 53) return undefined;
        const message = this.#welcome;
        message.protocol = view.getUint16(at + 1, true);
        message.nonce = view.getUint32(at + 3, true);
        message.session = view.getUint32(at + 7, true);
        message.firmware = view.getUint32(at + 11, true);
        message.boot = view.getUint32(at + 15, true);
        message.bank = view.getUint8(at + 19);
        message.trial = view.getUint8(at + 20);
        message.nowUs = get64(view, at + 21);
        message.tickUs = view.getUint16(at + 29, true);
        message.beatTimeoutUs = view.getUint32(at + 31, true);
        message.amplitudeLimit = view.getUint16(at + 35, true);
        message.durationLimitUs = view.getUint32(at + 37, true);
        message.chargeLimit = view.getUint32(at + 41, true);
        message.intervalLimitUs = view.getUint32(at + 45, true);
        message.perMinuteLimit = view.getUint16(at + 49, true);
        message.dutyLimit = view.getUint16(at + 51, true);
        return Number.isNaN(message.nowUs) ? undefined : message;
      }
      case 0x82: {
        if (size !== 25) return undefined;
        const message = this.#verdict;
        message.sequence = view.getUint32(at + 1, true);
        message.reasons = view.getUint32(at + 5, true);
        message.startUs = get64(view, at + 9);
        message.nowUs = get64(view, at + 17);
        return Number.isNaN(message.startUs) || Number.isNaN(message.nowUs) ? undefined : message;
      }
      case 0x83: {
        if (size !== 16) return undefined;
        const message = this.#edge;
        message.sequence = view.getUint32(at + 1, true);
        message.atUs = get64(view, at + 5);
        message.amplitude = view.getUint16(at + 13, true);
        message.cause = view.getUint8(at + 15);
        return Number.isNaN(message.atUs) ? undefined : message;
      }
      case 0x84: {
        if (size !== 87) return undefined;
        const message = this.#state;
        message.session = view.getUint32(at + 1, true);
        message.phase = view.getUint8(at + 5);
        message.nowUs = get64(view, at + 6);
        message.beat = view.getUint32(at + 14, true);
        message.beatUs = get64(view, at + 18);
        message.pulse = view.getUint32(at + 26, true);
        message.amplitude = view.getUint16(at + 30, true);
        message.waiting = view.getUint8(at + 32);
        message.reasons = view.getUint32(at + 33, true);
        message.beatTimeoutUs = view.getUint32(at + 37, true);
        message.amplitudeLimit = view.getUint16(at + 41, true);
        message.durationLimitUs = view.getUint32(at + 43, true);
        message.chargeLimit = view.getUint32(at + 47, true);
        message.intervalLimitUs = view.getUint32(at + 51, true);
        message.perMinuteLimit = view.getUint16(at + 55, true);
        message.dutyLimit = view.getUint16(at + 57, true);
        message.accepted = view.getUint32(at + 59, true);
        message.refused = view.getUint32(at + 63, true);
        message.goodFrames = view.getUint32(at + 67, true);
        message.damagedFrames = view.getUint32(at + 71, true);
        message.strayFrames = view.getUint32(at + 75, true);
        message.unsentBytes = view.getUint32(at + 79, true);
        message.beatLosses = view.getUint32(at + 83, true);
        return Number.isNaN(message.nowUs) || Number.isNaN(message.beatUs) ? undefined : message;
      }
      case 0x85: {
        if (size !== 11) return undefined;
        const message = this.#input;
        message.atUs = get64(view, at + 1);
        message.levels = view.getUint8(at + 9);
        message.changed = view.getUint8(at + 10);
        return Number.isNaN(message.atUs) ? undefined : message;
      }
      case 0x86: {
        if (size !== 21) return undefined;
        const message = this.#synced;
        message.sequence = view.getUint32(at + 1, true);
        message.receivedUs = get64(view, at + 5);
        message.sentUs = get64(view, at + 13);
        return Number.isNaN(message.receivedUs) || Number.isNaN(message.sentUs) ? undefined : message;
      }
      case 0x87: {
        if (size !== 50) return undefined;
        const message = this.#samples;
        message.counter = view.getUint32(at + 1, true);
        message.firstUs = get64(view, at + 5);
        message.periodUs = view.getUint32(at + 13, true);
        message.input = view.getUint8(at + 17);
        getCounts(view, at + 18, message.values);
        return Number.isNaN(message.firstUs) ? undefined : message;
      }
      case 0x88: {
        if (size !== 7) return undefined;
        const message = this.#updated;
        message.step = view.getUint8(at + 1);
        message.result = view.getUint8(at + 2);
        message.offset = view.getUint32(at + 3, true);
        return message;
      }
      default:
        return undefined;
    }
  }
}
