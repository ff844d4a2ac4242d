// npm run place-speed: what a query costs on maps of 500 to 27,000 places, from a frame of 64 x 32 to the place that is
// believed, beside a floor that is measured in the same rounds: to copy as many bytes as the rows take. Times are those of
// the processor: others on it change them by what they leave of its caches, not by their turns. Frames are generated; the
// rows behind the first thousand are drawn, which costs a query the same. Exits with 1 where a bound is missed.
import { RandomBits } from '../runtime/signal/random.js';
import { AxondPlace } from '../models/place/axond-place.js';
import { readPlaceKernels } from '../models/place/kernels-file.js';
import { SequenceFilter } from '../models/place/sequence-filter.js';
import { SyntheticRoad, syntheticDrive } from '../models/place/synthetic-drive.js';
import { frameOf } from '../models/place/traverse.js';

const rounds = 5;
/** Of one measurement. */
const measureUs = 3e5;
const driven = 1000;
const spikes = 512;

const metres = Array.from({ length: driven }, (_, place) => 5 * place);
const road = new SyntheticRoad(7);
const summer = syntheticDrive(road, metres);
const winter = syntheticDrive(road, metres, { season: 'winter', seed: 2 });
const queries = metres.map((_, frame) => frameOf(winter, frame));
const module = readPlaceKernels();

interface MapUnderTest {
  readonly places: number;
  readonly recogniser: AxondPlace;
  readonly filter: SequenceFilter;
  readonly scores: Float32Array;
  /** As many bytes as its rows take, and room to copy them to. */
  readonly rows: Uint8Array;
  readonly copy: Uint8Array;
  /** Of the process, while the map was made. */
  readonly grownMb: number;
  /** Microseconds a query, and of the floor, by round. */
  readonly query: number[];
  readonly floor: number[];
  next: number;
}

const maps = [500, 1000, 5000, 27_000].map(mapOf);
for (let round = 0; round < rounds; round++)
  for (const map of maps) {
    map.query.push(timed(() => ask(map)));
    map.floor.push(timed(() => map.copy.set(map.rows)));
  }
process.stdout.write(
  'places   µs a query: median, all rounds; floor (rows copied once), ratio; queries/s; MB of the process\n',
);
for (const { places, query, floor, grownMb } of maps)
  process.stdout.write(
    `${String(places).padStart(6)}  ${median(query).toFixed(1).padStart(8)}  [${query.map((us) => us.toFixed(1)).join(' ')}]  ` +
      `${median(floor).toFixed(1)}, ${(median(query) / median(floor)).toFixed(1)}  ${Math.round(1e6 / median(query))}/s  ${grownMb.toFixed(0)} MB\n`,
  );

const startUs = processorUs();
const [smallest, thousand, , largest] = maps as [MapUnderTest, MapUnderTest, MapUnderTest, MapUnderTest];
largest.recogniser.settle();
const settleS = (processorUs() - startUs) / 1e6;
process.stdout.write(`settle() at ${largest.places} places: ${settleS.toFixed(1)} s\n`);
const growth = median(largest.query) / median(smallest.query);
const places = largest.places / smallest.places;
const bounds = [
  ['queries/s at 1000 places, at least 15000', 1e6 / median(thousand.query) >= 15_000],
  ['ms at 27000 places, at most 3', median(largest.query) <= 3000],
  [`time from 500 to 27000 places, times ${growth.toFixed(1)}, at most ${places}`, growth <= places],
  ['settle(), less than a minute', settleS < 60],
] as const;
for (const [bound, holds] of bounds) process.stdout.write(`${holds ? 'holds ' : 'MISSED'} ${bound}\n`);
process.exitCode = bounds.every(([, holds]) => holds) ? 0 : 1;

function mapOf(places: number): MapUnderTest {
  const before = process.memoryUsage.rss();
  const recogniser = new AxondPlace({ sensor: 'grey', height: 32, width: 64, module });
  const random = new RandomBits(places, 0);
  const row = new Int8Array(spikes);
  recogniser.begin();
  for (let place = 0; place < places; place++)
    if (place < driven) {
      recogniser.see(frameOf(summer, place));
      recogniser.learn();
    } else {
      for (let spike = 0; spike < spikes; spike++) row[spike] = random.below(15) - 7;
      recogniser.restore(row, 0.1);
    }
  const filter = new SequenceFilter(module);
  const scores = new Float32Array(places);
  const grownMb = (process.memoryUsage.rss() - before) / 2 ** 20;
  const rows = new Uint8Array(places * spikes).fill(1);
  return { places, recogniser, filter, scores, rows, copy: rows.slice(), grownMb, query: [], floor: [], next: 0 };
}

/** One frame in, one place out. */
function ask(map: MapUnderTest): number {
  const frame = queries[map.next] as Uint8Array;
  map.next = (map.next + 1) % queries.length;
  if (map.next === 0) map.recogniser.begin();
  if (!map.recogniser.see(frame)) return -1;
  map.recogniser.score(map.scores);
  if (!map.recogniser.still) map.filter.step(map.scores, map.places);
  return map.filter.best;
}

/** Microseconds a call, the mean of as many as fit. */
function timed(call: () => unknown): number {
  const startUs = processorUs();
  let calls = 0;
  while (processorUs() - startUs < measureUs) for (const last = calls + 8; calls < last; calls++) call();
  return (processorUs() - startUs) / calls;
}

function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
