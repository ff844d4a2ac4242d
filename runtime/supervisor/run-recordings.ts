import { basename } from 'node:path';
import type { RunDescription, RunPosition, RunSummary } from '../contracts.js';
import type { Continuation } from '../recorder/recorder.js';
import { tidyRecording } from '../recording/tidy.js';
import { freeName } from './run-file.js';

/** A part of a run: when it began, on both clocks, and after which recording. */
export type Beginning = Pick<RunDescription, 'startUs' | 'startWallMs' | 'continues'>;

export interface RecordingsPlan {
  readonly folder: string;
  /** Of the device. */
  readonly name: string;
  /** Seconds after which another one is begun; absent where a run has one. */
  readonly rotate?: number;
}

/** The recordings of a run: one, or one after the other where it goes on for months. */
export class RunRecordings {
  readonly #plan: RecordingsPlan;
  #path: string;
  #begunUs: number;
  /** A change was asked for and has not been made yet. */
  #changing = false;
  /** What the run had counted when the present one began. */
  #before: RunSummary | undefined;
  /** Those that have ended, and that somebody may still have been reading then. */
  readonly #ended: string[] = [];

  constructor(plan: RecordingsPlan, nowUs: number) {
    this.#plan = plan;
    this.#path = freeName(plan.folder, plan.name);
    this.#begunUs = nowUs;
  }

  /** The one that is being written. */
  get path(): string {
    return this.#path;
  }

  /** With each beat: true once when it is time for the next one. */
  due(nowUs: number): boolean {
    const { rotate = Infinity } = this.#plan;
    if (this.#changing || nowUs - this.#begunUs < rotate * 1e6) return false;
    this.#changing = true;
    return true;
  }

  /**
   * The loop has begun another one after `position`, at `us`. `counted` is what the run comes to by then, and `describe`
   * what the next one says of itself.
   */
  next(
    { cycle, index }: RunPosition,
    us: number,
    counted: RunSummary,
    describe: (beginning: Beginning) => RunDescription,
    clocks: { readonly us: number; readonly wallMs: number },
  ): Continuation {
    const path = freeName(this.#plan.folder, this.#plan.name, clocks.wallMs);
    const summary = { ...this.partOf(counted), continuedIn: basename(path, '.db') };
    this.#before = counted;
    this.#begunUs = us;
    const continues = { recording: basename(this.#path, '.db'), cycle, index };
    const startWallMs = clocks.wallMs - (clocks.us - us) / 1000;
    return { path, run: describe({ startUs: us, startWallMs, continues }), summary };
  }

  /** It could not be changed now: tried again after as long. */
  goesOn(nowUs: number): void {
    this.#changing = false;
    this.#begunUs = nowUs;
  }

  /** It is written now, and the one before has ended. */
  changed(path: string): void {
    this.tidy();
    this.#ended.push(this.#path);
    this.#path = path;
    this.#changing = false;
  }

  /** Of what the whole run counts, what belongs to the present recording. */
  partOf(counted: RunSummary): RunSummary {
    const before = this.#before;
    if (!before) return counted;
    const losses = Object.entries(counted.ringLosses);
    return {
      ...counted,
      samples: counted.samples - before.samples,
      gaps: counted.gaps - before.gaps,
      discardedBytes: counted.discardedBytes - before.discardedBytes,
      detections: counted.detections - before.detections,
      stimuli: counted.stimuli - before.stimuli,
      refusals: counted.refusals - before.refusals,
      ringLosses: Object.fromEntries(losses.map(([ring, count]) => [ring, count - (before.ringLosses[ring] ?? 0)])),
    };
  }

  /** Nobody reads any more in those that have ended: each becomes one file. */
  tidy(): void {
    for (const path of this.#ended.splice(0)) tidyRecording(path);
  }
}
