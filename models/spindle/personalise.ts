import { framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import type { SpindlePoint } from '../../runtime/detect/spindle-t1/runs.js';
import { countBlocks, f1DifferenceInterval } from '../../runtime/evaluate/bootstrap.js';
import { matchEvents, scoreOf, sumOf, within, type TimedEvent } from '../../runtime/evaluate/events.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { keepBetter } from '../learn/learner.js';
import { ReadoutLearner, readoutDefaults } from '../learn/readout-learner.js';
import { Random } from '../train/random.js';
import { headOf, logitsOf, spindlesOf, type Night } from './night.js';

/** By which the network was taught to be late. */
const lateSeconds = 0.25;
/** The night is cut into pieces of this length, dealt out by lot to three parts. */
const pieceSeconds = 60;
const parts = 3;
const rounds = 4;
const fewestMarks = 20;
/** Below this F1 marks and network do not speak of the same thing, and nothing is learned from such marks. */
const leastAgreement = 0.2;
/** The new one must be better in nine of ten nights drawn from the pieces of this one. */
const coverage = 0.8;

export interface Personalised {
  readonly network: Network;
  readonly kept: 'old' | 'new';
  /** Why the old one was kept; empty for the new one. */
  readonly reason: string;
  /** F1 of the old network, and of networks that learned from two parts of the night on the third, over all three. */
  readonly before: number;
  readonly after: number;
  /** In nine of ten drawn nights the lead in F1 is above the first of these, in nine of ten below the second. */
  readonly lead: readonly [number, number];
  readonly marks: number;
}

/**
 * Teaches the last layer of a network a sleeper's own marks. Whether it learns from them is found out by cross-validation:
 * what learned from two thirds of the night must be better on the rest than the old network, beyond the luck of the draw;
 * if it is not, the old network stays. `point` is the operating point that is judged. @throws ModelError if there are too
 * few marks
 */
export function personalise(
  network: Network,
  night: Night,
  marks: readonly TimedEvent[],
  point: SpindlePoint,
  seed: number,
): Personalised {
  const seconds = night.ends[night.frames - 1] ?? 0;
  const references = within(marks, 0, seconds);
  if (references.length < fewestMarks)
    throw new ModelError(
      `${references.length} marks in ${(seconds / 60).toFixed(0)} minutes are too few to learn from. Give at least ${fewestMarks}: mark more, or a longer recording.`,
    );
  const partOf = dealPieces(seconds, seed);
  const heardBy = (of: Network): TimedEvent[] => within(spindlesOf(logitsOf(of, night), night, point), 0, seconds);
  const old = heardBy(network);
  const unseen = Array.from({ length: parts }, (_, part) => part).flatMap((part) => {
    const taught = learn(network, night, references, (time) => partOf(time) !== part);
    return heardBy(taught).filter(({ onset }) => partOf(onset) === part);
  });
  const blocksOf = (found: readonly TimedEvent[]) =>
    countBlocks(references, found, matchEvents(references, found), seconds, pieceSeconds);
  const [oldBlocks, newBlocks] = [blocksOf(old), blocksOf(unseen.toSorted((a, b) => a.onset - b.onset))];
  const before = scoreOf(sumOf(oldBlocks)).f1 ?? 0;
  const after = scoreOf(sumOf(newBlocks)).f1 ?? 0;
  const lead = f1DifferenceInterval(newBlocks, oldBlocks, coverage) ?? [0, 0];
  const figures = { before, after, lead, marks: references.length };
  const stay = (reason: string): Personalised => ({ ...figures, network, kept: 'old', reason });
  if (before < leastAgreement)
    return stay(
      `marks and network agree with an F1 of ${before.toFixed(2)} only: are these the marks of this recording?`,
    );
  if (!(lead[0] > 0)) return stay('what learns from these marks is not surely better on those that it has not seen');
  const agreement = (of: Network): number => scoreOf(sumOf(blocksOf(heardBy(of)))).f1 ?? 0;
  const choice = keepBetter(
    network,
    learn(network, night, references, () => true),
    agreement,
  );
  return choice.kept === 'new'
    ? { ...figures, network: choice.network, kept: 'new', reason: '' }
    : stay('the new one is no better on all marks together');
}

/** The part of the piece at a time. */
function dealPieces(seconds: number, seed: number): (time: number) => number {
  const random = Random.of(seed);
  const dealt = Array.from({ length: Math.ceil(seconds / pieceSeconds) + parts }, (_, piece) => piece % parts);
  for (let piece = dealt.length - 1; piece > 0; piece--) {
    const other = random.below(piece + 1);
    [dealt[piece], dealt[other]] = [dealt[other] as number, dealt[piece] as number];
  }
  return (time) => dealt[Math.max(0, Math.floor(time / pieceSeconds))] ?? 0;
}

/** As it would on the device: frame by frame through the night, some times over. */
function learn(
  network: Network,
  night: Night,
  marks: readonly TimedEvent[],
  isTaught: (seconds: number) => boolean,
): Network {
  const { frames, sums, width, ends, usable, starts } = night;
  const learner = new ReadoutLearner(network, { ...readoutDefaults, layer: headOf(network).head });
  const labels = labelsOf(night, marks);
  const first = new Set(starts);
  const input = new Int32Array(width);
  for (let round = 0; round < rounds; round++) {
    for (let frame = 0; frame < frames; frame++) {
      if (first.has(frame)) learner.startSequence();
      for (let j = 0; j < width; j++) input[j] = sums[frame * width + j] as number;
      const isHeard = usable[frame] === 1 && isTaught((ends[frame] as number) - lateSeconds);
      learner.observe(input, isHeard ? labels[frame] : undefined);
      if (frame % framesPerSecond === framesPerSecond - 1) learner.apply();
    }
  }
  return learner.propose();
}

/** 1 while a marked spindle ended its way through the network. */
function labelsOf({ frames, ends }: Night, marks: readonly TimedEvent[]): Uint8Array {
  const labels = new Uint8Array(frames);
  let next = 0;
  const sorted = marks.toSorted((a, b) => a.onset - b.onset);
  for (let frame = 0; frame < frames; frame++) {
    const time = (ends[frame] as number) - lateSeconds;
    while (next < sorted.length && (sorted[next]?.end ?? Infinity) <= time) next++;
    labels[frame] = (sorted[next]?.onset ?? Infinity) <= time ? 1 : 0;
  }
  return labels;
}
