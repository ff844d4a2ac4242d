import { Errno, type Pcm } from './pcm.js';

/** A card of which a test turns the clock: it plays at its own rate, underruns, can be suspended and pulled out. */
export class SimulatedCard implements Pcm {
  readonly rate = 48_000;
  readonly periodFrames = 128;
  readonly bufferFrames = 384;
  readonly fullScale = 2 ** 15;
  readonly period = new Int16Array(256);
  /** Frames of the left channel in the order in which they sounded. */
  readonly heard: number[] = [];
  nowUs = 1e6;
  /** How much faster than ours the card's clock runs. */
  ppm = 0;
  drops = 0;
  /** What every call returns from now on: the card is gone, or suspended. */
  fault = 0;
  /** Frames of delay behind the queue, as a USB card has them. */
  extraDelay = 0;
  /** Some plug-ins say that there is room even where nothing may be written. */
  hasRoomAtRest = false;
  /** Called within `write`, before the card looks at what it is given. */
  onWrite: (() => void) | undefined;
  #queue: number[] = [];
  #state: 'setup' | 'prepared' | 'running' | 'xrun' = 'setup';
  #owed = 0;

  /** Lets time pass. */
  advance(us: number): void {
    this.nowUs += us;
    if (this.#state !== 'running') return;
    this.#owed += (us * this.rate * (1 + this.ppm * 1e-6)) / 1e6;
    const whole = Math.floor(this.#owed);
    this.#owed -= whole;
    this.heard.push(...this.#queue.splice(0, whole));
    if (this.#queue.length === 0 && whole > 0) this.#state = 'xrun';
  }

  get state(): string {
    return this.#state;
  }

  available(): number {
    if (this.hasRoomAtRest && this.#state === 'setup') return this.bufferFrames;
    return this.#refusal() || this.bufferFrames - this.#queue.length;
  }

  write(): number {
    this.onWrite?.();
    const refusal = this.#refusal();
    if (refusal !== 0) return refusal;
    if (this.#queue.length + this.periodFrames > this.bufferFrames) return Errno.again;
    for (let frame = 0; frame < this.periodFrames; frame++) this.#queue.push(this.period[2 * frame] as number);
    return this.periodFrames;
  }

  delay(): number {
    return this.#refusal() || this.#queue.length + this.extraDelay;
  }

  start(): number {
    const refusal = this.#refusal();
    if (refusal === 0) this.#state = 'running';
    return refusal;
  }

  drop(): number {
    this.drops++;
    this.#queue = [];
    this.#state = 'setup';
    return 0;
  }

  prepare(): number {
    if (this.fault === Errno.suspended) this.fault = 0;
    if (this.fault !== 0) return this.fault;
    this.#queue = [];
    this.#owed = 0;
    this.#state = 'prepared';
    return 0;
  }

  #refusal(): number {
    if (this.fault !== 0) return this.fault;
    if (this.#state === 'xrun') return Errno.pipe;
    return this.#state === 'setup' ? Errno.badState : 0;
  }
}
