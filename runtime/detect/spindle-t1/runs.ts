/**
 * How a logit a frame becomes spindles. Frames are those of `SpindleFeatures`: 20 a second.
 *
 * With a `step` above 0 the level is steered, causally and without labels: each spindle raises it, time lowers it, so
 * that the rate cannot stay above `perMinute` unless the level stands at `highest`. Nobody's spindles are counted out.
 */
export interface SpindlePoint {
  /** Logit at which a frame speaks for a spindle; where it is steered, the level at the start. */
  readonly on: number;
  /** A run of frames goes on while the logit is not more than this below the level. */
  readonly margin: number;
  /** Frames in a row at the level that confirm a run. */
  readonly confirm: number;
  /** Least `depth` of `SpindleFeatures` at which a run is confirmed, so that a sleeper awake or aroused is left alone. */
  readonly depth?: number;
  /** Bounds of the level; both `on` by default. */
  readonly lowest?: number;
  readonly highest?: number;
  /** By which each spindle raises the level; 0 by default. */
  readonly step?: number;
  readonly perMinute?: number;
}

/** Points that hold for a network trained by the packaged recipe; a model that was trained otherwise brings its own. */
export const spindlePoints = {
  /** For sleepers whom the network never saw. */
  adaptive: { on: 0.25, margin: 1.5, confirm: 2, depth: 3, lowest: -0.25, highest: 2, step: 0.2, perMinute: 4.5 },
  /** Best F1 where the network was trained. */
  accurate: { on: -0.5, margin: 1.5, confirm: 2 },
  /** Confirmed by the first frame: for stimuli inside the spindle. */
  fast: { on: -0.75, margin: 1.5, confirm: 1 },
  /** Few false ones. */
  sure: { on: 0.25, margin: 0.5, confirm: 4 },
} as const satisfies Record<string, SpindlePoint>;

/**
 * The point of this name: of the model that brings points of its own, otherwise of those above. Throws a `RangeError` for
 * a name that is not there and for numbers that make no point.
 */
export function pointOf(
  name: string,
  own: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): SpindlePoint {
  const points = Object.keys(own).length > 0 ? own : (spindlePoints as typeof own);
  const numbers = Object.hasOwn(points, name) ? points[name] : undefined;
  if (!numbers) {
    throw new RangeError(
      `point: ${name} is not among those of the model. Use one of ${Object.keys(points).join(', ')}.`,
    );
  }
  const { on = NaN, margin = NaN, confirm = NaN, ...rest } = numbers;
  const unknown = Object.keys(rest).find((key) => !isOptional(key));
  if (unknown !== undefined) {
    throw new RangeError(`point: the model's point ${name} has a number ${unknown}. A newer axond may know it.`);
  }
  const point: SpindlePoint = { on, margin, confirm, ...rest };
  checkPoint(point);
  return point;
}

function isOptional(key: string): boolean {
  return ['depth', 'lowest', 'highest', 'step', 'perMinute'].includes(key);
}

export interface FrameEvent {
  /** Frame with which it begins. */
  onset: number;
  /** Frame before which it ends; NaN when it is confirmed. */
  end: number;
  /** Largest logit until it was confirmed. */
  score: number;
}

/**
 * A run is frames in a row not far below the level; enough of them in a row at the level confirm it. A run that begins
 * less than 0.3 s after the end of the last confirmed one continues that spindle. Spindles last 0.3 to 2.5 s: longer ones
 * are reported to end then, and their rest is no new one. The end is reported once nothing can move it any more.
 */
export class SpindleRuns {
  /** What the last frame confirmed and what it ended, the end of the spindle before first. */
  isConfirmed = false;
  isEnded = false;
  readonly confirmed: FrameEvent = { onset: NaN, end: NaN, score: NaN };
  readonly ended: FrameEvent = { onset: NaN, end: NaN, score: NaN };
  readonly #point: Required<SpindlePoint>;
  #level = 0;
  #frame = 0;
  /** First frame of the run of now; NaN outside runs. */
  #onset = NaN;
  #runIsConfirmed = false;
  #inARow = 0;
  #largest = -Infinity;
  /** End of the last confirmed run; NaN during it and before the first. */
  #lastEnd = NaN;
  /** The spindle in `confirmed` has not been reported to end. */
  #isOpen = false;

  constructor(point: SpindlePoint) {
    checkPoint(point);
    this.#point = { depth: -Infinity, lowest: point.on, highest: point.on, step: 0, perMinute: 0, ...point };
    this.reset();
  }

  /** Where the level stands. */
  get level(): number {
    return this.#level;
  }

  /** Takes the next frame: its logit and the depth of sleep, at the same place in arrays. */
  push(logits: Float32Array, depths: Float64Array, at: number): void {
    const { margin, confirm, lowest, step, perMinute } = this.#point;
    const logit = logits[at] as number;
    const mayConfirm = (depths[at] as number) >= this.#point.depth;
    this.isConfirmed = false;
    this.isEnded = false;
    if (mayConfirm) this.#level = Math.max(lowest, this.#level - (step * perMinute) / framesPerMinute);
    if (logit >= this.#level - margin) {
      if (Number.isNaN(this.#onset)) this.#begin();
      this.#largest = Math.max(this.#largest, logit);
      this.#inARow = mayConfirm && logit >= this.#level ? this.#inARow + 1 : 0;
    } else this.#stop();
    this.#reportEnd();
    if (!this.#runIsConfirmed && this.#inARow >= confirm) this.#confirm();
    this.#frame++;
  }

  reset(): void {
    this.isConfirmed = false;
    this.isEnded = false;
    this.#level = this.#point.on;
    this.#frame = 0;
    this.#onset = NaN;
    this.#runIsConfirmed = false;
    this.#inARow = 0;
    this.#lastEnd = NaN;
    this.#isOpen = false;
  }

  #begin(): void {
    this.#onset = this.#frame;
    this.#runIsConfirmed = false;
    this.#largest = -Infinity;
  }

  #stop(): void {
    if (this.#runIsConfirmed) this.#lastEnd = this.#frame;
    this.#onset = NaN;
    this.#runIsConfirmed = false;
    this.#inARow = 0;
  }

  #confirm(): void {
    this.#runIsConfirmed = true;
    const continues = this.#onset - this.#lastEnd < mergeFrames;
    this.#lastEnd = NaN;
    if (continues) return;
    this.isConfirmed = true;
    this.#isOpen = true;
    this.confirmed.onset = this.#onset;
    this.confirmed.score = this.#largest;
    this.#level = Math.min(this.#level + this.#point.step, this.#point.highest);
  }

  /** Of the spindle in `confirmed`, once no later frame can move it. */
  #reportEnd(): void {
    if (!this.#isOpen) return;
    const { onset, score } = this.confirmed;
    const end = this.#runIsConfirmed ? this.#frame : this.#lastEnd;
    const isLongest = end - onset >= longestFrames;
    if (!isLongest && (this.#runIsConfirmed || this.#mayContinue())) return;
    this.#isOpen = false;
    this.isEnded = true;
    this.ended.onset = onset;
    this.ended.end = onset + Math.min(Math.max(end - onset, shortestFrames), longestFrames);
    this.ended.score = score;
  }

  /** The unconfirmed run of now, or one that begins with the next frame, could still continue the last spindle. */
  #mayContinue(): boolean {
    const next = Number.isNaN(this.#onset) ? this.#frame + 1 : this.#onset;
    return next - this.#lastEnd < mergeFrames;
  }
}

/** Throws a `RangeError` that names the number, its value and the fix. */
export function checkPoint({
  on,
  margin,
  confirm,
  depth,
  lowest = on,
  highest = on,
  step = 0,
  perMinute = 0,
}: SpindlePoint): void {
  const bad = (name: string, value: number | undefined, fix: string): never => {
    throw new RangeError(`point: ${name} ${value} ${fix}`);
  };
  if (!Number.isFinite(on)) bad('on', on, 'is no logit. Use about 0.');
  if (!(margin >= 0 && margin < Infinity)) bad('margin', margin, 'is not 0 or more. Use about 1.');
  if (!(Number.isInteger(confirm) && confirm >= 1 && confirm <= longestFrames))
    bad('confirm', confirm, `is not a whole number from 1 to ${longestFrames}. Use 2.`);
  if (Number.isNaN(depth)) bad('depth', depth, 'is no number of octaves. Use about 3.');
  if (!(lowest <= on)) bad('lowest', lowest, `is not at or below on (${on}). Lower it.`);
  if (!(highest >= on && highest < Infinity)) bad('highest', highest, `is not at or above on (${on}). Raise it.`);
  if (!(step >= 0 && step < Infinity)) bad('step', step, 'is not 0 or more. Use about 0.2.');
  if (!(perMinute >= 0 && perMinute < Infinity)) bad('perMinute', perMinute, 'is not 0 or more. Use about 4.5.');
}

const framesPerMinute = 1200;
const mergeFrames = 6;
const shortestFrames = 6;
const longestFrames = 50;
