import { DetectionPhase, type Detector, type SignalShape } from '../contracts.js';
import { createDetectionList } from './detection-list.js';
import { estimateFaults } from './estimate.js';

export interface DetectorLawOptions {
  /** What the detector is tried on; by default 40 s of noise, slow waves, 13 Hz bursts and steps in microvolts. */
  readonly signal?: Float64Array;
  /** Bytes of the heap in use; without it allocation is not judged. */
  readonly heapUsed?: () => number;
}

/** The laws of the `Detector` contract that this detector breaks, one line each; empty if it keeps them. */
export function checkDetector(
  create: () => Detector,
  shape: SignalShape,
  { signal = trialSignal(shape.rate), heapUsed }: DetectorLawOptions = {},
): string[] {
  const broken = new Set<string>();
  try {
    const prepared = (): Detector => {
      const detector = create();
      detector.prepare(shape);
      return detector;
    };
    const detector = prepared();
    checkLengths(detector, broken);
    checkIgnorance(detector, 'prepare', broken);
    const whole = run(detector, signal, signal.length, broken);
    const judged = run(prepared(), signal, commonLength, broken);
    for (const length of [1, 7, 64]) {
      const split = run(prepared(), signal, length, broken);
      if (!same(whole.detections, split.detections))
        broken.add(`block size: blocks of ${length} give other detections than one of ${signal.length}`);
      if (!same(judged.estimates, split.estimates))
        broken.add(`block size: blocks of ${length} give other estimates than blocks of ${commonLength}`);
    }
    detector.reset();
    checkIgnorance(detector, 'reset', broken);
    const again = run(detector, signal, commonLength, broken);
    if (!same(judged.detections, again.detections)) broken.add('reset: other detections than from a new detector');
    if (!same(judged.estimates, again.estimates)) broken.add('reset: other estimates than from a new detector');
    if (heapUsed) checkAllocation(prepared(), signal, heapUsed, broken);
  } catch (error) {
    broken.add(`threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return [...broken];
}

function checkLengths({ delaySamples, settleSamples }: Detector, broken: Set<string>): void {
  for (const [name, value] of Object.entries({ delaySamples, settleSamples })) {
    if (!(value >= 0 && value < Infinity)) broken.add(`${name}: ${value} is no number of samples, 0 or more`);
  }
}

/** Nothing has been seen: a gap must not leave a gate open on what was before it. */
function checkIgnorance({ estimates = [] }: Detector, after: string, broken: Set<string>): void {
  for (const { name, value, state } of estimates) {
    if (state !== 'unknown' || !Number.isNaN(value)) broken.add(`estimates: ${name} is known after ${after}()`);
  }
}

interface Outcome {
  readonly detections: readonly number[];
  /** Value and state of each after every `commonLength` samples. */
  readonly estimates: readonly (number | string)[];
}

/** Runs it and returns all detections as numbers, having checked each against the call that it came with. */
function run(detector: Detector, signal: Float64Array, blockLength: number, broken: Set<string>): Outcome {
  const list = detector.estimates;
  const entries = [...(list ?? [])];
  const estimates: (number | string)[] = [];
  const input = new Float64Array(blockLength);
  const found = createDetectionList(2 * blockLength + 2);
  const ends = new Map<number, number>();
  const all: number[] = [];
  for (let first = 0; first < signal.length; first += blockLength) {
    const block = signal.subarray(first, first + blockLength);
    input.set(block);
    found.length = 0;
    detector.process(input, block.length, first, found);
    if (block.some((value, i) => !Object.is(value, input[i]))) broken.add('input: process() changed it');
    for (const fault of estimateFaults(list)) broken.add(fault);
    if (list !== detector.estimates || entries.some((entry, place) => entry !== list?.[place]))
      broken.add('estimates: process() put others in their place');
    if ((first + block.length) % commonLength === 0) {
      for (const { value, state } of entries) estimates.push(value, state);
    }
    if (found.length > found.capacity) broken.add(`list: ${found.length} detections in a list of ${found.capacity}`);
    for (const { phase, onset, confirmed, end, score } of found.items.slice(0, found.length)) {
      all.push(phase, onset, confirmed, end, score);
      if (!(onset <= confirmed)) broken.add(`onset: ${onset} is after its confirmation at ${confirmed}`);
      if (Number.isNaN(score)) broken.add('score: is NaN');
      if (phase === DetectionPhase.confirmed) {
        if (!(confirmed >= first && confirmed < first + block.length)) {
          broken.add(
            `confirmed: ${confirmed} was reported in the call of samples ${first} to ${first + block.length - 1}`,
          );
        }
        if (!Number.isNaN(end)) broken.add(`end: ${end} in a confirmation, where it is NaN`);
        if (ends.has(onset)) broken.add(`confirmed: the detection with onset ${onset} twice`);
        ends.set(onset, NaN);
      } else {
        if (!(end > onset && end <= first + block.length))
          broken.add(`end: ${end} of onset ${onset} is not in the past`);
        if (!Number.isNaN(ends.get(onset) ?? 0)) broken.add(`ended: onset ${onset} was not confirmed, or ended twice`);
        ends.set(onset, end);
      }
    }
  }
  return { detections: all, estimates };
}

function same(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  return a.length === b.length && a.every((value, place) => Object.is(value, b[place]));
}

/**
 * The engine compiles when it likes, so there are several attempts: one that allocates for every sample fails them all.
 * The median of a few rounds stands clear of collections, which make single rounds look better or worse.
 */
function checkAllocation(detector: Detector, signal: Float64Array, heapUsed: () => number, broken: Set<string>): void {
  // Cut beforehand: even reading a number from an array may allocate in code that is not compiled yet.
  const blocks = Array.from({ length: Math.floor(signal.length / allocationBlock) }, (_, place) =>
    signal.slice(place * allocationBlock, (place + 1) * allocationBlock),
  );
  const found = createDetectionList(2 * allocationBlock);
  const growth = new Float64Array(roundsPerAttempt);
  let bytes = Infinity;
  for (let attempt = 0; attempt < mostAttempts && bytes > mostBytes; attempt++) {
    for (let round = 0; round < roundsPerAttempt; round++) {
      detector.reset();
      const before = heapUsed();
      for (let place = 0; place < blocks.length; place++) {
        found.length = 0;
        detector.process(blocks[place] as Float64Array, allocationBlock, place * allocationBlock, found);
      }
      growth[round] = (heapUsed() - before) / (blocks.length * allocationBlock);
    }
    bytes = growth.sort()[roundsPerAttempt >> 1] as number;
  }
  if (bytes > mostBytes) broken.add(`allocation: ${bytes.toFixed(1)} bytes a sample after warm-up`);
}

/** Forty seconds that give most detectors something to find: the same numbers in every run. */
function trialSignal(rate: number): Float64Array {
  let noise = 1;
  return Float64Array.from({ length: Math.round(40 * rate) }, (_, sample) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    const seconds = sample / rate;
    const burst = seconds % 5 < 1 ? 25 * Math.sin(2 * Math.PI * 13 * seconds) : 0;
    const slow = 40 * Math.sin(2 * Math.PI * 0.8 * seconds);
    const step = seconds % 8 > 7.5 ? 500 : 0;
    return (noise / 2 ** 31) * 10 + burst + slow + step;
  });
}

/** A multiple of all block lengths below it. */
const commonLength = 448;
const allocationBlock = 64;
const roundsPerAttempt = 7;
const mostAttempts = 10;
/** Reading the heap costs some itself; an object a sample would be 16 or more. */
const mostBytes = 1;
