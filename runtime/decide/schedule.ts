import {
  DetectionPhase,
  type Estimate,
  type EstimateReason,
  type InhibitorState,
  type StreamDetection,
} from '../contracts.js';
import type { SchedulePlan } from './policy-plan.js';

/**
 * When stimuli are muted. In frames of sample time, from estimates and detections alone; what is not known counts
 * against it, and so do lost frames and time without any (SAFETY.md R-25).
 *
 * Sleep is a balance: time in which the detector says that the person sleeps adds to it, all other time (awake, unknown,
 * lost) takes as much away, from 0 up to what is asked for. So a long waking starts it anew, and a short one
 * costs its own length once more.
 */
export class Schedule {
  readonly #plan: SchedulePlan;
  readonly #rate: number;
  readonly #sleepFrames: number;
  readonly #pauseFrames: number;
  readonly #stopAfter: number;
  #slept = 0;
  /** Infinite: nothing has been seen since the start or a gap. */
  #pausedUntil = Infinity;
  #permits = 0;
  #lastIndex = -1;
  /** By place in `pause.detections`: a detection that has not ended. */
  readonly #open: Uint8Array;

  constructor(plan: SchedulePlan, rate: number) {
    this.#plan = plan;
    this.#rate = rate;
    this.#sleepFrames = Math.ceil((plan.afterSleep?.seconds ?? 0) * rate);
    this.#pauseFrames = Math.ceil((plan.pause?.seconds ?? 0) * rate);
    this.#stopAfter = plan.stopAfter ?? Infinity;
    this.#open = new Uint8Array(plan.pause?.detections.length ?? 0);
  }

  observe(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    estimates: readonly (readonly Estimate[])[],
  ): void {
    const frames = lastIndex - this.#lastIndex;
    this.#lastIndex = lastIndex;
    const { afterSleep, pause } = this.#plan;
    if (afterSleep) {
      const balance = this.#slept + (isAsleep(estimates[afterSleep.of]) ? frames : -frames);
      this.#slept = Math.max(0, Math.min(this.#sleepFrames, balance));
    }
    if (!pause) return;
    for (let place = 0; place < count; place++) this.#watch(detections[place] as StreamDetection, pause.detections);
    let isPaused = false;
    for (let place = 0; place < this.#open.length; place++) isPaused ||= this.#open[place] === 1;
    for (let place = 0; place < pause.on.length; place++) {
      isPaused ||= worstOf(estimates, pause.on[place] as EstimateReason) !== 'clear';
    }
    if (isPaused) this.#pauseFrom(lastIndex);
  }

  /** At a sample index, which need not be whole. */
  isOpen(due: number): boolean {
    if (this.#plan.pause && due < this.#pausedUntil) return false;
    if (this.#slept < this.#sleepFrames || this.#permits >= this.#stopAfter) return false;
    const { windows } = this.#plan;
    if (!windows) return true;
    const seconds = due / this.#rate;
    const period = windows.onSeconds + windows.offSeconds;
    return seconds - period * Math.floor(seconds / period) < windows.onSeconds;
  }

  permitted(): void {
    this.#permits++;
  }

  /** Frames were lost: whatever was going on may go on. The balance of sleep loses them when time goes on. */
  reset(): void {
    this.#pausedUntil = Infinity;
    this.#open.fill(0);
  }

  startAt(index: number): void {
    this.#pausedUntil = index + this.#pauseFrames;
  }

  #watch({ detector, phase, confirmed, end }: StreamDetection, detectors: readonly number[]): void {
    for (let place = 0; place < detectors.length; place++) {
      if (detectors[place] !== detector) continue;
      const isConfirmed = phase === DetectionPhase.confirmed;
      this.#open[place] = isConfirmed ? 1 : 0;
      this.#pauseFrom(isConfirmed ? confirmed : end);
    }
  }

  #pauseFrom(index: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, Math.ceil(index) + this.#pauseFrames);
  }
}

function isAsleep(estimates: readonly Estimate[] | undefined): boolean {
  if (!estimates) return false;
  for (let place = 0; place < estimates.length; place++) {
    const { name, state } = estimates[place] as Estimate;
    if (name === 'sleep') return state === 'clear';
  }
  return false;
}

/** Of all estimates that may stand for a reason; unknown where there is none. */
function worstOf(estimates: readonly (readonly Estimate[])[], wanted: EstimateReason): InhibitorState {
  let worst: InhibitorState | undefined;
  for (let detector = 0; detector < estimates.length; detector++) {
    const list = estimates[detector] as readonly Estimate[];
    for (let place = 0; place < list.length; place++) {
      const { reason, state } = list[place] as Estimate;
      if (reason !== wanted || worst === 'holds') continue;
      if (state !== 'clear') worst = state === 'holds' ? 'holds' : 'unknown';
      else worst ??= 'clear';
    }
  }
  return worst ?? 'unknown';
}
