import type { DeviceSession } from '../../runtime/contracts.js';
import { framesOf, sampleBlock, type DeliveredFrame } from '../cyton/virtual-line.test.fixture.js';
import { Ads1299Chip, type EmulatedChip } from './chip.js';
import type { Ads1299Options } from './options.js';
import { createAds1299Session } from './session.js';
import { chipTransport, type ChipPort } from './transport.js';

export const plainOptions: Ads1299Options = {
  electrodes: {},
  rate: 250,
  gain: 24,
  off: [],
  bias: true,
  reference: 4.5,
  digital: false,
  dataReady: 26,
};

/** A session, its transport and an emulated chip on a clock of their own: one step is one conversion, or 10 ms. */
export class ChipLine {
  readonly session: DeviceSession;
  readonly chip: Ads1299Chip;
  readonly frames: DeliveredFrame[] = [];
  /** Every notice once, in their order, and what went out over SPI, command by command. */
  readonly notices: string[] = [];
  readonly sent: number[][] = [];
  nowUs = 5e6;
  /** Conversions so far: the input of channel c is 10 × conversion + c microvolts. */
  conversions = 0;
  /** Nobody comes for the next ones. */
  asleep = 0;
  /** Edges that fall while the next frame is read. */
  edgesWithin = 0;
  port: ChipPort;
  readonly #transport;
  readonly #block;
  readonly #bytes = new Uint8Array(4096);

  constructor(options: Partial<Ads1299Options> = {}, chip: Partial<EmulatedChip> = {}) {
    this.session = createAds1299Session({ ...plainOptions, ...options });
    const read = (frame: Float64Array): boolean => {
      frame.forEach((_, channel) => (frame[channel] = 10 * this.conversions + channel));
      this.conversions++;
      return true;
    };
    this.chip = new Ads1299Chip({ source: { read }, sourceChannels: 8, ...chip });
    this.port = {
      waitForEdge: () => this.chip.edges,
      transfer: (bytes, length) => {
        if (length < 27 || bytes[0] !== 0) this.sent.push([...bytes.subarray(0, length)]);
        this.chip.transfer(bytes, length, this.nowUs);
        for (; this.edgesWithin > 0; this.edgesWithin--) this.chip.convert();
        return true;
      },
      close: () => undefined,
    };
    this.#transport = chipTransport({
      waitForEdge: (timeoutMs) => this.port.waitForEdge(timeoutMs),
      transfer: (bytes, length) => this.port.transfer(bytes, length),
      close: () => undefined,
    });
    this.#block = sampleBlock(this.session.info.channels.length);
    this.session.open(this.nowUs);
  }

  until(what: string, condition: () => boolean, limitMs = 10_000): this {
    const limitUs = this.nowUs + limitMs * 1000;
    while (!condition()) {
      if (this.nowUs > limitUs) throw new Error(`${what}: not within ${limitMs} ms (${this.notices.join(' | ')})`);
      this.step();
    }
    return this;
  }

  run(steps: number): this {
    for (let step = 0; step < steps; step++) this.step();
    return this;
  }

  step(): void {
    if (this.chip.nextUs < this.nowUs + 10e3) {
      this.nowUs = this.chip.nextUs;
      this.chip.convert();
    } else this.nowUs += 10e3;
    if (this.asleep > 0) {
      this.asleep--;
      return;
    }
    for (;;) {
      if (this.session.outgoingLength > 0) this.#transport.write(this.session.outgoing, this.session.outgoingLength);
      this.session.outgoingLength = 0;
      const length = this.#transport.read(this.#bytes, 10);
      if (length < 0) throw new Error('the port is gone');
      this.session.push(this.#bytes, length, this.nowUs, this.#block);
      this.frames.push(...framesOf(this.#block));
      while (this.session.pending) {
        this.session.push(this.#bytes, 0, this.nowUs, this.#block);
        this.frames.push(...framesOf(this.#block));
      }
      const { notice } = this.session;
      if (notice !== '' && this.notices.at(-1) !== notice) this.notices.push(notice);
      if (length === 0 && this.session.outgoingLength === 0) return;
    }
  }
}
