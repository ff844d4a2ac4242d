import { phases, protocolVersion } from '../protocol/description.js';
import { FrameReader, FrameWriter } from '../protocol/frame.js';
import { HostMessageDecoder, blank, type DeviceMessage, type HostMessage } from '../protocol/messages.js';

/** A device that answers as the description says, in memory; it can be asked to misbehave. It has no interlock. */
export class FakeDevice {
  protocol = protocolVersion;
  boot = 7;
  /** Its clock against the host's. */
  aheadUs = -1e9;
  /** Frames on their way to the host. */
  readonly out: number[] = [];
  readonly heard: HostMessage['kind'][] = [];
  readonly state = blank.state();
  /** Microseconds; a device that does not obey keeps its own. */
  limitsFrom: 'asked' | 'own' = 'asked';
  deaf = false;
  #offered = 0;
  readonly #reader = new FrameReader<HostMessage>(new HostMessageDecoder());
  readonly #writer = new FrameWriter();

  take(bytes: Uint8Array, nowUs: number): void {
    if (this.deaf) return;
    this.pass(nowUs);
    for (const byte of bytes) {
      const message = this.#reader.take(byte);
      if (!message) continue;
      this.heard.push(message.kind);
      this.#answer(message, nowUs);
    }
  }

  /** Time passes: a session without beats is lost. */
  pass(nowUs: number): void {
    const { state } = this;
    if (phases[state.phase] !== 'open' || nowUs + this.aheadUs - state.beatUs < state.beatTimeoutUs) return;
    state.phase = phases.indexOf('lost');
    state.beatLosses++;
  }

  say(message: DeviceMessage): void {
    this.#writer.write(message);
    this.out.push(...this.#writer.bytes.subarray(0, this.#writer.length));
  }

  #answer(message: HostMessage, nowUs: number): void {
    const { state } = this;
    const deviceUs = Math.floor(nowUs + this.aheadUs);
    switch (message.kind) {
      case 'hello': {
        const { protocol, boot } = this;
        const session = message.protocol === protocol ? ++this.#offered : 0;
        Object.assign(state, { session: 0, phase: phases.indexOf('silent') });
        this.say({ ...blank.welcome(), protocol, nonce: message.nonce, session, boot, nowUs: deviceUs, tickUs: 100 });
        break;
      }
      case 'open':
        if (message.session !== this.#offered) break;
        if (this.limitsFrom === 'asked') {
          const { session, beatTimeoutUs, amplitudeLimit, durationLimitUs, chargeLimit } = message;
          const { intervalLimitUs, perMinuteLimit, dutyLimit } = message;
          Object.assign(state, { session, beatTimeoutUs, amplitudeLimit, durationLimitUs, chargeLimit });
          Object.assign(state, { intervalLimitUs, perMinuteLimit, dutyLimit });
        } else state.session = message.session;
        Object.assign(state, { phase: phases.indexOf('open'), beat: 0, beatUs: deviceUs });
        this.say({ ...state, nowUs: deviceUs });
        break;
      case 'beat':
        if (message.session !== state.session || message.sequence <= state.beat) break;
        if (phases[state.phase] === 'open') Object.assign(state, { beat: message.sequence, beatUs: deviceUs });
        break;
      case 'sync':
        if (message.session !== state.session) break;
        this.say({ kind: 'synced', sequence: message.sequence, receivedUs: deviceUs, sentUs: deviceUs });
        break;
      case 'ask':
        this.say({ ...state, nowUs: deviceUs });
        break;
    }
  }
}
