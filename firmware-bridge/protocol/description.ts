/**
 * The one description of what the host and the microcontroller say to each other: `generate.ts` makes the encoders and
 * decoders of both sides from it. A frame is COBS(code u8, fields little-endian and unpadded, CRC-32 of all before it), then
 * a zero byte. Times are microseconds of the microcontroller's own clock since its boot. Amplitudes are thousandths of the
 * full scale of the port's output.
 *
 * Each of `beat`, `pulse` and `sync` counts for itself from 1 within a session; what is not above the newest of its kind is
 * dropped, so that the host's threads need no order among them. `rest` needs neither session nor number.
 */
export const protocolVersion = 1;

export type FieldType = 'u8' | 'u16' | 'u32' | 'u64' | 'i16[16]' | 'u8[64]' | 'u8[128]';

export interface MessageDescription {
  readonly code: number;
  readonly from: 'host' | 'device';
  readonly says: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** What a pulse may be at most; in `welcome` as compiled, in `open` and `state` as in force (open only tightens). */
const limits = {
  beatTimeoutUs: 'u32',
  amplitudeLimit: 'u16',
  durationLimitUs: 'u32',
  /** Thousandths of full scale times microseconds, a pulse. */
  chargeLimit: 'u32',
  /** From start to start. */
  intervalLimitUs: 'u32',
  perMinuteLimit: 'u16',
  /** Time at work, in thousandths, beyond one longest pulse. */
  dutyLimit: 'u16',
} as const;

export const messages = {
  hello: {
    code: 0x01,
    from: 'host',
    says: 'ends whatever session there is, at rest; asks who is there',
    fields: { protocol: 'u16', nonce: 'u32' },
  },
  open: {
    code: 0x02,
    from: 'host',
    says: 'opens the session that `welcome` offered, with these limits or tighter ones; answered by `state`',
    fields: { session: 'u32', ...limits, samplePeriodUs: 'u32', analogueInputs: 'u8' },
  },
  beat: { code: 0x03, from: 'host', says: 'the host lives', fields: { session: 'u32', sequence: 'u32' } },
  pulse: {
    code: 0x04,
    from: 'host',
    says: 'one pulse; answered by `verdict` at once and by an `edge` at its start and at its end',
    fields: {
      session: 'u32',
      sequence: 'u32',
      atUs: 'u64',
      /** The pulse must have started by then, to half a tick. */
      expiresUs: 'u64',
      durationUs: 'u32',
      amplitude: 'u16',
      /** 1: everything but the output. */
      sham: 'u8',
    },
  },
  rest: { code: 0x05, from: 'host', says: 'rest now; drops a pulse that waits', fields: {} },
  sync: { code: 0x06, from: 'host', says: 'what time is it', fields: { session: 'u32', sequence: 'u32' } },
  ask: { code: 0x07, from: 'host', says: 'the whole state; answered by `state`, without a session too', fields: {} },
  updateBegin: {
    code: 0x08,
    from: 'host',
    says: 'an image for the bank that is not running; at rest only; each step is answered by `updated`',
    fields: { session: 'u32', version: 'u32', length: 'u32' },
  },
  updateChunk: {
    code: 0x09,
    from: 'host',
    says: 'the next bytes of the image, in order',
    fields: { session: 'u32', offset: 'u32', count: 'u8', bytes: 'u8[128]' },
  },
  updateEnd: {
    code: 0x0a,
    from: 'host',
    says: 'the signature of the image: if it is right, the other bank starts at the next reset, on trial',
    fields: { session: 'u32', signature: 'u8[64]' },
  },
  reset: { code: 0x0b, from: 'host', says: 'start anew, at rest', fields: { session: 'u32' } },
  confirm: {
    code: 0x0c,
    from: 'host',
    says: 'an image on trial has proved itself: without it the next reset goes back to the other bank',
    fields: { session: 'u32' },
  },

  welcome: {
    code: 0x81,
    from: 'device',
    says: 'answer to `hello`; `session` is 0 where the versions of the protocol differ',
    fields: {
      protocol: 'u16',
      nonce: 'u32',
      session: 'u32',
      firmware: 'u32',
      /** Differs at each boot. */
      boot: 'u32',
      bank: 'u8',
      trial: 'u8',
      nowUs: 'u64',
      tickUs: 'u16',
      ...limits,
    },
  },
  verdict: {
    code: 0x82,
    from: 'device',
    says: 'on a pulse: accepted if there is no reason against it, else all reasons (`reasons`)',
    fields: { sequence: 'u32', reasons: 'u32', startUs: 'u64', nowUs: 'u64' },
  },
  edge: {
    code: 0x83,
    from: 'device',
    says: 'the output has changed, or would have in a sham; `amplitude` is 0 at the end (`causes`)',
    fields: { sequence: 'u32', atUs: 'u64', amplitude: 'u16', cause: 'u8' },
  },
  state: {
    code: 0x84,
    from: 'device',
    says: 'everything',
    fields: {
      session: 'u32',
      phase: 'u8',
      nowUs: 'u64',
      beat: 'u32',
      beatUs: 'u64',
      pulse: 'u32',
      amplitude: 'u16',
      waiting: 'u8',
      /** What would speak against a smallest pulse now. */
      reasons: 'u32',
      ...limits,
      accepted: 'u32',
      refused: 'u32',
      goodFrames: 'u32',
      damagedFrames: 'u32',
      strayFrames: 'u32',
      /** Bytes that were not sent because the line was full. */
      unsentBytes: 'u32',
      beatLosses: 'u32',
    },
  },
  input: {
    code: 0x85,
    from: 'device',
    says: 'digital inputs have changed; a bit an input',
    fields: { atUs: 'u64', levels: 'u8', changed: 'u8' },
  },
  synced: {
    code: 0x86,
    from: 'device',
    says: 'answer to `sync`',
    fields: { sequence: 'u32', receivedUs: 'u64', sentUs: 'u64' },
  },
  samples: {
    code: 0x87,
    from: 'device',
    says: 'sixteen samples of one analogue input',
    fields: { counter: 'u32', firstUs: 'u64', periodUs: 'u32', input: 'u8', values: 'i16[16]' },
  },
  updated: {
    code: 0x88,
    from: 'device',
    says: 'a step of an update was taken, or why not (`updateResults`); `offset` is the next byte wanted',
    fields: { step: 'u8', result: 'u8', offset: 'u32' },
  },
} as const satisfies Readonly<Record<string, MessageDescription>>;

/** Bits of `reasons`. */
export const reasons = [
  'no-session',
  'no-beat',
  'replayed',
  'expired',
  'late',
  'early',
  'amplitude',
  'duration',
  'charge',
  'interval',
  'rate',
  'duty',
  'busy',
  'updating',
] as const;

/**
 * Of `edge`. A pulse that was accepted ends with exactly one edge of amplitude 0, also where it never started: `late` says
 * that its time was over before the microcontroller came to it, and the causes after `duration` end what waits too.
 */
export const causes = ['start', 'duration', 'rest', 'beat', 'session', 'reset', 'late'] as const;

/** Of `state`. `lost`: beats stopped; only a new session ends it. */
export const phases = ['silent', 'open', 'lost'] as const;

/** Of `updated`. */
export const updateResults = [
  'taken',
  'no-session',
  'not-at-rest',
  'too-large',
  'out-of-order',
  'older',
  'damaged',
  'signature',
  'flash',
  'no-update',
  /** The image that runs is not confirmed: the other bank is the way back. */
  'on-trial',
] as const;
