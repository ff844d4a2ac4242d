import { Command, InvalidArgumentError, Option } from 'commander';
import { once } from 'node:events';
import { SyntheticRoad, addNoise, seasons, type Season } from '../../models/place/synthetic-drive.js';
import { frameOf } from '../../models/place/traverse.js';
import { PackError, readPack } from '../evaluate/place/pack.js';
import { monotonicUs } from '../monotonic.js';
import { RandomBits } from '../signal/random.js';
import { positive, wholeFrom, wholeNumber } from './options.js';
import { UsageError } from './output.js';

interface CameraOptions {
  from?: string;
  size: readonly [number, number];
  rate: number;
  frames?: number;
  speed: number;
  lap?: number;
  season: Season;
  noise: number;
  seed: number;
}

export function emulateCameraCommand(): Command {
  return new Command('camera')
    .description('A camera: raw grey frames on standard output, of a road that does not exist or of a recorded drive')
    .option('--from <FILE>', 'play a recorded drive instead, again and again: NAME.607x32x64.u8, or FILE:32x64')
    .option('--size <WIDTHxHEIGHT>', 'of the frames on the generated road', size, [64, 32] as const)
    .option('--rate <HZ>', 'frames a second', positive, 30)
    .option('--frames <N>', 'end after so many', wholeNumber)
    .option('--speed <M/S>', 'of the generated drive, in metres a second', Number, 10)
    .option('--lap <METRES>', 'begin the road again after so many metres, each time in the other season', positive)
    .addOption(new Option('--season <NAME>', 'how the road looks at first').choices([...seasons]).default('summer'))
    .option('--noise <LEVELS>', 'standard deviation of the noise of a pixel, of 255', Number, 2)
    .option('--seed <N>', 'of road and noise', wholeFrom(0), 1)
    .addHelpText(
      'after',
      '\nExample:  axond emulate camera --size 640x480 --rate 30 | head -c 307200 > frame.640x480.grey',
    )
    .action(emulateCamera);
}

async function emulateCamera(options: CameraOptions): Promise<void> {
  if (process.stdout.isTTY)
    throw new UsageError('Raw frames are not for a terminal. Write them to a file or to a program: … | head -c 2048.');
  const { rate, frames = Infinity } = options;
  const next = options.from === undefined ? generated(options) : recorded(options.from);
  // A reader that has gone, as a camera that nobody looks at.
  process.stdout.on('error', () => process.exit(0));
  const startUs = monotonicUs();
  for (let frame = 0; frame < frames; frame++) {
    const waitUs = startUs + (frame * 1e6) / rate - monotonicUs();
    if (waitUs > 0) await new Promise((resolve) => setTimeout(resolve, waitUs / 1000));
    if (!process.stdout.write(next(frame / rate, frame))) await once(process.stdout, 'drain');
  }
}

/** What the camera sees at a time in seconds, in a frame of its own. */
type View = (seconds: number, frame: number) => Uint8Array;

function generated({ seed, size: [width, height], speed, lap = Infinity, season, noise }: CameraOptions): View {
  if (!Number.isFinite(speed) || !(noise >= 0))
    throw new UsageError('--speed and --noise: they need numbers. Use for example --speed 10 --noise 2.');
  const road = new SyntheticRoad(seed);
  const random = new RandomBits(seed, 1);
  const other = season === 'summer' ? 'winter' : 'summer';
  return (seconds) => {
    const pixels = new Uint8Array(width * height);
    const laps = Math.floor(Math.abs(speed * seconds) / lap);
    const metres = speed * seconds - (laps === 0 ? 0 : Math.sign(speed) * laps * lap);
    road.draw(metres, laps % 2 === 0 ? season : other, 0, width, height, pixels);
    addNoise(pixels, noise, random);
    return pixels;
  };
}

function recorded(path: string): View {
  try {
    const drive = readPack(path);
    return (_, frame) => frameOf(drive, frame % drive.frames);
  } catch (error) {
    throw error instanceof PackError ? new UsageError(error.message) : error;
  }
}

function size(text: string): readonly [number, number] {
  const [, width = '', height = ''] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  if (!(Number(width) > 0 && Number(height) > 0))
    throw new InvalidArgumentError(`"${text}" is no frame size. Write 640x480: width, height.`);
  return [Number(width), Number(height)];
}
