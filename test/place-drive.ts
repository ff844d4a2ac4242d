/**
 * Driving: whether a map depends on the frame rate, on standing still, and on how alike the views of a route are; and how
 * soon a robot that was carried elsewhere says so and is found again. Prints a table against the bounds; ends with 1
 * where one does not hold. Research data is used where it is there, a road that does not exist otherwise too.
 */
import { AxondPlace } from '../models/place/axond-place.js';
import { kernelModule } from '../models/place/kernels-file.js';
import { fittingTheta } from '../models/place/learn-drive.js';
import { MapTracker } from '../models/place/map-tracker.js';
import { PlaceClock, defaultTheta } from '../models/place/place-clock.js';
import { PlaceMap } from '../models/place/place-map.js';
import { SequenceFilter } from '../models/place/sequence-filter.js';
import { SyntheticRoad, syntheticDrive } from '../models/place/synthetic-drive.js';
import { type Traverse } from '../models/place/traverse.js';
import { crossFaded, type FadeConditions } from '../runtime/evaluate/place/cross-fade.js';
import { nowhere } from '../runtime/place/place-loop.js';
import { RandomBits } from '../runtime/signal/random.js';
import { openPlaceScenes } from './place-scenes.js';

interface Route {
  readonly name: string;
  readonly reference: Traverse;
  readonly query: Traverse;
  /** So far from where a place was learned is right, in places. */
  readonly tolerance: number;
}

const rates = [5, 15, 30] as const;
const minute = 60;
/** Places that tell nothing yet at the beginning of a drive. */
const warmUp = 9;

interface LearnedRoute {
  readonly map: PlaceMap;
  /** Where each place was learned. */
  readonly at: readonly number[];
}

function learn(reference: Traverse, conditions: FadeConditions, theta: number): LearnedRoute {
  const recogniser = new AxondPlace({ ...reference, sensor: 'grey', module: kernelModule });
  const map = new PlaceMap(recogniser, { theta });
  const clock = new PlaceClock(recogniser.cells, map.rule);
  const learnedAt: number[] = [];
  recogniser.begin();
  for (const { pixels, at } of crossFaded(reference, conditions))
    if (clock.tick(recogniser.look(pixels), Number.NaN) && recogniser.see(pixels)) {
      map.addPlace();
      learnedAt.push(at);
    }
  recogniser.settle();
  return { map, at: learnedAt };
}

/** Shares of right answers in %: of single frames, and of the sequence filter once it has seen a few places. */
interface Answers {
  readonly queries: number;
  readonly single: number;
  readonly filtered: number;
}

function match({ map, at: learnedAt }: LearnedRoute, { query, tolerance }: Route, conditions: FadeConditions): Answers {
  const { recogniser } = map;
  const clock = new PlaceClock(recogniser.cells, map.rule);
  const filter = new SequenceFilter(kernelModule);
  const scores = new Float32Array(map.places.length);
  const right = { single: 0, filtered: 0 };
  let queries = 0;
  recogniser.begin();
  filter.begin();
  for (const { pixels, at } of crossFaded(query, conditions)) {
    if (!clock.tick(recogniser.look(pixels), Number.NaN) || !recogniser.see(pixels)) continue;
    map.score(scores);
    filter.step(scores, scores.length);
    if (++queries <= warmUp) continue;
    const isRight = (place: number): number => Number(Math.abs((learnedAt[place] ?? Infinity) - at) <= tolerance);
    right.single += isRight(scores.indexOf(Math.max(...scores)));
    right.filtered += isRight(filter.best);
  }
  const share = (count: number): number => (100 * count) / Math.max(1, queries - warmUp);
  return { queries, single: share(right.single), filtered: share(right.filtered) };
}

function rangeOf(reference: Traverse, conditions: FadeConditions): number {
  const recogniser = new AxondPlace({ ...reference, sensor: 'grey', module: kernelModule });
  const appearances: Int32Array[] = [];
  for (const { pixels } of crossFaded(reference, conditions)) appearances.push(recogniser.look(pixels).slice());
  return fittingTheta(appearances);
}

/** The same route behind a pattern that is on every picture: views differ by a quarter of what they did. */
function alike(drive: Traverse): Traverse {
  const random = new RandomBits(77, 1);
  const pattern = Array.from({ length: 128 }, () => 30 + 195 * random.uniform());
  const size = drive.height * drive.width;
  const pixels = drive.pixels.map((grey, pixel) => {
    const [x, y] = [pixel % drive.width, Math.floor((pixel % size) / drive.width)];
    return Math.round(0.25 * grey + 0.75 * (pattern[16 * Math.floor(y / 4) + Math.floor(x / 4)] ?? 0));
  });
  return { ...drive, pixels };
}

/** As through a fish-eye lens: black around a circle. */
function throughFishEye(drive: Traverse): Traverse {
  const size = drive.height * drive.width;
  const pixels = drive.pixels.map((grey, pixel) => {
    const x = ((pixel % drive.width) - drive.width / 2 + 0.5) / (0.34 * drive.width);
    const y = (Math.floor((pixel % size) / drive.width) - drive.height / 2 + 0.5) / (0.47 * drive.height);
    return x * x + y * y > 1 ? 0 : grey;
  });
  return { ...drive, pixels };
}

function routes(): Route[] {
  const road = new SyntheticRoad(5);
  const metres = Array.from({ length: 150 }, (_, place) => 4 * place);
  const generated: Route = {
    name: 'road',
    reference: syntheticDrive(road, metres, { noise: 0 }),
    query: syntheticDrive(road, metres, { noise: 0, season: 'winter' }),
    tolerance: 1,
  };
  const scenes = openPlaceScenes();
  if (!scenes) process.stdout.write('The research data is not there: the road alone.\n');
  const nordland = scenes?.nordland([0, 500]);
  const gardens = scenes?.gardens();
  const real: Route[] = [
    ...(nordland ? [{ ...nordland, name: 'Nordland-500', tolerance: 1 }] : []),
    ...(gardens ? [{ ...gardens, name: 'Gardens', tolerance: 2 }] : []),
  ];
  const changed = (route: Route, name: string, change: (drive: Traverse) => Traverse): Route => ({
    ...route,
    name: `${route.name}, ${name}`,
    reference: change(route.reference),
    query: change(route.query),
  });
  const plain = gardens ? [{ ...gardens, name: 'Gardens', tolerance: 2 }, generated] : [generated];
  return [
    ...real,
    generated,
    ...plain.flatMap((route) => [changed(route, 'alike', alike), changed(route, 'fish-eye', throughFishEye)]),
  ];
}

const verdict = { failed: false };

/** A line of the table with its verdict. */
function tell(text: string, holds = true): void {
  verdict.failed ||= !holds;
  process.stdout.write(`${holds ? '     ' : 'FAILS'} ${text}\n`);
}

function drive(route: Route): void {
  const { reference, name } = route;
  const places = reference.frames;
  const learned = rates.map((rate) => learn(reference, { rate, seed: rate }, rangeOf(reference, { rate, seed: rate })));
  const still = { rate: 15, still: 15 * minute, seed: 15 };
  const standing = learn(reference, still, rangeOf(reference, still));
  const fixed = learn(reference, { rate: 15, seed: 15 }, defaultTheta).at.length;
  const counts = [...learned, standing].map(({ at }) => at.length);
  tell(
    `${name.padEnd(24)} ${places} wanted; at 5, 15, 30 frames/s: ${counts.slice(0, 3).join(', ')}; with a stop ${counts[3] ?? 0}; at theta ${defaultTheta}: ${fixed}`,
    Math.max(...counts) <= 1.1 * Math.min(...counts),
  );
  const answers = rates.map((rate, at) =>
    match(learned[at] ?? standing, route, { rate, still: rate * minute, seed: 90 + rate }),
  );
  const crossed = match(learned[2] ?? standing, route, { rate: 5, still: 5 * minute, seed: 99 });
  const all = [...answers, crossed];
  const spread = (of: (answer: Answers) => number): number => Math.max(...all.map(of)) - Math.min(...all.map(of));
  const list = (of: (answer: Answers) => number): string => all.map((answer) => of(answer).toFixed(1)).join(' / ');
  tell(
    `  R@1 of the filter ${list(({ filtered }) => filtered)} of ${list(({ queries }) => queries)}`,
    spread(({ filtered }) => filtered) <= 2,
  );
  tell(`  R@1 of single frames ${list(({ single }) => single)}`);
}

/** Half of the route is learned; the robot drives on it, is carried off to the other half, and back to its beginning. */
function kidnap({ name, reference, query }: Route): void {
  const half = Math.floor(reference.frames / 2);
  const part = ({ height, width, pixels }: Traverse, from: number, to: number): Traverse => ({
    frames: to - from,
    height,
    width,
    pixels: pixels.subarray(from * height * width, to * height * width),
  });
  const rate = 15;
  const { map, at: learnedAt } = learn(
    part(reference, 0, half),
    { rate, seed: 1 },
    rangeOf(reference, { rate, seed: 1 }),
  );
  const tracker = new MapTracker(map, false);
  const told = nowhere();
  const quarter = Math.floor(half / 2);
  const stages = [part(query, 5, quarter), part(query, half + 5, half + quarter), part(query, 5, quarter)];
  const after = stages.map((stage, number) => {
    let frame = 0;
    let since = -1;
    if (number === 0) tracker.begin();
    for (const { pixels, at } of crossFaded(stage, { rate, seed: 40 + number })) {
      tracker.track(pixels, Number.NaN, told);
      const wanted =
        number === 1 ? !told.known : told.known && Math.abs((learnedAt[told.place] ?? Infinity) - (at + 5)) <= 3;
      if (!wanted) since = -1;
      else if (since < 0) since = frame;
      frame++;
      if (since >= 0 && frame - since > 5 * rate) break;
    }
    return since;
  });
  const inPlaces = (frames: number): string =>
    frames < 0 ? 'never' : `${frames} frames (${(frames / rate).toFixed(1)} places)`;
  tell(
    `${name.padEnd(24)} cold start found after ${inPlaces(after[0] ?? -1)}; carried off: unknown after ${inPlaces(after[1] ?? -1)}, found again after ${inPlaces(after[2] ?? -1)}`,
    after.every((frames) => frames >= 0),
  );
}

const all = routes();
process.stdout.write(
  'Places of one drive; R@1 in % at 5, 15, 30 frames/s on the same map, and 5 on the map of 30, each with a minute of standing still\n',
);
for (const route of all) drive(route);
process.stdout.write('\nCarried elsewhere; answers that hold for 5 places count\n');
for (const route of all.filter(({ name }) => !name.includes(','))) kidnap(route);
process.exitCode = verdict.failed ? 1 : 0;
