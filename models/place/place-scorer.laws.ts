import type { PlaceMethod, PlaceScorer } from './place-scorer.js';
import { frameOf, reordered, type Traverse } from './traverse.js';

/**
 * The laws of `PlaceMethod` and `PlaceScorer` that this method breaks, one line each; empty if it keeps them. `drives`
 * are two of the same route, of frames with some contrast.
 */
export function checkPlaceMethod(method: PlaceMethod, { reference, query }: TrialDrives): string[] {
  const broken: string[] = [];
  const law = (name: string, holds: boolean): void => {
    if (!holds) broken.push(name);
  };
  try {
    const learned = { ...reference, pixels: reference.pixels.slice() };
    const scorer = method(learned);
    learned.pixels.fill(0);
    const first = answersOf(scorer, query);
    law('places: a place a frame of the reference', scorer.places === reference.frames);
    law('bytes: a map has some', scorer.bytes > 0 && Number.isFinite(scorer.bytes));
    law(
      'answers: a frame with contrast has no evidence, other than the first one',
      first.slice(1).every(({ evidence }) => evidence),
    );
    law(
      'answers: no number for every place, or something beyond them',
      first.every((answer) => isAnswer(answer) && answer.scores.length === scorer.places),
    );
    law('begin: another drive depends on the one before', same(first, answersOf(scorer, query)));
    law('same reference, same query: other answers', same(first, answersOf(method(reference), query)));

    const half = Math.floor(query.frames / 2);
    const order = Array.from({ length: query.frames }, (_, frame) =>
      frame < half ? frame : query.frames - 1 - (frame - half),
    );
    const turned = answersOf(scorer, reordered(query, order));
    law('causal: later frames changed an earlier answer', same(first.slice(0, half), turned.slice(0, half)));

    checkBlack(method, scorer, reference, query, law);
    checkSizes(scorer, query, law);
  } catch (error) {
    broken.push(`threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return broken;
}

export interface TrialDrives {
  readonly reference: Traverse;
  readonly query: Traverse;
}

type Law = (name: string, holds: boolean) => void;

interface Answer {
  readonly evidence: boolean;
  readonly scores: Float32Array;
}

const untouched = -12_345;

function isAnswer({ evidence, scores }: Answer): boolean {
  return scores.every((score) => (evidence ? Number.isFinite(score) : score === untouched));
}

function answersOf(scorer: PlaceScorer, query: Traverse): Answer[] {
  scorer.begin();
  return Array.from({ length: query.frames }, (_, frame) => answerTo(scorer, frameOf(query, frame)));
}

/** With three numbers more than there are places, of which those that were written show. */
function answerTo(scorer: PlaceScorer, frame: Uint8Array): Answer {
  const scores = new Float32Array(scorer.places + 3).fill(untouched);
  const before = frame.slice();
  const evidence = scorer.score(frame, scores);
  if (before.some((pixel, at) => pixel !== frame[at])) throw new Error('score() changed the frame');
  const beyond = scores.subarray(scorer.places).some((score) => score !== untouched);
  return { evidence, scores: beyond ? scores : scores.subarray(0, scorer.places) };
}

/** Black at first, amid a drive, and in the reference: an answer of numbers, or none. */
function checkBlack(method: PlaceMethod, scorer: PlaceScorer, reference: Traverse, query: Traverse, law: Law): void {
  const blackened = (drive: Traverse, frames: readonly number[]): Traverse => {
    const pixels = drive.pixels.slice();
    for (const frame of frames) frameOf({ ...drive, pixels }, frame).fill(0);
    return { ...drive, pixels };
  };
  const dark = answersOf(scorer, blackened(query, [0, 3]));
  law('black frames: a score that is no number, or one where there is no evidence', dark.every(isAnswer));
  const black = answersOf(method(blackened(reference, [0, 2])), query);
  law('black places: a score that is no number', black.every(isAnswer));
}

function checkSizes(scorer: PlaceScorer, query: Traverse, law: Law): void {
  const size = query.height * query.width;
  const refuses = (pixels: number): boolean => {
    try {
      scorer.begin();
      scorer.score(new Uint8Array(pixels).fill(9), new Float32Array(scorer.places));
      return false;
    } catch (error) {
      return error instanceof RangeError;
    }
  };
  law('sizes: a frame of another size is no RangeError', refuses(size - 1) && refuses(size + 1));
}

function same(a: readonly Answer[], b: readonly Answer[]): boolean {
  return a.every(({ evidence, scores }, frame) => {
    const other = b[frame];
    return other?.evidence === evidence && scores.every((score, place) => Object.is(score, other.scores[place]));
  });
}
