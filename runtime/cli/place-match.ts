import { Command } from 'commander';
import { nowhere } from '../../models/place/estimate.js';
import { areComparable } from '../../models/place/map-format.js';
import { MapFile } from '../../models/place/map-file.js';
import { MapSwitch } from '../../models/place/map-switch.js';
import { MapTracker } from '../../models/place/map-tracker.js';
import { withCounting, type Counting } from './event-drive.js';
import { UsageError, print, printJson } from './output.js';
import { matchPictures, refuseOnPictures } from './place-pictures.js';
import { driveArgument, drivenFrames, ofMapFile, recogniserOf } from './place-map.js';

interface Options extends Counting {
  map: string[];
  odometry?: string;
  recall?: true;
  json?: true;
}

export function matchPlacesCommand(): Command {
  return withCounting(new Command('match'))
    .description('Say where a robot was along a drive')
    .argument('<drive>', driveArgument)
    .requiredOption('--map <FILE...>', 'map of the route; several: the robot may go over from one to another')
    .option('--odometry <FILE>', 'metres driven since the frame before, a number a line')
    .option('--recall', 'from a part of the view: what has no structure, such as what covers the lens, says nothing')
    .option('--json', 'one JSON object a frame')
    .addHelpText('after', '\nExample:  axond place match winter.500x32x64.u8 --map route.map --json')
    .action(async (drive: string, { map: paths, recall, json, ...options }: Options) => {
      await ofMapFile(async () => {
        const files = paths.map((path) => MapFile.open(path, (kind) => recogniserOf(kind, recall)));
        const [first] = files;
        if (!first) throw new UsageError('--map: names no file.');
        for (const { kind } of files)
          if (!areComparable(kind, first.kind))
            throw new UsageError('--map: the maps are of cameras of different kinds. Name maps of one.');
        if (first.kind.sensor === 'unordered') {
          refuseOnPictures({ odometry: options.odometry, recall });
          if (files.length > 1)
            throw new UsageError('--map: several, which a robot drives over. Of maps of pictures name one.');
          await matchPictures(first, drive, json === true);
          return;
        }
        if (recall && first.kind.sensor !== 'grey')
          throw new UsageError('--recall: takes the drive of a camera, the map is of another kind. Leave it out.');
        const trackers = files.map(({ map }) => new MapTracker(map, false));
        const several = new MapSwitch(trackers);
        const estimate = nowhere();
        several.begin();
        // Whoever reads the lines may have seen enough.
        process.stdout.once('error', () => process.exit());
        let frame = 0;
        let told = '';
        for await (const driven of drivenFrames(drive, first.kind, options)) {
          if (several.track(driven.frame, driven.metres, estimate)) {
            const { place, score, second, margin, known, ambiguous } = estimate;
            const { map } = files[several.present] ?? first;
            const label = map.places[map.find(place)]?.label ?? null;
            const path = paths[several.present];
            if (json) printJson({ frame, map: path, place, label, score, second, margin, known, ambiguous });
            else {
              const where = known ? `place ${place}${label === null ? '' : ` (${label})`}` : 'unknown';
              const text = paths.length > 1 && known ? `${where} of ${path ?? ''}` : where;
              if (text !== told) print(`frame ${frame}: ${text}${ambiguous ? ', ambiguous' : ''}`);
              told = text;
            }
          }
          frame++;
        }
        const notice = trackers[several.present]?.notice ?? '';
        if (notice !== '') process.stderr.write(`${notice}\n`);
      });
    });
}
