import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { nowhere } from '../../models/place/estimate.js';
import { learnDrive, ruleFor, type RecordedDrive } from '../../models/place/learn-drive.js';
import { MapFile } from '../../models/place/map-file.js';
import type { MapKind } from '../../models/place/map-format.js';
import { defaultTheta } from '../../models/place/place-clock.js';
import { MapTracker } from '../../models/place/map-tracker.js';
import { mergeMaps } from '../../models/place/merge-maps.js';
import type { PlaceMap } from '../../models/place/place-map.js';
import { pruneMap } from '../../models/place/prune-map.js';
import { placeSensors, type PlaceSensor } from '../../models/place/sensor.js';
import { thumbnailOf } from '../../models/place/thumbnail.js';
import { mapSizes, type MapSize } from '../contracts.js';
import { withCounting, type Counting } from './event-drive.js';
import { positive, wholeNumber } from './options.js';
import { UsageError, print, printJson } from './output.js';
import { addPictures, collectPictures, learnPictures, refuseOnPictures } from './place-pictures.js';
import { driveArgument, drivenFrames, isMapFile, kindFor, ofMapFile, recogniserOf } from './place-map.js';

interface LearnOptions extends Counting {
  map: string;
  sensor: PlaceSensor;
  size: MapSize;
  columns: number;
  rows: number;
  theta?: number;
  places?: number;
  spacing?: number;
  odometry?: string;
  budget?: number;
  thumbnails?: true;
  json?: true;
}

export function learnPlacesCommand(): Command {
  return withCounting(new Command('learn'))
    .description('Learn a map of the places along a drive')
    .argument('<drive>', driveArgument)
    .requiredOption('--map <FILE>', 'file to write')
    .addOption(
      new Option('--sensor <KIND>', 'what took the frames; unordered: pictures that come in no order, each a place')
        .choices([...placeSensors])
        .default('grey'),
    )
    .addOption(
      new Option('--size <SIZE>', 'small: 132 bytes a place instead of 260, and fewer are found from single frames')
        .choices(mapSizes)
        .default('large'),
    )
    .option('--columns <N>', 'of a file of events: pixels a row of a frame', wholeNumber, 10)
    .option('--rows <N>', 'of a file of events: rows of a frame', wholeNumber, 10)
    .option('--places <N>', 'about so many places; else by how far views of the drive differ at all', wholeNumber)
    .option('--theta <SHARE>', 'a new place where the view has changed by this share', positive)
    .option('--spacing <METRES>', 'a new place every so many metres; needs --odometry', positive)
    .option('--odometry <FILE>', 'metres driven since the frame before, a number a line')
    .option('--budget <ROWS>', 'keep at most so many rows', wholeNumber)
    .option('--thumbnails', 'keep a small picture of each place, 512 bytes')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond place learn summer.500x32x64.u8 --map route.map')
    .action(async (drive: string, options: LearnOptions) => {
      if (existsSync(options.map))
        throw new UsageError(
          `--map ${options.map}: there is a map already. Name another file, or use axond place add.`,
        );
      if (options.theta !== undefined && options.places !== undefined)
        throw new UsageError('--theta and --places: each says how many places there are. Use one.');
      if (options.spacing !== undefined && options.odometry === undefined)
        throw new UsageError('--spacing: needs --odometry, which says how far the robot went.');
      const kind = kindFor(drive, options);
      const { theta, places, spacing, odometry, budget } = options;
      const ofPictures = kind.sensor === 'unordered';
      if (ofPictures) refuseOnPictures({ theta, places, spacing, odometry, budget });
      const recorded = ofPictures
        ? { pictures: await collectPictures(drive, kind) }
        : { drive: await collect(drive, drivenFrames(drive, kind, options)) };
      const recogniser = recogniserOf(kind);
      await ofMapFile(() => {
        const rule = 'drive' in recorded ? ruleFor(recogniser, recorded.drive, options) : { theta: defaultTheta };
        const file = MapFile.create(options.map, kind, rule, recogniser);
        const { map } = file;
        file.writesWhole = true;
        const learned = (place: number, frame: Uint8Array): void => {
          if (options.thumbnails && kind.sensor !== 'events')
            map.note(place, { label: map.places[place]?.label, thumbnail: thumbnailOf(frame) });
        };
        if ('drive' in recorded) learnDrive(map, recorded.drive, learned);
        else learnPictures(map, recorded.pictures, learned);
        const frames = ('drive' in recorded ? recorded.drive.frames : recorded.pictures).length;
        if (map.places.length < 10 && !ofPictures)
          process.stderr.write(`Only ${map.places.length} places of ${frames} frames: ask for more with --places.\n`);
        const pruned = pruneMap(map, budget ?? Infinity);
        file.save();
        report(options, file, { frames, pruned: pruned.rows });
      });
    });
}

interface AddOptions extends Counting {
  map: string;
  odometry?: string;
  budget?: number;
  json?: true;
}

export function addPlacesCommand(): Command {
  return withCounting(new Command('add'))
    .description('Add another drive, or another map, to a map: known places get rows where they need them')
    .argument('<drive>', `${driveArgument}; or another map`)
    .requiredOption('--map <FILE>', 'map to add to')
    .option('--odometry <FILE>', 'metres driven since the frame before, a number a line')
    .option('--budget <ROWS>', 'keep at most so many rows', wholeNumber)
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond place add winter.500x32x64.u8 --map route.map')
    .action(async (drive: string, options: AddOptions) => {
      await ofMapFile(async () => {
        const file = MapFile.open(options.map, recogniserOf);
        const { map, kind } = file;
        const before = { places: map.places.length, rows: map.owners.length };
        let frames = 0;
        if (kind.sensor === 'unordered') {
          refuseOnPictures({ odometry: options.odometry, budget: options.budget });
          if (isMapFile(drive))
            throw new UsageError(
              `${drive}: a map, and --map is one of pictures. Add the pictures that it was learned from.`,
            );
          frames = await addPictures(map, drive, kind);
        } else if (isMapFile(drive)) mergeMaps(map, mapOfKind(drive, kind));
        else {
          const tracker = new MapTracker(map, false);
          const estimate = nowhere();
          tracker.begin();
          for await (const { frame, metres } of drivenFrames(drive, kind, options)) {
            frames++;
            if (tracker.track(frame, metres, estimate)) tracker.learn(estimate);
          }
          tracker.settle();
          if (tracker.notice !== '') process.stderr.write(`${tracker.notice}\n`);
        }
        const newPlaces = map.places.length - before.places;
        const newRows = map.owners.length - before.rows;
        const pruned = pruneMap(map, options.budget ?? Infinity);
        file.save();
        report(options, file, { frames, newPlaces, newRows, pruned: pruned.rows });
      });
    });
}

/** @throws UsageError where its rows cannot be compared with those of a map of this kind */
function mapOfKind(path: string, wanted: MapKind): PlaceMap {
  const { map, kind } = MapFile.open(path, recogniserOf);
  const [is, needed] = [kindText(kind), kindText(wanted)];
  if (is !== needed)
    throw new UsageError(`${path}: a map of ${is}, but --map is one of ${needed}. Both must be alike.`);
  return map;
}

async function collect(name: string, frames: ReturnType<typeof drivenFrames>): Promise<RecordedDrive> {
  const drive = { frames: [] as Uint8Array[], metres: [] as number[] };
  for await (const { frame, metres } of frames) {
    drive.frames.push(frame);
    drive.metres.push(metres);
  }
  if (drive.frames.length === 0)
    throw new UsageError(`${name}: has no frame. Is it the right one, and as long as a window?`);
  return drive;
}

function report(
  { map: path, json }: { map: string; json?: true },
  { map, kind }: MapFile,
  counts: Record<string, number>,
): void {
  const { places, owners, rule } = map;
  if (json) printJson({ map: path, places: places.length, rows: owners.length, ...rule, ...counts });
  else
    print(
      `${path}: ${places.length} places, ${owners.length} rows, ${ruleText(rule, kind)}`,
      ...Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`  ${labels[name] ?? name} ${count}`])),
    );
}

const labels: Readonly<Record<string, string>> = {
  frames: 'frames',
  newPlaces: 'new places',
  newRows: 'new rows',
  pruned: 'rows pruned',
};

export function kindText({ method, sensor, height, width, size, windowUs }: MapKind): string {
  const window = windowUs === undefined ? '' : `, ${windowUs / 1000} ms each`;
  return `${method}, ${size}, frames of ${height}x${width} (${sensor}${window})`;
}

export function ruleText({ theta, spacing }: PlaceMap['rule'], { sensor }: MapKind): string {
  if (sensor === 'unordered') return 'a place each picture';
  return `a new place ${spacing === undefined ? '' : `every ${spacing} m, without odometry `}where the view has changed by ${theta.toFixed(3)}`;
}
