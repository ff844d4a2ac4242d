/**
 * Any pace, either direction: a drive is learned at a place a frame, the other one is driven faster, slower, with stops,
 * backwards, with and without odometry. Prints R@1 of the sequence filter after the first frames against the figures
 * that hold when places are recognised well enough; ends with 1 where one does not. The tuning stretch has no bounds.
 */
import { AxondPlace } from '../models/place/axond-place.js';
import { readPlaceKernels } from '../models/place/kernels-file.js';
import { SequenceFilter } from '../models/place/sequence-filter.js';
import { frameOf, reordered, type Traverse } from '../models/place/traverse.js';
import {
  atPace,
  atRandomPace,
  odometryOf,
  stretch,
  thereAndBack,
  withPixelNoise,
  withStop,
  withStopsAndStretches,
} from '../runtime/evaluate/place/drive.js';
import { RandomBits } from '../runtime/signal/random.js';
import { openPlaceScenes, type PlaceScene } from './place-scenes.js';

/** Frames that tell nothing yet at the beginning of a drive. */
const warmUp = 9;
const seeds = [1, 2, 3, 4, 5] as const;
const stopFrames = 100;
const pixelNoise = 2;

interface Drive {
  readonly name: string;
  /** Frames of the query in the order in which they are driven. */
  readonly order: (frames: readonly number[], random: RandomBits) => readonly number[];
  /** Driven once for each seed, and the mean is what counts. */
  readonly random?: true;
  /** Scale error of its odometry; without it there is none. */
  readonly odometry?: number;
  /** Its pixels are noisy, and of its answers those count. */
  readonly counted?: (order: readonly number[]) => readonly [from: number, to: number];
  /** R@1 in % that must be reached on Nordland-500 and on Gardens. */
  readonly wanted?: readonly [nordland: number, gardens: number];
}

const forwards = (frames: readonly number[]): readonly number[] => frames;
const backwards = (frames: readonly number[]): readonly number[] => frames.toReversed();
const stopped = (frames: readonly number[]): readonly number[] => withStop(frames, stopFrames);
const afterStop = (order: readonly number[]): readonly [number, number] => {
  const end = Math.floor((order.length - stopFrames) / 2) + stopFrames;
  return [end, end + 20];
};
const drives: readonly Drive[] = [
  { name: 'at its pace', order: forwards, wanted: [100, 97] },
  { name: 'twice as fast', order: (frames) => atPace(frames, 2), wanted: [100, 90] },
  { name: 'half as fast', order: (frames) => atPace(frames, 0.5), wanted: [100, 90] },
  { name: 'stops and stretches', order: withStopsAndStretches, random: true, wanted: [97, 92] },
  { name: 'random pace', order: atRandomPace, random: true, wanted: [94, 90] },
  { name: 'backwards', order: backwards, wanted: [99, 86] },
  { name: 'there and back', order: thereAndBack, wanted: [100, 98] },
  {
    name: `20 frames after a stop of ${stopFrames}`,
    order: stopped,
    counted: afterStop,
    random: true,
    wanted: [100, 80],
  },
  { name: 'backwards, twice as fast', order: (frames) => atPace(backwards(frames), 2) },
  {
    name: 'backwards, stops and stretches',
    order: (frames, random) => withStopsAndStretches(backwards(frames), random),
    random: true,
  },
  { name: 'backwards, random pace', order: (frames, random) => atRandomPace(backwards(frames), random), random: true },
  ...[0.05, -0.05].flatMap((odometry): Drive[] => {
    const told = `odometry ${odometry > 0 ? '+' : '-'}5 %`;
    return [
      { name: `random pace, ${told}`, order: atRandomPace, random: true, odometry, wanted: [97, 92] },
      { name: `at its pace, ${told}`, order: forwards, random: true, odometry },
      { name: `stops and stretches, ${told}`, order: withStopsAndStretches, random: true, odometry },
      { name: `backwards, ${told}`, order: backwards, random: true, odometry },
    ];
  }),
];

/** The place that is believed after each frame; −1 before the first answer. A robot that stands keeps its answer. */
function believed(recogniser: AxondPlace, query: Traverse, odometry: readonly number[] | undefined): number[] {
  const filter = new SequenceFilter(readPlaceKernels());
  const scores = new Float32Array(recogniser.places);
  let best = -1;
  let driven = 0;
  recogniser.begin();
  return Array.from({ length: query.frames }, (_, frame) => {
    driven += odometry?.[frame] ?? Number.NaN;
    const evidence = recogniser.see(frameOf(query, frame));
    if (!evidence) return best;
    if (recogniser.still) {
      filter.stand();
      return best;
    }
    recogniser.score(scores);
    filter.step(scores, scores.length, driven);
    driven = 0;
    best = filter.best;
    return best;
  });
}

/** R@1 in %. */
function recall(recogniser: AxondPlace, { query, truth }: PlaceScene, drive: Drive, seed: number): number {
  const random = new RandomBits(seed, stream);
  const order = drive.order(stretch(0, query.frames), random);
  const odometry = drive.odometry === undefined ? undefined : odometryOf(order, drive.odometry, random);
  const driven = reordered(query, order);
  const [from, to] = drive.counted?.(order) ?? [warmUp, order.length];
  const answers = believed(recogniser, drive.counted ? withPixelNoise(driven, pixelNoise, random) : driven, odometry);
  const right = order.map((frame, at) => truth[frame]?.includes(answers[at] ?? -1) ?? false);
  const counted = right.slice(from, to);
  return (100 * counted.filter(Boolean).length) / counted.length;
}

function learned({ sensor, reference }: PlaceScene): AxondPlace {
  const { height, width } = reference;
  const recogniser = new AxondPlace({ sensor, height, width, module: readPlaceKernels() });
  recogniser.begin();
  for (let frame = 0; frame < reference.frames; frame++) {
    recogniser.see(frameOf(reference, frame));
    recogniser.learn();
  }
  recogniser.settle();
  return recogniser;
}

const stream = 0x70_61_63_65;
const scenes = openPlaceScenes();
if (scenes === undefined) {
  process.stderr.write('The drives of data/vpr are not here: their licences keep them out.\n');
  process.exit(1);
}
const shown = [
  { title: 'Nordland-500', scene: scenes.nordland([0, 500]), bound: 0 },
  { title: 'Gardens ±2', scene: scenes.gardens(), bound: 1 },
  { title: 'Nordland-500b, for tuning', scene: scenes.nordland([1300, 1800]) },
] as const;
let missed = 0;
process.stdout.write(
  `R@1 in % of the sequence filter after the first ${warmUp} frames; random drives: mean, and each of ${seeds.length}\n`,
);
for (const { title, scene, ...rest } of shown) {
  process.stdout.write(`\n${title}\n`);
  const recogniser = learned(scene);
  for (const drive of drives) {
    const each = (drive.random ? seeds : seeds.slice(0, 1)).map((seed) => recall(recogniser, scene, drive, seed));
    const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
    const bound = 'bound' in rest ? drive.wanted?.[rest.bound] : undefined;
    const holds = bound === undefined || mean >= bound;
    if (!holds) missed++;
    const verdict = bound === undefined ? '' : `${holds ? 'holds ' : 'MISSED'} (at least ${bound})`;
    const all = each.length > 1 ? `  ${each.map((value) => value.toFixed(1)).join(' ')}` : '';
    process.stdout.write(`  ${drive.name.padEnd(40)}${mean.toFixed(1).padStart(6)}  ${verdict}${all}\n`);
  }
}
process.stdout.write(missed === 0 ? '\nall bounds hold\n' : `\n${missed} bounds missed\n`);
process.exitCode = missed === 0 ? 0 : 1;
