import { Errno, type Pcm } from './pcm.js';
import { Value, Word } from './shared.js';
import type { Sound } from './sound.js';

/**
 * Keeps a card playing: silence, and a pulse in the next period once one is asked for. Nothing is opened, started or
 * allocated for a pulse, and one that is withheld (gain 0) takes the same way. Pure but for its card.
 */
export class Pump {
  readonly #pcm: Pcm;
  readonly #sounds: readonly Sound[];
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #clock: () => number;
  /** Number of the pulse that is being sent or was sent last. */
  #pulse = 0;
  #sound: Sound | undefined;
  #gain = 0;
  #position = 0;
  /** Frames that lie in the card by our own clock: some cards take whatever they are given, at once. */
  #ahead = 0;
  #lastUs = NaN;
  readonly #underruns: number[] = [];

  /** `clock` is that of CLOCK_MONOTONIC in microseconds. */
  constructor(pcm: Pcm, sounds: readonly Sound[], words: Int32Array, values: Float64Array, clock: () => number) {
    this.#pcm = pcm;
    this.#sounds = sounds;
    this.#words = words;
    this.#values = values;
    this.#clock = clock;
  }

  get failure(): number {
    return Atomics.load(this.#words, Word.failure);
  }

  /** Fills the card with silence and starts it. */
  start(): void {
    this.#lastUs = this.#clock();
    this.#restart();
    if (this.failure === 0) Atomics.store(this.#words, Word.running, 1);
  }

  /** Sends what is due. Returns how many microseconds may pass until the next call. */
  step(): number {
    const { rate, periodFrames, bufferFrames } = this.#pcm;
    const nowUs = this.#clock();
    this.#ahead = Math.max(0, this.#ahead - ((nowUs - this.#lastUs) * rate * fastest) / 1e6);
    this.#lastUs = nowUs;
    const available = this.#pcm.available();
    if (available < 0) this.#recover(available);
    else {
      let room = Math.min(available, bufferFrames - this.#ahead);
      while (room >= periodFrames) {
        if (!this.#send()) break;
        room -= periodFrames;
      }
    }
    const untilRoom = this.#ahead - (bufferFrames - periodFrames);
    return Math.max(leastWaitUs, (untilRoom * 1e6) / (rate * fastest));
  }

  /** One period. False if the card did not take it. */
  #send(): boolean {
    const begins = this.#fill();
    const taken = this.#pcm.write();
    if (taken !== this.#pcm.periodFrames) {
      // Not a frame of it is with the card: it begins with the next period, unless it was meant by what stopped the card.
      if (begins) this.#pulse--;
      this.#recover(taken < 0 ? taken : Errno.pipe);
      return false;
    }
    this.#ahead += taken;
    if (begins) this.#began();
    if (this.#sound && this.#position >= this.#sound.left.length) this.#finish();
    return true;
  }

  /** The next frames into the period. True if a pulse begins with them. */
  #fill(): boolean {
    const begins = this.#next();
    const { period, periodFrames, fullScale } = this.#pcm;
    period.fill(0);
    if (this.#sound && Atomics.load(this.#words, Word.cancelled) >= this.#pulse) this.#finish();
    if (!this.#sound) return false;
    const { left, right } = this.#sound;
    const frames = Math.min(periodFrames, left.length - this.#position);
    const scale = this.#gain * fullScale;
    const most = fullScale - 1;
    for (let frame = 0; frame < frames; frame++) {
      const at = this.#position + frame;
      period[2 * frame] = Math.min(most, Math.round((left[at] as number) * scale));
      period[2 * frame + 1] = Math.min(most, Math.round((right[at] as number) * scale));
    }
    this.#position += frames;
    return begins;
  }

  #next(): boolean {
    const requested = Atomics.load(this.#words, Word.requested);
    if (requested === this.#pulse) return false;
    this.#pulse = requested;
    this.#sound = this.#sounds[this.#words[Word.variant] as number];
    this.#gain = this.#values[Value.gain] as number;
    this.#position = 0;
    return true;
  }

  /** The first period is with the card: the moment of its first frame, as the card itself reports its queue. */
  #began(): void {
    let beforeUs = 0;
    let delay = 0;
    let afterUs = Infinity;
    // A report that took long (this thread was set aside) says nothing of now.
    for (let tries = 0; tries < 3 && afterUs - beforeUs > 200; tries++) {
      beforeUs = this.#clock();
      delay = this.#pcm.delay();
      afterUs = this.#clock();
    }
    if (delay < 0) {
      this.#recover(delay);
      return;
    }
    const { rate, periodFrames } = this.#pcm;
    const queued = Math.max(0, delay - periodFrames);
    const startedUs = afterUs + (queued * 1e6) / rate;
    this.#values[Value.startedUs] = startedUs;
    this.#values[Value.endsUs] = startedUs + ((this.#sound?.left.length ?? 0) * 1e6) / rate;
    this.#values[Value.delayFrames] = queued;
    Atomics.store(this.#words, Word.begun, this.#pulse);
    Atomics.notify(this.#words, Word.begun);
  }

  #finish(): void {
    this.#sound = undefined;
    Atomics.store(this.#words, Word.finished, this.#pulse);
  }

  /** A pulse that was cut by a fault is not taken up again: half of it would be another stimulus. */
  #recover(error: number): void {
    if (error === Errno.again) return;
    this.#finish();
    if (error === Errno.pipe || error === Errno.suspended) this.#underrun();
    else if (error !== Errno.badState) this.#fail(error);
    if (this.failure !== 0) return;
    this.#restart();
  }

  #restart(): void {
    this.#ahead = 0;
    const prepared = this.#pcm.prepare();
    if (prepared < 0) {
      this.#fail(prepared);
      return;
    }
    const { period, periodFrames, bufferFrames } = this.#pcm;
    period.fill(0);
    for (let frames = 0; frames + periodFrames <= bufferFrames; frames += periodFrames) {
      const taken = this.#pcm.write();
      // Dropped meanwhile: the next step sees it.
      if (taken === Errno.badState) return;
      if (taken < 0 && taken !== Errno.again) this.#fail(taken);
      if (taken < 0) return;
      this.#ahead += taken;
    }
    const started = this.#pcm.start();
    if (started < 0 && started !== Errno.badState) this.#fail(started);
  }

  #underrun(): void {
    Atomics.add(this.#words, Word.underruns, 1);
    const nowUs = this.#clock();
    this.#underruns.push(nowUs);
    if (this.#underruns.length > underrunsToFail) this.#underruns.shift();
    const first = this.#underruns[0] as number;
    if (this.#underruns.length === underrunsToFail && nowUs - first < underrunsWithinUs) this.#fail(Errno.pipe);
  }

  #fail(error: number): void {
    Atomics.store(this.#words, Word.failure, error);
    this.#finish();
    this.#pcm.drop();
    Atomics.notify(this.#words, Word.begun);
  }
}

/** No card's clock is 0.2 % fast: a card that paces decides by its own, and one that does not is held to ours. */
const fastest = 1.002;
const leastWaitUs = 200;
/** This many underruns within ten minutes are a fault: the machine does not keep up. */
const underrunsToFail = 5;
const underrunsWithinUs = 600e6;
