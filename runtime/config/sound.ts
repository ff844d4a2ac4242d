import { readFileSync } from 'node:fs';
import { audioLimits, type AudioPlan } from '../../drivers/audio/actuator.js';
import { dbsplAtFullScale, decodeCalibration, type Calibration } from '../../drivers/audio/calibration.js';
import {
  defaultCeilingDbfs,
  defaultCeilingDbspl,
  hardCeilingDbfs,
  hardCeilingDbspl,
} from '../../drivers/audio/level.js';
import type { Level } from '../../drivers/audio/level.js';
import { SoundRefused, renderSound } from '../../drivers/audio/sound.js';
import type { Path } from './tree.js';

/** `actuators.NAME` with `use: audio`: a card, still without sounds. */
export interface AudioCard extends Pick<AudioPlan, 'use' | 'card' | 'rate' | 'periodFrames'> {
  readonly ceiling?: Level;
  /** Path of its file. */
  readonly calibration?: string;
}

export interface SoundStimulus {
  readonly actuator: string;
  readonly durationUs?: number;
  readonly sound?: string;
  readonly sounds?: readonly string[];
  readonly level?: Level;
}

export interface Sounds {
  readonly plan: AudioPlan;
  /** One a sound. */
  readonly durationsUs: readonly number[];
}

type Report = (path: Path, rule: string, fix: string) => void;

/** Sounds at their level on a card; undefined where `report` was told of a fault. Reads calibration and cue files. */
export function compileSounds(card: AudioCard, stimulus: SoundStimulus, report: Report): Sounds | undefined {
  let faults = 0;
  const fault: Report = (path, rule, fix) => {
    faults++;
    report(path, rule, fix);
  };
  const place = ['actuators', stimulus.actuator];
  const calibration = readCalibration(card, place, fault);
  if (faults > 0) return undefined;
  const scale = new Scale(calibration);
  const ceiling = card.ceiling ?? scale.usual;
  checkLevel(ceiling, scale.hard, 'hard limit of audio', [...place, 'ceiling'], scale, fault);
  if (stimulus.durationUs !== undefined) {
    fault(['stimulus', 'duration'], 'is given, and a sound is as long as it is', 'Take it out.');
  }
  if (stimulus.level === undefined) fault(['stimulus', 'level'], 'is missing', 'Write for example level: -30dBFS.');
  else if (faults === 0) {
    checkLevel(stimulus.level, ceiling, `ceiling of ${stimulus.actuator}`, ['stimulus', 'level'], scale, fault);
  }
  const sounds = stimulus.sounds ?? (stimulus.sound === undefined ? [] : [stimulus.sound]);
  if (stimulus.sounds && stimulus.sound !== undefined) {
    fault(['stimulus', 'sound'], 'is given beside sounds', 'Take one of both out.');
  } else if (sounds.length === 0) {
    fault(['stimulus', 'sound'], 'is missing', 'Write for example sound: pink-50ms.');
  }
  const levelDbfs = stimulus.level && faults === 0 ? scale.dbfs(stimulus.level) : undefined;
  const durationsUs = sounds.map((name, at) => {
    const path = stimulus.sounds ? ['stimulus', 'sounds', at] : ['stimulus', 'sound'];
    return durationOf(name, card.rate, levelDbfs ?? quiet, path, fault);
  });
  if (faults > 0 || levelDbfs === undefined) return undefined;
  const { use, card: alsaName, rate, periodFrames } = card;
  const ceilingDbfs = scale.dbfs(ceiling);
  const plan = { use, card: alsaName, rate, periodFrames, sounds: [...sounds], levelDbfs, ceilingDbfs };
  return { plan: calibration ? { ...plan, calibration } : plan, durationsUs };
}

/** Levels in both units, as far as the output is calibrated. */
class Scale {
  readonly usual: Level;
  readonly hard: Level;
  readonly #fullScaleDbspl: number | undefined;

  constructor(calibration: Calibration | undefined) {
    this.#fullScaleDbspl = calibration && dbsplAtFullScale(calibration);
    this.usual = calibration
      ? { unit: 'dBSPL', value: Math.min(defaultCeilingDbspl, dbsplAtFullScale(calibration)) }
      : { unit: 'dBFS', value: defaultCeilingDbfs };
    this.hard = calibration ? { unit: 'dBSPL', value: hardCeilingDbspl } : { unit: 'dBFS', value: hardCeilingDbfs };
  }

  /** NaN where a level at the ear is not known. */
  dbfs({ unit, value }: Level): number {
    if (unit === 'dBFS') return value;
    return this.#fullScaleDbspl === undefined ? NaN : value - this.#fullScaleDbspl;
  }
}

function checkLevel(level: Level, most: Level, whose: string, path: Path, scale: Scale, fault: Report): void {
  const dbfs = scale.dbfs(level);
  if (Number.isNaN(dbfs)) {
    const fix = 'Run axond setup sound and name its file as calibration, or write the level in dBFS.';
    fault(path, 'is a level at the ear, and the actuator is not calibrated', fix);
  } else if (dbfs > scale.dbfs(most)) {
    fault(path, `is above ${textOf(most)} (${whose})`, `Use ${textOf(most)} or less.`);
  } else if (dbfs > 0) {
    fault(path, 'is above what the card can play', `Use ${Math.floor(level.value - dbfs)}${level.unit} or less.`);
  } else if (dbfs < faintestDbfs) {
    fault(path, `is below ${faintestDbfs} dBFS, which nothing plays`, 'Use a louder level.');
  }
}

function readCalibration(
  { calibration: file, card, rate }: AudioCard,
  place: Path,
  fault: Report,
): Calibration | undefined {
  if (file === undefined) return undefined;
  const path = [...place, 'calibration'];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    fault(path, 'cannot be read', 'Correct the path, or make the file with axond setup sound.');
    return undefined;
  }
  try {
    const calibration = decodeCalibration(text);
    const again = 'Run axond setup sound for this card.';
    if (calibration.card !== card) fault(path, `was measured on the card ${calibration.card}, not ${card}`, again);
    if (calibration.rate !== rate) fault(path, `was measured at ${calibration.rate} Hz, not ${rate} Hz`, again);
    return calibration;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [rule = '', ...fix] = error.message.split('. ');
    fault(path, rule, fix.join('. '));
    return undefined;
  }
}

function durationOf(name: string, rate: number, levelDbfs: number, path: Path, fault: Report): number {
  let durationUs: number;
  try {
    durationUs = Math.round((renderSound(name, rate, levelDbfs).left.length * 1e6) / rate);
  } catch (error) {
    if (!(error instanceof SoundRefused)) throw error;
    fault(error.key === 'level' ? ['stimulus', 'level'] : path, error.rule, error.fix);
    return 0;
  }
  if (durationUs > audioLimits.durationUs) {
    const most = audioLimits.durationUs / 1e6;
    fault(
      path,
      `lasts ${durationUs / 1e6}s, and no sound may be longer than ${most}s (hard limit of audio)`,
      'Shorten it.',
    );
  }
  return durationUs;
}

const textOf = ({ unit, value }: Level): string => `${Math.floor(value * 10) / 10}${unit}`;
const faintestDbfs = -120;
/** For the length of a sound whose level is in doubt. */
const quiet = -60;
