import type { SignalShape, Stage } from '../contracts.js';

export interface StageLawOptions {
  /** Bytes of the heap in use; without it allocation is not judged. */
  readonly heapUsed?: () => number;
}

/** The laws of the `Stage` contract that this stage breaks, one line each; empty if it keeps them. Pure. */
export function checkStage(create: () => Stage, shape: SignalShape, { heapUsed }: StageLawOptions = {}): string[] {
  const broken: string[] = [];
  try {
    const stage = create();
    const out = stage.prepare(shape);
    const input = trialSignal(Math.round(40 * shape.rate));
    const whole = run(stage, shape, out, input, [input.length]);
    judgeLength(whole.length, input.length, shape, out, broken);
    for (const pieces of [[1], [7, 1, 64], [3]]) {
      const fresh = create();
      fresh.prepare(shape);
      const split = run(fresh, shape, out, input, pieces);
      const at = firstDifference(whole, split);
      if (at >= 0)
        broken.push(
          `split into calls of ${pieces.join(', ')} samples, output ${at} is ${String(split[at])}, not ${String(whole[at])}`,
        );
    }
    stage.reset();
    const again = run(stage, shape, out, input, [input.length]);
    const at = firstDifference(whole, again);
    if (at >= 0)
      broken.push(`after reset(), output ${at} is ${String(again[at])}, not ${String(whole[at])} as after prepare()`);
    judgeBadInput(create, shape, out, input, whole, broken);
    if (!(stage.delaySamples >= 0)) broken.push(`delaySamples is ${stage.delaySamples}: declare 0 or more`);
    if (!(stage.settleSamples >= 0)) broken.push(`settleSamples is ${stage.settleSamples}: declare 0 or more`);
    if (heapUsed) judgeAllocation(create, shape, out, input, heapUsed, broken);
  } catch (error) {
    broken.push(`threw ${String(error)}`);
  }
  return broken;
}

/** A NaN or an infinity may stay until reset(), and must not outlive it. */
function judgeBadInput(
  create: () => Stage,
  shape: SignalShape,
  out: SignalShape,
  input: Float64Array,
  whole: Float64Array,
  broken: string[],
): void {
  const stage = create();
  stage.prepare(shape);
  run(stage, shape, out, Float64Array.of(1, NaN, Infinity, -Infinity, 1e300, 0), [1]);
  stage.reset();
  const at = firstDifference(whole, run(stage, shape, out, input, [input.length]));
  if (at >= 0) broken.push(`a NaN outlives reset(): output ${at} is changed by one that came before it`);
}

function judgeLength(found: number, given: number, shape: SignalShape, out: SignalShape, broken: string[]): void {
  const expected = (given * out.rate) / shape.rate;
  if (Math.abs(found - expected) > 1)
    broken.push(`${given} samples at ${shape.rate} Hz gave ${found} at ${out.rate} Hz, not ${expected}`);
}

function judgeAllocation(
  create: () => Stage,
  shape: SignalShape,
  out: SignalShape,
  input: Float64Array,
  heapUsed: () => number,
  broken: string[],
): void {
  const stage = create();
  stage.prepare(shape);
  // Cut beforehand: even reading a number from an array may allocate in code that is not compiled yet.
  const blocks = Array.from({ length: 2000 }, (_, place) => input.slice(place, place + 1));
  const output = new Float64Array(Math.ceil(out.rate / shape.rate) + 2);
  const growth = new Float64Array(roundsPerAttempt);
  let bytes = Infinity;
  for (let attempt = 0; attempt < mostAttempts && bytes > mostBytes; attempt++) {
    for (let round = 0; round < roundsPerAttempt; round++) {
      const before = heapUsed();
      for (const block of blocks) stage.process(block, 1, output);
      growth[round] = (heapUsed() - before) / blocks.length;
    }
    bytes = growth.sort()[roundsPerAttempt >> 1] as number;
  }
  if (bytes > mostBytes) broken.push(`allocates ${bytes.toFixed(1)} bytes a sample`);
}

/** The engine compiles when it likes: a stage that allocates for every sample fails every attempt. */
const mostAttempts = 50;
/** The median of a few rounds stands clear of collections, which make single rounds look better or worse. */
const roundsPerAttempt = 7;
/** Reading the heap costs some itself; an object a sample would be 16 or more. */
const mostBytes = 8;

function run(
  stage: Stage,
  shape: SignalShape,
  out: SignalShape,
  input: Float64Array,
  pieces: readonly number[],
): Float64Array {
  const factor = out.rate / shape.rate;
  const output = new Float64Array(Math.ceil(input.length * factor) + input.length + 2);
  let written = 0;
  for (let at = 0, turn = 0; at < input.length; turn++) {
    const length = Math.min(pieces[turn % pieces.length] ?? 1, input.length - at);
    const piece = new Float64Array(Math.ceil(length * factor) + 1);
    const count = stage.process(input.slice(at, at + length), length, piece);
    output.set(piece.subarray(0, count), written);
    written += count;
    at += length;
  }
  return output.slice(0, written);
}

function firstDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

/** Noise and steps from a fixed seed. */
function trialSignal(length: number): Float64Array {
  let state = 12345;
  return Float64Array.from({ length }, (_, n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 32 - 0.5) * 100 + (Math.floor(n / 500) % 2) * 30;
  });
}
