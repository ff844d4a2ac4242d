import type { Estimate, SampleClock } from '../contracts.js';

/** Whose estimates of the slow oscillation are taken. */
export interface PhaseSource {
  readonly estimates: readonly Estimate[];
  /** Lateness of the filters before it, in frames. */
  readonly delayFrames: number;
}

/**
 * The phase of the slow oscillation at the start of each stimulus, at the electrode: as it was foreseen when it was
 * permitted, going on at 1 Hz to the start that the receipt tells, and in hindsight once the signal has gone by. Allocates
 * nothing.
 */
export class StimulusPhase {
  /** What `next` found. */
  command = 0;
  readonly phases = new Float64Array(2);
  readonly #source: PhaseSource;
  readonly #rate: number;
  readonly #streamDelayUs: number;
  /** By command, modulo `capacity`. */
  readonly #commands = new Float64Array(capacity);
  readonly #foreseen = new Float64Array(capacity);
  /** Frame that the phase was foreseen for; then that of the start. */
  readonly #frames = new Float64Array(capacity);
  readonly #states = new Uint8Array(capacity);
  #started = 0;

  constructor(source: PhaseSource, rate: number, streamDelayUs: number) {
    this.#source = source;
    this.#rate = rate;
    this.#streamDelayUs = streamDelayUs;
  }

  permitted(command: number, lastIndex: number): void {
    const place = command % capacity;
    if (this.#states[place] === State.started || this.#states[place] === State.startedLost) this.#started--;
    this.#states[place] = State.permitted;
    this.#commands[place] = command;
    const phase = estimateOf(this.#source.estimates, 'phase');
    this.#foreseen[place] = phase?.value ?? NaN;
    this.#frames[place] = this.#frameOf(phase, lastIndex);
  }

  /** By the guardian's receipt; the frame of that time is counted from the newest one. */
  started(command: number, atUs: number, lastIndex: number, clock: SampleClock): void {
    const place = command % capacity;
    const state = this.#states[place];
    if (this.#commands[place] !== command || (state !== State.permitted && state !== State.permittedLost)) return;
    const newestUs = clock.timeOf(lastIndex);
    const frame = lastIndex + (atUs + this.#streamDelayUs - newestUs) / (clock.timeOf(lastIndex + 1) - newestUs);
    this.#foreseen[place] = this.#onwards(this.#foreseen[place] as number, frame - (this.#frames[place] as number));
    this.#frames[place] = frame;
    this.#states[place] = state === State.permitted ? State.started : State.startedLost;
    this.#started++;
  }

  /** Frames were lost: hindsight will not know what was within them. */
  reset(): void {
    for (let place = 0; place < capacity; place++) {
      if (this.#states[place] === State.permitted) this.#states[place] = State.permittedLost;
      if (this.#states[place] === State.started) this.#states[place] = State.startedLost;
    }
  }

  /** True if something is known by now that was not told yet. */
  next(lastIndex: number): boolean {
    if (this.#started === 0) return false;
    const past = estimateOf(this.#source.estimates, 'past-phase');
    const seenFrame = past ? this.#frameOf(past, lastIndex) : Infinity;
    for (let place = 0; place < capacity; place++) {
      const state = this.#states[place];
      const frame = this.#frames[place] as number;
      if (state !== State.startedLost && !(state === State.started && seenFrame >= frame)) continue;
      this.#states[place] = State.none;
      this.#started--;
      this.command = this.#commands[place] as number;
      this.phases[0] = this.#foreseen[place] as number;
      // A receipt that came after the instant was seen comes too late.
      const isSeen = past !== undefined && state === State.started && seenFrame - frame < latestSeconds * this.#rate;
      this.phases[1] = isSeen ? this.#onwards(past.value, frame - seenFrame) : NaN;
      return true;
    }
    return false;
  }

  /** The frame at the electrode that an estimate is of. */
  #frameOf(estimate: Estimate | undefined, lastIndex: number): number {
    return lastIndex + (estimate?.aheadSeconds ?? 0) * this.#rate - this.#source.delayFrames;
  }

  #onwards(degrees: number, frames: number): number {
    const turn = degrees / 360 + frames / this.#rate;
    return 360 * (turn - Math.round(turn));
  }
}

function estimateOf(estimates: readonly Estimate[], name: string): Estimate | undefined {
  for (let place = 0; place < estimates.length; place++) {
    if ((estimates[place] as Estimate).name === name) return estimates[place];
  }
  return undefined;
}

const State = { none: 0, permitted: 1, permittedLost: 2, started: 3, startedLost: 4 } as const;

/** Blocks of more than this are no live signal. */
const latestSeconds = 0.1;

/** More than can be permitted in the time that hindsight takes. */
const capacity = 64;
