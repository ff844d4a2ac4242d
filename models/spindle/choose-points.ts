import { framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import { SpindleRuns, type SpindlePoint } from '../../runtime/detect/spindle-t1/runs.js';
import { delaySeconds } from '../../runtime/detect/spindle-t1/spindle-t1.js';
import { matchEvents, percentile, within, type TimedEvent } from '../../runtime/evaluate/events.js';

/** A recording and what a network that has not seen its marks made of it. */
export interface HeldOut {
  /** One a frame. */
  readonly logits: Float32Array;
  /** Of the first `seconds`. */
  readonly marks: readonly TimedEvent[];
  readonly seconds: number;
}

export interface ChosenPoint {
  readonly on: number;
  readonly margin: number;
  readonly confirm: number;
}

const margin = 2.5;
const levels = Array.from({ length: 49 }, (_, step) => -3 + 0.125 * step);
/** `fast`: half of the spindles are confirmed so soon after their onset; lower than asked for, as unseen sleepers are slower. */
const soonSeconds = 0.485;
/** `sure`: this share of the detections is right. */
const surePrecision = 0.85;

/**
 * The level of each operating point: `accurate` has the best F1, `fast` the best F1 of those confirmed soon enough, `sure`
 * the best recall of those precise enough. F1 is the mean of the one over all events and the one over recordings.
 */
export function choosePoints(parts: readonly HeldOut[]): Record<'accurate' | 'fast' | 'sure', ChosenPoint> {
  const choose = (confirm: number, worth: (scores: Scores) => number): ChosenPoint => {
    const points = levels.map((on) => ({ on, margin, confirm }));
    const worths = points.map((point) => worth(scoresOf(point, parts)));
    const best = worths.indexOf(Math.max(...worths));
    return points[best] ?? { on: 0, margin, confirm };
  };
  return {
    accurate: choose(2, ({ f1 }) => f1),
    fast: choose(1, ({ f1, latency }) => (latency <= soonSeconds ? f1 : -latency)),
    sure: choose(3, ({ precision, recall }) => (precision >= surePrecision ? recall : precision - 1)),
  };
}

interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Median, seconds; infinite where nothing was found. */
  readonly latency: number;
}

function scoresOf(point: SpindlePoint, parts: readonly HeldOut[]): Scores {
  let matched = 0;
  let marked = 0;
  let detected = 0;
  let sumOfF1 = 0;
  const latencies: number[] = [];
  for (const { logits, marks, seconds } of parts) {
    const references = within(marks, 0, seconds);
    const detections = within(detect(point, logits), 0, seconds);
    const matches = matchEvents(references, detections);
    for (const { reference, detection } of matches)
      latencies.push((detections[detection]?.confirmed ?? NaN) - (references[reference]?.onset ?? NaN));
    matched += matches.length;
    marked += references.length;
    detected += detections.length;
    sumOfF1 += (2 * matches.length) / Math.max(1, references.length + detections.length);
  }
  return {
    precision: matched / Math.max(1, detected),
    recall: matched / Math.max(1, marked),
    f1: (sumOfF1 / parts.length + (2 * matched) / Math.max(1, marked + detected)) / 2,
    latency: percentile(latencies, 0.5) ?? Infinity,
  };
}

/** Spindles without the declared delay, and when each was confirmed. */
function detect(point: SpindlePoint, logits: Float32Array): (TimedEvent & { readonly confirmed: number })[] {
  const runs = new SpindleRuns(point);
  const depths = new Float64Array(1);
  const logit = new Float32Array(1);
  const found: { onset: number; end: number; confirmed: number }[] = [];
  const timeOf = (frame: number): number => frame / framesPerSecond - delaySeconds;
  for (let frame = 0; frame < logits.length; frame++) {
    logit[0] = logits[frame] as number;
    runs.push(logit, depths, 0);
    const last = found.at(-1);
    if (runs.isEnded && last) last.end = timeOf(runs.ended.end);
    if (!runs.isConfirmed) continue;
    const confirmed = (frame + 1) / framesPerSecond;
    found.push({ onset: timeOf(runs.confirmed.onset), end: timeOf(logits.length), confirmed });
  }
  return found;
}
