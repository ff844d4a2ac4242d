import type { PlaceRecogniser } from '../../runtime/contracts.js';
import { frameOf, type Traverse } from './traverse.js';

export interface RecogniserLawOptions {
  /** Bytes of the heap in use; without it allocation is not judged. */
  readonly heapUsed?: () => number;
}

/**
 * The laws of the `PlaceRecogniser` contract that this one breaks, one line each; empty if it keeps them. `create` makes
 * an empty one for frames like those of `drive`, of which it learns the first half.
 */
export function checkRecogniser(
  create: () => PlaceRecogniser,
  drive: Traverse,
  { heapUsed }: RecogniserLawOptions = {},
): string[] {
  const broken = new Set<string>();
  try {
    const half = Math.floor(drive.frames / 2);
    const recogniser = create();
    if (recogniser.places !== 0) broken.add(`places: ${recogniser.places} before anything was learned`);
    recogniser.begin();
    recogniser.see(frameOf(drive, 0));
    recogniser.score(new Float32Array(0));
    learn(recogniser, drive, half, broken);

    const first = answers(recogniser, drive);
    if (!same(first, answers(recogniser, drive)))
      broken.add('begin: the same traverse has other scores the second time');
    const another = create();
    learn(another, drive, half, broken);
    if (!same(first, answers(another, drive))) broken.add('input: another one, taught the same, has other scores');

    checkRest(recogniser, drive, broken);
    checkDark(recogniser, drive, broken);
    checkOtherPlaces(recogniser, drive, broken);
    if (heapUsed) checkAllocation(recogniser, drive, heapUsed, broken);
  } catch (error) {
    broken.add(`threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return [...broken];
}

function learn(recogniser: PlaceRecogniser, drive: Traverse, frames: number, broken: Set<string>): void {
  recogniser.begin();
  for (let frame = 0; frame < frames; frame++) {
    recogniser.see(frameOf(drive, frame));
    const place = recogniser.learn();
    if (place !== frame) broken.add(`learn: the place after ${frame} has the number ${place}`);
  }
  if (recogniser.places !== frames) broken.add(`places: ${recogniser.places} after ${frames} were learned`);
}

/** Scores of all frames of the drive, NaN where there was no evidence. */
function answers(recogniser: PlaceRecogniser, drive: Traverse): Float32Array {
  const { places } = recogniser;
  const all = new Float32Array(drive.frames * places).fill(Number.NaN);
  recogniser.begin();
  for (let frame = 0; frame < drive.frames; frame++)
    if (recogniser.see(frameOf(drive, frame))) recogniser.score(all.subarray(frame * places, (frame + 1) * places));
  return all;
}

/** Longer arrays are for maps that grow: what lies beyond the places is another's. */
function checkRest(recogniser: PlaceRecogniser, drive: Traverse, broken: Set<string>): void {
  recogniser.begin();
  const scores = new Float32Array(recogniser.places + 3).fill(5);
  for (let frame = 0; frame < 5; frame++) if (recogniser.see(frameOf(drive, frame))) recogniser.score(scores);
  if (scores.subarray(recogniser.places).some((score) => score !== 5)) broken.add('score: writes beyond the places');
}

/** A lens cap, and a wall in full sun, are no evidence; the frames after them are. */
function checkDark(recogniser: PlaceRecogniser, drive: Traverse, broken: Set<string>): void {
  const scores = new Float32Array(recogniser.places);
  for (const grey of [0, 255]) {
    recogniser.begin();
    const flat = new Uint8Array(drive.height * drive.width).fill(grey);
    for (let frame = 0; frame < 3; frame++)
      if (recogniser.see(flat)) broken.add(`see: a frame of ${grey} alone is evidence`);
    let seen = 0;
    for (let frame = 0; frame < drive.frames; frame++) {
      if (!recogniser.see(frameOf(drive, frame))) continue;
      seen++;
      recogniser.score(scores);
      if (!scores.every(Number.isFinite)) broken.add(`score: not finite ${frame} frames after ${grey} alone`);
    }
    if (seen < drive.frames / 2)
      broken.add(`see: after frames of ${grey} alone, ${seen} of ${drive.frames} are evidence`);
  }
}

function checkOtherPlaces(recogniser: PlaceRecogniser, drive: Traverse, broken: Set<string>): void {
  const { places } = recogniser;
  const before = new Float32Array(places);
  const after = new Float32Array(places + 1);
  recogniser.begin();
  for (let frame = 0; frame < 12; frame++) recogniser.see(frameOf(drive, frame));
  recogniser.score(before);
  recogniser.begin();
  for (let frame = 0; frame < 12; frame++) recogniser.see(frameOf(drive, frame));
  const added = recogniser.learn();
  recogniser.score(after);
  if (added !== places) broken.add(`learn: the place after ${places} has the number ${added}`);
  // A drive that has ended may refresh what places are compared with, but a place does not.
  if (!same(before, after.subarray(0, places))) broken.add('learn: a new place changes the scores of others');
}

/**
 * The engine compiles when it likes, so there are several attempts: a recogniser that allocates for every frame fails
 * them all. The median of a few rounds stands clear of collections, which make single rounds look better or worse.
 */
function checkAllocation(
  recogniser: PlaceRecogniser,
  drive: Traverse,
  heapUsed: () => number,
  broken: Set<string>,
): void {
  const scores = new Float32Array(recogniser.places);
  // Cut beforehand, and often: reading the heap costs some itself.
  const frames = Array.from({ length: 10 * drive.frames }, (_, frame) => frameOf(drive, frame % drive.frames));
  const growth = new Float64Array(roundsPerAttempt);
  let bytes = Infinity;
  for (let attempt = 0; attempt < mostAttempts && bytes > mostBytes; attempt++) {
    for (let round = 0; round < roundsPerAttempt; round++) {
      recogniser.begin();
      const before = heapUsed();
      for (let frame = 0; frame < frames.length; frame++)
        if (recogniser.see(frames[frame] as Uint8Array)) recogniser.score(scores);
      growth[round] = (heapUsed() - before) / frames.length;
    }
    bytes = growth.sort()[roundsPerAttempt >> 1] as number;
  }
  if (bytes > mostBytes) broken.add(`allocation: ${bytes.toFixed(1)} bytes a frame after warm-up`);
}

const mostAttempts = 20;
const roundsPerAttempt = 7;
/** An object a frame would be 16 or more. */
const mostBytes = 8;

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, place) => Object.is(value, b[place]));
}
