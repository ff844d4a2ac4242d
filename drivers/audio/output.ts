import { Worker } from 'node:worker_threads';
import { monotonicUs } from '../../runtime/monotonic.js';
import { AlsaPcm, closeCard, openCard, type OpenCard } from './alsa.js';
import type { Pcm } from './pcm.js';
import { Value, Word, values, words } from './shared.js';
import type { Sound } from './sound.js';

/** A card that plays, as threads share it. */
export interface AudioHandle {
  readonly card: OpenCard;
  readonly words: SharedArrayBuffer;
  readonly values: SharedArrayBuffer;
}

export interface PumpThreadData extends AudioHandle {
  readonly sounds: readonly Sound[];
  readonly realtime: boolean;
}

/** Opens the card and starts the thread that keeps it playing silence. Throws one line that names the card and the fix. */
export function openOutput(
  { card, rate, periodFrames }: { card: string; rate: number; periodFrames: number },
  sounds: readonly Sound[],
  realtime: boolean,
): AudioHandle {
  const open = openCard(card, rate, periodFrames);
  const handle = {
    card: open,
    words: new SharedArrayBuffer(4 * words),
    values: new SharedArrayBuffer(8 * values),
  };
  const shared = sounds.map((sound) => ({ ...sound, left: inShared(sound.left), right: inShared(sound.right) }));
  const threadData: PumpThreadData = { ...handle, sounds: shared, realtime };
  const thread = new Worker(new URL('./pump-thread.js', import.meta.url), { workerData: threadData });
  const state = new Int32Array(handle.words);
  thread.on('error', (error) => {
    process.stderr.write(`sound: the thread that feeds ${card} died: ${String(error)}\n`);
    Atomics.compareExchange(state, Word.failure, 0, threadDied);
    new AlsaPcm(open).drop();
  });
  thread.unref();
  return handle;
}

function inShared(samples: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(8 * samples.length));
  copy.set(samples);
  return copy;
}

/** When a pulse sounds, by the card's own report. */
export interface Playing {
  readonly startedUs: number;
  readonly delayFrames: number;
  readonly underruns: number;
}

/** One thread's view of a card that plays. */
export class AudioOutput {
  readonly #pcm: Pcm;
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #card: OpenCard;

  constructor(handle: AudioHandle) {
    this.#card = handle.card;
    this.#pcm = new AlsaPcm(handle.card);
    this.#words = new Int32Array(handle.words);
    this.#values = new Float64Array(handle.values);
  }

  /** Why nothing can be played, or the empty string. */
  fault(): string {
    const failure = Atomics.load(this.#words, Word.failure);
    if (failure === 0) return '';
    return (
      { [-19]: 'the sound card is gone', [-32]: 'too many underruns: this machine does not keep up' }[failure] ??
      `the sound card failed (error ${-failure})`
    );
  }

  /** Waits until the stream runs. False if it does not within the time. */
  awaitRunning(withinMs: number): boolean {
    const untilMs = performance.now() + withinMs;
    while (Atomics.load(this.#words, Word.running) === 0) {
      if (this.fault() !== '' || performance.now() > untilMs) return false;
      Atomics.wait(this.#words, Word.running, 0, 1);
    }
    return true;
  }

  /**
   * Plays a sound in the card's next period and returns when that sounds; a gain of 0 does all of it but be heard.
   * Throws if the card has not taken it within the time. One that is brought to rest before it began counts as begun.
   */
  play(variant: number, gain: number, withinMs: number): Playing {
    const fault = this.fault();
    if (fault !== '') throw new Error(fault);
    const pulse = (this.#words[Word.requested] as number) + 1;
    this.#words[Word.variant] = variant;
    this.#values[Value.gain] = gain;
    Atomics.store(this.#words, Word.requested, pulse);
    const untilUs = monotonicUs() + withinMs * 1e3;
    for (;;) {
      const begun = Atomics.load(this.#words, Word.begun);
      const underruns = Atomics.load(this.#words, Word.underruns);
      if (begun === pulse) {
        const [startedUs, delayFrames] = [this.#values[Value.startedUs], this.#values[Value.delayFrames]];
        return { startedUs: startedUs as number, delayFrames: delayFrames as number, underruns };
      }
      const nowUs = monotonicUs();
      if (Atomics.load(this.#words, Word.cancelled) >= pulse) return { startedUs: nowUs, delayFrames: 0, underruns };
      if (this.fault() !== '' || nowUs > untilUs) {
        this.stop();
        throw new Error(this.fault() || `the sound card did not take a sound within ${withinMs} ms`);
      }
      Atomics.wait(this.#words, Word.begun, begun, (untilUs - nowUs) / 1000);
    }
  }

  /**
   * Silent at once, whatever the pump does: what lies in the card is thrown away and nothing more of the pulse is sent. A
   * pulse that has sounded to its end by itself is left in peace.
   */
  stop(): void {
    const requested = Atomics.load(this.#words, Word.requested);
    if (Atomics.exchange(this.#words, Word.cancelled, requested) === requested) return;
    Atomics.notify(this.#words, Word.begun);
    if (!this.isOver()) this.#pcm.drop();
  }

  /** The pulse that was asked for last has sounded to its end. */
  isOver(): boolean {
    const isSent = Atomics.load(this.#words, Word.finished) === Atomics.load(this.#words, Word.requested);
    return isSent && monotonicUs() >= (this.#values[Value.endsUs] as number);
  }

  /** Ends the thread and closes the card. */
  close(): void {
    Atomics.compareExchange(this.#words, Word.close, 0, 1);
    Atomics.notify(this.#words, Word.close);
    this.stop();
    this.#pcm.drop();
    Atomics.wait(this.#words, Word.close, 1, 200);
    // A pump that hangs in the card keeps it: the end of the process closes it.
    if (Atomics.load(this.#words, Word.close) === 2) closeCard(this.#card);
  }
}

const threadDied = -5; // EIO
