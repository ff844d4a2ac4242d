import { readFileSync } from 'node:fs';
import { sin } from '../../runtime/signal/math.js';
import { Resample } from '../../runtime/signal/resample.js';
import { amplitudeOf, dbfsOf } from './level.js';
import { pinkNoise } from './pink-noise.js';
import { decodeWav } from './wav.js';

/** A sound at a card's rate and at its level, ready to be played: −1 to 1. Mono sounds are on both sides. */
export interface Sound {
  readonly name: string;
  readonly left: Float64Array;
  readonly right: Float64Array;
  /**
   * RMS level: of a pulse or tone between its ramps, of a cue file in its loudest 125 ms (the time constant F of sound
   * level meters) on its louder side.
   */
  readonly rmsDbfs: number;
  /** Largest sample. */
  readonly peak: number;
}

/**
 * Renders `pink-50ms`, `tone-1000Hz-100ms` or a WAV file. Pulses and tones rise and fall by raised cosines of a tenth of
 * their length, 5 ms at most; a cue file is played as it is. Throws a `SoundRefused`.
 */
export function renderSound(name: string, rate: number, levelDbfs: number): Sound {
  const shape = shapeOf(name);
  if (shape.kind === 'file') return scaled(name, readCue(name, rate), levelDbfs, 0.125 * rate);
  const frames = Math.round(shape.seconds * rate);
  const ramp = Math.round(Math.min(longestRampSeconds, shape.seconds / 10) * rate);
  const samples = shape.kind === 'pink' ? pinkNoise(frames, rate, pinkSeed) : tone(shape.hertz, frames, rate);
  if (shape.kind === 'tone' && shape.hertz > 0.45 * rate) {
    throw refusal(name, `is too high for ${rate} Hz`, `Use ${0.45 * rate} Hz or less.`);
  }
  // Before the ramps: then what lies between them has the level exactly.
  const plateau = samples.subarray(ramp, frames - ramp);
  let mean = 0;
  for (const sample of plateau) mean += sample / plateau.length;
  if (shape.kind === 'pink') for (let i = 0; i < frames; i++) samples[i] = (samples[i] as number) - mean;
  const rms = shape.kind === 'tone' ? Math.SQRT1_2 : rmsOf(plateau);
  const gain = (amplitudeOf(levelDbfs) * Math.SQRT1_2) / rms;
  for (let i = 0; i < frames; i++) samples[i] = (samples[i] as number) * gain * rampAt(i, frames, ramp);
  return unclipped({ name, left: samples, right: samples, rmsDbfs: levelDbfs, peak: peakOf(samples) });
}

type Shape =
  | { readonly kind: 'pink'; readonly seconds: number }
  | { readonly kind: 'tone'; readonly seconds: number; readonly hertz: number }
  | { readonly kind: 'file' };

function shapeOf(name: string): Shape {
  if (/\.wav$/i.test(name)) return { kind: 'file' };
  const [, pink] = /^pink-(\d+)ms$/.exec(name) ?? [];
  const [, hertz, tone] = /^tone-(\d+)Hz-(\d+)ms$/.exec(name) ?? [];
  const seconds = Number(pink ?? tone) / 1000;
  const most = pink === undefined ? longestToneSeconds : longestPinkSeconds;
  if (!(seconds >= 0.005 && seconds <= most)) {
    const rule = Number.isNaN(seconds) ? 'is no sound' : `is shorter than 5ms or longer than ${most}s`;
    throw refusal(name, rule, 'Write pink-50ms, pink-15ms, tone-1000Hz-100ms or the path of a .wav file.');
  }
  if (hertz === undefined) return { kind: 'pink', seconds };
  if (Number(hertz) < 20) throw refusal(name, 'is below 20 Hz', 'Nobody hears it: use 20 Hz or more.');
  return { kind: 'tone', seconds, hertz: Number(hertz) };
}

function tone(hertz: number, frames: number, rate: number): Float64Array {
  return Float64Array.from({ length: frames }, (_, frame) => sin((2 * Math.PI * ((hertz * frame) % rate)) / rate));
}

/** Raised cosine, symmetric: neither the first nor the last frame is zero, both are as close to it. */
function rampAt(frame: number, frames: number, ramp: number): number {
  const edge = Math.min(frame, frames - 1 - frame);
  if (edge >= ramp) return 1;
  const half = sin((Math.PI * (edge + 0.5)) / (2 * ramp));
  return half * half;
}

function readCue(path: string, rate: number): readonly Float64Array[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    throw refusal(path, 'cannot be read', 'Correct the path, or put the file there.');
  }
  try {
    const wav = decodeWav(bytes);
    if (wav.rate === rate) return wav.channels;
    return wav.channels.map((channel) => resampled(channel, wav.rate, rate));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [rule = '', ...fix] = error.message.split('. ');
    throw refusal(path, rule, fix.join('. '));
  }
}

function resampled(samples: Float64Array, from: number, to: number): Float64Array {
  const stage = new Resample(to);
  stage.prepare({ rate: from, unit: '' });
  const late = Math.round(stage.delaySamples);
  const wanted = Math.ceil((samples.length * to) / from);
  const input = new Float64Array(samples.length + Math.ceil(((late + 2) * from) / to));
  input.set(samples);
  const output = new Float64Array(Math.ceil((input.length * to) / from) + 1);
  stage.process(input, input.length, output);
  return output.slice(late, late + wanted);
}

function scaled(name: string, channels: readonly Float64Array[], levelDbfs: number, window: number): Sound {
  const rms = Math.max(...channels.map((channel) => loudest(channel, Math.round(window))));
  if (!(rms > 1e-5)) throw refusal(name, 'is silent', 'Use a file that holds a sound.');
  const gain = (amplitudeOf(levelDbfs) * Math.SQRT1_2) / rms;
  const [left = new Float64Array(0), right = left] = channels.map((channel) => channel.map((sample) => sample * gain));
  return unclipped({ name, left, right, rmsDbfs: levelDbfs, peak: Math.max(peakOf(left), peakOf(right)) });
}

function unclipped(sound: Sound): Sound {
  if (sound.peak <= 1) return sound;
  const most = Math.floor(sound.rmsDbfs - 20 * Math.log10(sound.peak));
  throw new SoundRefused(
    'level',
    sound.name,
    'clips at this level: its peaks would be above full scale',
    `Use ${most}dBFS or less.`,
  );
}

/** The largest RMS value of any `window` frames in a row, or of all where there are fewer. */
function loudest(samples: Float64Array, window: number): number {
  const length = Math.min(window, samples.length);
  let sum = 0;
  let most = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += (samples[i] as number) ** 2;
    if (i >= length) sum -= (samples[i - length] as number) ** 2;
    if (i >= length - 1) most = Math.max(most, sum);
  }
  return Math.sqrt(most / length);
}

export function rmsOf(samples: Float64Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

function peakOf(samples: Float64Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

/** As it really is, however it was made: for a last look before it is played. */
export function measuredDbfs({ left, right }: Sound, rate: number): number {
  const window = Math.round(0.125 * rate);
  return dbfsOf(Math.max(loudest(left, window), loudest(right, window)));
}

/** What is wrong with a sound or its level, and what to do. */
export class SoundRefused extends RangeError {
  readonly key: 'sound' | 'level';
  readonly rule: string;
  readonly fix: string;

  constructor(key: 'sound' | 'level', name: string, rule: string, fix: string) {
    super(`${name} ${rule}. ${fix}`);
    this.key = key;
    this.rule = rule;
    this.fix = fix;
  }
}

function refusal(name: string, rule: string, fix: string): SoundRefused {
  return new SoundRefused('sound', name, rule, fix);
}

/** Noise takes time to make. Tones this long are for measuring alone. */
const longestPinkSeconds = 5;
const longestToneSeconds = 60;
const longestRampSeconds = 0.005;
const pinkSeed = 1;
