import { FrameFlag, type SampleBlock, type SessionState, type StreamInfo } from '../../runtime/contracts.js';
import type { Head, Port, PortServices, Truth } from './head.js';
import type { Random } from './random.js';

interface Frame {
  /** Of the device, through all gaps. */
  readonly index: number;
  readonly counts: readonly [number, number];
  readonly truth: Truth;
}

/** Counts at or above which the second channel says: asleep; below minus this: awake; between: nobody knows. */
export const asleepCounts = 10;
export const spindleCounts = 400;
const railCounts = 1000;

/**
 * A device of few frames a second: noise, now and then a spindle that is one large sample, and a second channel that tells
 * how the sleeper is. Its driver fills short holes and jumps over long ones.
 */
export class ScriptedHead implements Head {
  readonly info: StreamInfo;
  truth: Truth = 'asleep';
  toLose = 0;
  readonly #random: Random;
  readonly #periodUs: number;
  readonly #spindlePeriod: number;
  #shiftUs = 0;
  #index = 0;
  #nextSpindle: number;

  constructor(random: Random, rate: number) {
    this.#random = random;
    const channels = ['C3', 'SLEEP'].map((name) => ({ name, unit: 'count', scale: 1, railCounts }));
    this.info = { device: 'simulated', rate, delayUs: 0, channels };
    // A crystal is off by tens of parts per million.
    this.#periodUs = (1e6 / rate) * (1 + random.between(-60e-6, 60e-6));
    this.#spindlePeriod = random.between(20, 120);
    this.#nextSpindle = random.wait(this.#spindlePeriod);
  }

  get dueUs(): number {
    return this.#shiftUs + (this.#index + 1) * this.#periodUs;
  }

  stepClock(us: number): void {
    this.#shiftUs += us;
  }

  make(): ((port: Port) => void) | undefined {
    const index = this.#index++;
    const random = this.#random;
    const noise = 1 + random.whole(40);
    let first = (index & 1) === 0 ? noise : -noise;
    if (index >= this.#nextSpindle) {
      this.#nextSpindle = index + 1 + random.wait(this.#spindlePeriod);
      first = spindleCounts + random.whole(200);
    }
    const { truth } = this;
    if (truth === 'rail') first = railCounts + random.whole(100);
    if (this.toLose > 0) {
      this.toLose--;
      return undefined;
    }
    const frame: Frame = { index, counts: [first, sleepCounts(truth, noise)], truth };
    return (port) => {
      if (port instanceof ScriptedPort) port.push(frame);
    };
  }

  connect(services: PortServices): Port {
    return new ScriptedPort(this.info.rate, services, this.#random.between(0.2e6, 1e6));
  }
}

function sleepCounts(truth: Truth, noise: number): number {
  // Spindles go on meanwhile: what holds is not that nothing is asked for.
  if (truth === 'flat') return asleepCounts + 1;
  if (truth === 'awake') return -asleepCounts - noise;
  if (truth === 'doubtful') return (noise % (2 * asleepCounts - 1)) - asleepCounts + 1;
  return asleepCounts + noise;
}

class ScriptedPort implements Port {
  state: SessionState = 'closed';
  readonly #waiting: Frame[] = [];
  readonly #fillFrames: number;
  readonly #services: PortServices;
  readonly #startUs: number;
  #expected = NaN;
  #index = 0;
  #held: readonly [number, number] = [0, 0];

  constructor(rate: number, services: PortServices, startUs: number) {
    this.#fillFrames = fillSeconds * rate;
    this.#services = services;
    this.#startUs = startUs;
  }

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  open(): void {
    this.state = 'starting';
    this.#services.later(this.#startUs, () => {
      if (this.state === 'starting') this.state = 'streaming';
    });
  }

  /** What nobody has read is gone. */
  close(): void {
    this.state = 'closed';
    this.#waiting.length = 0;
  }

  /** What a full buffer of the kernel does not take is lost. */
  push(frame: Frame): void {
    if (this.state === 'streaming' && this.#waiting.length < kernelFrames) this.#waiting.push(frame);
    this.#services.arrived();
  }

  take(block: SampleBlock, told: (truth: Truth | undefined) => void): void {
    block.frames = 0;
    block.firstIndex = this.#index;
    for (let frame = this.#waiting[0]; frame && block.frames < block.capacity; frame = this.#waiting[0]) {
      const missing = Number.isNaN(this.#expected) ? 0 : frame.index - this.#expected;
      if (missing > this.#fillFrames) {
        if (block.frames > 0) return; // a block has no hole: what comes behind one waits for the next
        this.#index += missing;
        block.firstIndex = this.#index;
        this.#add(block, frame, FrameFlag.gap);
        told(undefined);
      } else {
        for (let lost = 0; lost < missing && block.frames < block.capacity; lost++) {
          this.#add(block, { counts: this.#held, index: -1 }, FrameFlag.gap);
          told(undefined);
          this.#expected++;
        }
        if (block.frames === block.capacity) return;
        this.#add(block, frame, 0);
        told(frame.truth);
      }
      this.#expected = frame.index + 1;
      this.#held = frame.counts;
      this.#waiting.shift();
    }
  }

  #add(block: SampleBlock, { counts, index }: Pick<Frame, 'counts' | 'index'>, flags: number): void {
    const at = block.frames++;
    block.counts[2 * at] = counts[0];
    block.counts[2 * at + 1] = counts[1];
    block.counters[at] = index < 0 ? -1 : index & 255;
    block.flags[at] = flags;
    this.#index++;
  }
}

/** Longer holes are jumped over. */
const fillSeconds = 2;
const kernelFrames = 64;
