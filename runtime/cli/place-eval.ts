import { Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { PictureError } from '../../drivers/images/picture.js';
import {
  baselinesOf,
  cameraMethods,
  placeMethods,
  placeSensors,
  type PlaceSensor,
} from '../../models/place/methods.js';
import type { PlaceMethod } from '../../models/place/place-scorer.js';
import { reordered, type Traverse } from '../../models/place/traverse.js';
import { atPace, stretch, withStop } from '../evaluate/place/drive.js';
import { answerQueries, scoreAnswers, type PlaceComparison, type ScoredMethod } from '../evaluate/place/evaluate.js';
import { GroundTruthError, identity, parseGroundTruth, widened } from '../evaluate/place/ground-truth.js';
import { PackError } from '../evaluate/place/pack.js';
import { readTraverse } from '../evaluate/place/read-traverse.js';
import { placePage } from '../evaluate/report/place-page.js';
import { positive, wholeFrom } from './options.js';
import { UsageError, print, printJson } from './output.js';
import { describePlaces } from './place-eval-text.js';
import { writeReport } from './report-file.js';

interface Options {
  ref: string;
  query: string;
  gt: string;
  tolerance: number;
  seq: readonly number[];
  method: string;
  sensor: PlaceSensor;
  range?: readonly [number, number];
  mapRange?: readonly [number, number];
  pace: number;
  stop: number;
  reverse?: true;
  baselines: boolean;
  report?: string;
  json?: true;
}

export function evalPlaceCommand(): Command {
  return new Command('eval')
    .description('Learn the places of one drive, recognise them on another one, and score the answers')
    .requiredOption(
      '--ref <DRIVE>',
      'drive to learn: a folder of pictures, NAME.607x32x64.u8, or FILE:32x64 (height x width, a byte a pixel)',
    )
    .requiredOption('--query <DRIVE>', 'drive on which to recognise them')
    .option('--gt <FILE>', 'right places: identity, JSON {query: [refs]} or CSV query,ref_first,ref_last', 'identity')
    .option('--tolerance <PLACES>', 'so far from a right place is right', wholeFrom(0), 0)
    .option('--seq <LENGTHS>', 'frames that answer together', lengths, [1, 4, 10])
    .addOption(
      new Option('--method <NAME>', 'what recognises them').choices(Object.keys(placeMethods)).default('axond-place'),
    )
    .addOption(new Option('--sensor <KIND>', 'what took the frames').choices([...placeSensors]).default('grey'))
    .option('--range <A:B>', 'frames A to B - 1 of the query drive only', range)
    .option('--map-range <A:B>', 'learn frames A to B - 1 of the reference drive only', range)
    .option('--pace <RATIO>', 'drive the query so much faster (0.5: half as fast), by the nearest frame', positive, 1)
    .option(
      '--stop <FRAMES>',
      'stand still in the middle of the query: its frame is repeated so often',
      wholeFrom(0),
      0,
    )
    .option('--reverse', 'drive the query backwards')
    .option('--no-baselines', 'leave out the plain methods that are scored beside it')
    .option('--report <FILE>', 'one HTML page with matrices, curves, and confusions with their pictures; opens offline')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond place eval --ref summer.500x32x64.u8 --query winter.500x32x64.u8')
    .action(async (options: Options) => {
      const comparison = await evaluate(options);
      const { evaluation } = comparison.method;
      const baselines = comparison.baselines.map((each) => each.evaluation);
      if (comparison.truth.every((right) => right.length === 0))
        process.stderr.write(
          'No query has a right place on the map, so there is no recall. Do --gt, --range and --map-range belong together?\n',
        );
      if (options.report !== undefined) writeReport(options.report, placePage(comparison));
      if (options.json)
        printJson({ ...evaluation, baselines: Object.fromEntries(baselines.map((each) => [each.method, each])) });
      else print(...describePlaces(evaluation, baselines));
    });
}

async function evaluate(options: Options): Promise<PlaceComparison> {
  try {
    const references = await readTraverse(options.ref);
    const queries = await readTraverse(options.query);
    if (references.width !== queries.width || references.height !== queries.height)
      throw new UsageError(
        `--query: frames of ${queries.height}x${queries.width}, --ref has ${references.height}x${references.width}. Both drives need frames of one size.`,
      );
    const [mapFrom, mapTo] = within('--map-range', options.mapRange, references);
    const order = queryOrder(options, queries);
    const truth = widened(
      rightPlaces(options, queries, references),
      order,
      options.tolerance,
      mapFrom,
      mapTo - mapFrom,
    );
    const reference = reordered(references, stretch(mapFrom, mapTo));
    const query = reordered(queries, order);
    const scored = (name: string): ScoredMethod => {
      const answers = answerQueries(name, methodOf(name, options.sensor), reference, query);
      return { answers, evaluation: scoreAnswers(answers, truth, options.seq) };
    };
    const baselines = options.baselines ? baselinesOf[options.sensor].filter((name) => name !== options.method) : [];
    const method = scored(options.method);
    return { reference, query, truth, lengths: options.seq, method, baselines: baselines.map(scored) };
  } catch (error) {
    if (error instanceof PackError || error instanceof PictureError || error instanceof GroundTruthError)
      throw new UsageError(error.message);
    throw error;
  }
}

function methodOf(name: string, sensor: PlaceSensor): PlaceMethod {
  const method = placeMethods[name];
  if (method === undefined) throw new UsageError(`--method: there is no ${name}.`);
  if (sensor !== 'grey' && cameraMethods.has(name))
    throw new UsageError(`--method: ${name} takes frames of a camera along a way. Leave out --sensor ${sensor}.`);
  return method(sensor);
}

function queryOrder(options: Options, queries: Traverse): readonly number[] {
  const [from, to] = within('--range', options.range, queries);
  const forward = stretch(from, to);
  const driven = options.reverse ? forward.reverse() : forward;
  return withStop(atPace(driven, options.pace), options.stop);
}

function rightPlaces(
  options: Options,
  queries: Traverse,
  references: Traverse,
): ReadonlyMap<number, readonly number[]> {
  if (options.gt === 'identity') return new Map(identity(queries.frames).map((places, query) => [query, places]));
  let text: string;
  try {
    text = readFileSync(options.gt, 'utf8');
  } catch (error) {
    throw new UsageError(`--gt ${options.gt}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const table = parseGroundTruth(text, options.gt);
  for (const [query, places] of table) {
    if (query >= queries.frames)
      throw new UsageError(
        `${options.gt}: query ${query}, but --query has ${queries.frames} frames. Is it of this drive?`,
      );
    const beyond = places.find((place) => place >= references.frames);
    if (beyond !== undefined)
      throw new UsageError(
        `${options.gt}: place ${beyond}, but --ref has ${references.frames} frames. Is it of this drive?`,
      );
  }
  return table;
}

function within(
  option: string,
  asked: readonly [number, number] | undefined,
  { frames }: Traverse,
): readonly [number, number] {
  if (asked !== undefined && asked[1] > frames)
    throw new UsageError(`${option} ${asked.join(':')}: there are ${frames} frames. Use 0:${frames} or less.`);
  return asked ?? [0, frames];
}

function range(text: string): readonly [number, number] {
  const [, from = '', to = ''] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (to === '' || Number(to) <= Number(from))
    throw new InvalidArgumentError(`"${text}" is no range. Write 0:500 for the frames 0 to 499.`);
  return [Number(from), Number(to)];
}

function lengths(text: string): readonly number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((number) => Number.isInteger(number) && number >= 1))
    throw new InvalidArgumentError(`"${text}" is no list of lengths. Write 1,4,10.`);
  return numbers;
}
