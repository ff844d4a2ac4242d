import { ReceiptState, refusalReasons, type LoopEvent, type SampleBlock, type StreamInfo } from '../contracts.js';
import { openingMessages } from '../replay/simulated-guardian.js';
import { buildLoop } from './build.js';
import { createRecordList, type Loop } from './loop.js';
import type { LoopPlan } from './plan.js';
import { decodeEvent, encodeMessage } from './records.js';
import { createSampleBlock } from './sample-block.js';

export const rate = 250;
export const stream: StreamInfo = {
  device: 'test',
  rate,
  delayUs: 0,
  channels: [{ name: 'C3', unit: 'uV', scale: 1, railCounts: 1000 }],
};
export const plan: LoopPlan = {
  signals: [{ name: 'raw', from: { derivation: 'C3' }, stages: [] }],
  detectors: [{ name: 'step', signal: 0, plan: { use: 'threshold', level: 100 } }],
  stimulation: {
    policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 1, expiresUs: 1e5 },
    durationsUs: [50e3],
    limits: { intervalUs: 1e6, perMinute: 30, perHour: 100, perNight: 100 },
    require: [],
  },
  trace: 0,
};

/** Drives a loop frame by frame at 4 ms, with a step above the threshold wherever `steps` says. */
export class Bench {
  readonly loop: Loop;
  readonly events: LoopEvent[] = [];
  readonly fired: number[] = [];
  nowUs = 1e6;
  #index = 0;
  readonly #messages = createRecordList(64);
  readonly #block: SampleBlock = createSampleBlock(1, 64);

  constructor(loop: Loop, arm = true) {
    this.loop = loop;
    openingMessages(this.#messages, arm);
  }

  static async create(arm = true, other = plan): Promise<Bench> {
    return new Bench(await buildLoop(other, stream), arm);
  }

  tell(...message: Parameters<typeof encodeMessage>): void {
    this.#messages.records.set(encodeMessage(...message), this.#messages.length++ * 12);
  }

  frames(count: number, value: (frame: number) => number = () => NaN, flag = 0): void {
    for (let frame = 0; frame < count; frame++) {
      const given = value(frame);
      this.#block.counts[0] = Number.isNaN(given) ? this.#index % 3 : given; // never flat
      this.#block.flags[0] = flag;
      this.#block.frames = 1;
      this.#block.firstIndex = this.#index++;
      this.nowUs += 4000;
      this.cycle();
    }
  }

  step(): void {
    this.frames(1, () => 500);
    this.frames(1);
  }

  skip(frames: number): void {
    this.#index += frames;
    this.nowUs += frames * 4000;
  }

  /** Cycles of 10 ms without frames. */
  silence(us: number): void {
    this.#block.frames = 0;
    for (let waited = 0; waited < us; waited += 10e3) {
      this.nowUs += 10e3;
      this.cycle();
    }
  }

  cycle(): void {
    this.#block.arrivalUs = this.nowUs;
    this.loop.cycle(this.nowUs, this.#block, this.#messages);
    this.#messages.length = 0;
    for (let place = 0; place < this.loop.events.length; place++) {
      const event = decodeEvent(this.loop.events.records, place * 12);
      if (event) this.events.push(event);
    }
    for (let place = 0; place < this.loop.commandCount; place++) {
      const command = this.loop.commands[place]?.command ?? 0;
      this.fired.push(command);
      this.tell('receipt', [command, ReceiptState.ended, this.nowUs]);
    }
  }

  lastRefusal(): string[] {
    const refusal = this.events.filter((event) => event.kind === 'refusal').at(-1);
    return refusalReasons.filter((_, place) => ((refusal?.reasons ?? 0) & (1 << place)) !== 0);
  }
}
