import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { dbsplAtFullScale, decodeCalibration, type Calibration } from '../../drivers/audio/calibration.js';
import { HearingTest, suggestedLevel } from '../../drivers/audio/hearing.js';
import { amplitudeOf, cautiousDbfs, defaultCeilingDbfs, defaultCeilingDbspl } from '../../drivers/audio/level.js';
import { LevelMeter } from '../../drivers/audio/level-meter.js';
import { readCardState } from '../../drivers/audio/mixer.js';
import { AudioOutput, openOutput } from '../../drivers/audio/output.js';
import { renderSound, type Sound } from '../../drivers/audio/sound.js';
import { parseQuantity } from '../config/units.js';
import { refuseInTheNight } from './lights-off.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { Terminal } from './terminal.js';

interface Options {
  card: string;
  rate: string;
  out: string;
  levels: string;
  hearing?: true;
  sound: string;
  ear: string;
  calibration?: string;
  json?: true;
}

export function setupSoundCommand(): Command {
  return new Command('sound')
    .description('Calibrate a headphone by a sound level meter, or find a hearing threshold on it')
    .option('--card <NAME>', 'sound card, as in the configuration', 'hw:0')
    .option('--rate <RATE>', 'frames a second, as in the configuration', '48kHz')
    .option('--out <FILE>', 'where to write the calibration', 'headphones.json')
    .option('--levels <QUIET,LOUD>', 'the two levels of the tone', '-50dBFS,-30dBFS')
    .option('--hearing', 'find the threshold of the person who wears the headphone instead')
    .option('--sound <NAME>', 'for --hearing: the sound of the study', 'pink-50ms')
    .option('--ear <EAR>', 'for --hearing: left, right or both', 'both')
    .option('--calibration <FILE>', 'for --hearing: to have the result in dB SPL too')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExamples:  axond setup sound --card hw:1 --out headphones.json\n           axond setup sound --card hw:1 --hearing --calibration headphones.json',
    )
    .action(async (options: Options) => {
      await refuseInTheNight('setup sound');
      await (options.hearing ? findThreshold(options) : calibrate(options));
    });
}

async function calibrate(options: Options): Promise<void> {
  const [quiet, loud, ...more] = options.levels.split(',').map((text) => quantity('--levels', text, 'level'));
  if (quiet === undefined || loud === undefined || more.length > 0) {
    throw new UsageError('--levels: takes two levels, for example --levels -50dBFS,-30dBFS.');
  }
  const meter = usage(() => new LevelMeter([quiet, loud]));
  const rate = quantity('--rate', options.rate, 'frequency');
  const { driver, mixer } = usage(() => readCardState(options.card));
  const output = open(options.card, rate, [usage(() => renderSound(`tone-1000Hz-${toneMs}ms`, rate, loud))]);
  const person = new Terminal();
  try {
    person.say(
      'Put the meter where the ear will be (coupler or mannequin), dB(A), slow. Nobody wears the headphone now.',
      mixer === null
        ? 'This card has no mixer: whatever sets its volume must stay as it is.'
        : 'Set the mixer as it will be.',
    );
    for (let step = meter.step; step.kind === 'play' || step.kind === 'confirm'; step = meter.step) {
      if (step.kind === 'confirm') {
        const about = Number.isNaN(step.expectedDbspl) ? '' : `, which will be about ${step.expectedDbspl} dB SPL`;
        meter.confirm(await person.agrees(`The next tone has ${step.dBFS} dBFS${about}. Play it? (y/n) `));
        continue;
      }
      output.play(0, amplitudeOf(step.dBFS - loud), patienceMs);
      const reading = await person.ask(
        `1 kHz at ${step.dBFS} dBFS sounds for ${toneMs / 1000} s. dB SPL on the meter: `,
      );
      output.stop();
      meter.read(Number(reading.replace(',', '.').replace(/\s*dB.*$/i, '') || NaN));
    }
  } finally {
    output.close();
    person.close();
  }
  const { step } = meter;
  if (step.kind !== 'done') throw new Failure(step.kind === 'failed' ? step.reason : 'No calibration was made.');
  const calibration: Calibration = {
    card: options.card,
    driver,
    rate,
    mixer: mixer === null ? null : [...mixer],
    date: new Date().toISOString(),
    measured: [...step.measured],
  };
  writeFileSync(options.out, `${JSON.stringify(calibration, null, 2)}\n`);
  const full = dbsplAtFullScale(calibration);
  if (options.json) {
    printJson({ file: options.out, dbsplAtFullScale: full, ...calibration });
    return;
  }
  print(
    `${options.out}: 0 dBFS is ${full.toFixed(1)} dB SPL at the ear; ${defaultCeilingDbspl} dB SPL is ${(defaultCeilingDbspl - full).toFixed(1)} dBFS.`,
    `Write it into the configuration: actuators: { headphones: { use: audio, card: "${options.card}", calibration: ${options.out} } }`,
  );
}

async function findThreshold(options: Options): Promise<void> {
  const rate = quantity('--rate', options.rate, 'frequency');
  const calibration = options.calibration === undefined ? undefined : readCalibration(options.calibration, options);
  const sound = usage(() => oneEar(renderSound(options.sound, rate, cautiousDbfs), options.ear));
  const hearing = new HearingTest(Math.random);
  const output = open(options.card, rate, [sound]);
  const person = new Terminal();
  try {
    person.say(
      `${options.sound}, ${options.ear === 'both' ? 'both ears' : `${options.ear} ear`}. After each question: y and Enter if there was a sound, n and Enter if not. Sometimes there is none.`,
    );
    for (let step = hearing.step; step.kind === 'play'; step = hearing.step) {
      await pause(500 + 500 * Math.random());
      output.play(0, step.dBFS === -Infinity ? 0 : amplitudeOf(step.dBFS - cautiousDbfs), patienceMs);
      hearing.answer(await person.agrees('Was there a sound? (y/n) '));
    }
  } finally {
    output.close();
    person.close();
  }
  const { step } = hearing;
  if (step.kind !== 'done') throw new Failure(step.kind === 'failed' ? step.reason : 'No threshold was found.');
  const full = calibration && dbsplAtFullScale(calibration);
  const ceiling = full === undefined ? defaultCeilingDbfs : Math.min(0, defaultCeilingDbspl - full);
  const suggested = suggestedLevel(step.thresholdDbfs, ceiling);
  const atEar = (dBFS: number): number | undefined => (full === undefined ? undefined : round(dBFS + full));
  const result = {
    sound: options.sound,
    ear: options.ear,
    thresholdDbfs: step.thresholdDbfs,
    thresholdDbspl: atEar(step.thresholdDbfs),
    suggestedDbfs: round(suggested),
    suggestedDbspl: atEar(suggested),
  };
  if (options.json) {
    printJson(result);
    return;
  }
  const spl = (value: number | undefined): string => (value === undefined ? '' : ` (${value} dB SPL)`);
  print(
    `threshold   ${result.thresholdDbfs} dBFS${spl(result.thresholdDbspl)}`,
    `start with  level: ${full === undefined ? `${result.suggestedDbfs}dBFS` : `${result.suggestedDbspl ?? ''}dBSPL`}, 10 to 20 dB above the threshold and below the ceiling`,
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

export function oneEar(sound: Sound, ear: string): Sound {
  const silent = new Float64Array(sound.left.length);
  if (ear === 'both') return sound;
  if (ear === 'left') return { ...sound, right: silent };
  if (ear === 'right') return { ...sound, left: silent };
  throw new RangeError(`--ear: ${ear} is none. Use left, right or both.`);
}

function readCalibration(file: string, { card, rate }: Options): Calibration {
  const calibration = usage(() => {
    try {
      return decodeCalibration(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new Error(`--calibration: ${file} ${error instanceof RangeError ? error.message : 'cannot be read.'}`);
    }
  });
  if (calibration.card === card && calibration.rate === quantity('--rate', rate, 'frequency')) return calibration;
  throw new UsageError(`--calibration: ${file} was measured on ${calibration.card} at ${calibration.rate} Hz.`);
}

/** What cannot be had before anything starts is wrong usage: one line, exit 2. */
function usage<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function open(card: string, rate: number, sounds: readonly Sound[]): AudioOutput {
  return usage(() => {
    const output = new AudioOutput(openOutput({ card, rate, periodFrames: 128 }, sounds, true));
    if (output.awaitRunning(patienceMs)) return output;
    output.close();
    throw new Error(`${card}: ${output.fault() || 'does not begin to play'}.`);
  });
}

function quantity(option: string, text: string, dimension: 'level' | 'frequency'): number {
  const value = parseQuantity(text, dimension);
  if (typeof value !== 'number') throw new UsageError(`${option}: ${text} ${value.rule}. ${value.fix}`);
  if (/dBSPL/.test(text)) throw new UsageError(`${option}: ${text} is what is to be measured. Write dBFS.`);
  return value;
}

/** Time enough to read a meter. */
const toneMs = 30_000;
const patienceMs = 2000;
