import { cos, exp, sin } from '../../runtime/signal/math.js';

/** Shapes of events, of unit amplitude, as functions of the time since onset. */

/** Hann envelope, 0 outside [0, 1]. */
export function hann(part: number): number {
  return part <= 0 || part >= 1 ? 0 : 0.5 - 0.5 * cos(2 * Math.PI * part);
}

/** `full` from 0 (Hann) to 1 (half a sine); `lean` from −0.5 to 0.5 moves the summit, later if positive. */
export interface SpindleEnvelope {
  readonly full: number;
  readonly lean: number;
}

function unevenEnvelope(part: number, { full, lean }: SpindleEnvelope): number {
  const warped = part - lean * part * (1 - part);
  return (1 - full) * hann(warped) + full * (warped <= 0 || warped >= 1 ? 0 : sin(Math.PI * warped));
}

/** Spindle of peak-to-peak 1. The frequency falls in line, so that the second half is 0.18 Hz below the first. */
export function spindle(seconds: number, duration: number, frequency: number, envelope?: SpindleEnvelope): number {
  const part = seconds / duration;
  const cycles = duration * (frequency * part + 0.18 * (part - part * part));
  const height = envelope === undefined ? hann(part) : unevenEnvelope(part, envelope);
  return 0.5 * height * sin(2 * Math.PI * (cycles - Math.floor(cycles)));
}

/** Seconds from onset to trough, and the whole length, of the waves below before they are stretched. */
export const waveTrough = 0.8;
export const waveSeconds = 2;

/**
 * Mean raw waveforms around the trough in steps of 0.1 s, in µV, from −0.8 to 1.2 s; the outermost two values at each
 * end bring the published ones (−0.6 to 1.0 s) to zero.
 */
const slowOscillationPoints = [0, 12, 28, 30, 25, 15, -3, -47, -68, -45, -10, 17, 32, 32, 27, 18, 7, -5, -9, -4, 0];
const kComplexPoints = [0, 18, 41, 33, 23, -2, -31, -61, -73, -57, -29, 5, 35, 47, 51, 43, 31, 15, 3, 1, 0];

/** Slow oscillation with a trough of −1 at `waveTrough`; `seconds` before stretching. */
export function slowOscillation(seconds: number): number {
  return interpolate(slowOscillationPoints, seconds) / 68;
}

/** K-complex with a trough of −1 at `waveTrough`. */
export function kComplex(seconds: number): number {
  return interpolate(kComplexPoints, seconds) / 73;
}

/** Quick rise within 0.08 s, slow return. */
export function saccade(seconds: number): number {
  const rise = Math.min(1, seconds / 0.08);
  return rise * rise * (3 - 2 * rise) * exp(-Math.max(0, seconds - 0.08) / 0.4);
}

/** A step that returns with a fifth of `duration` as its time constant. */
export function pop(seconds: number, duration: number): number {
  return exp((-5 * seconds) / duration);
}

/** Slow rise and fall over half a second. */
export function burst(seconds: number, duration: number): number {
  const edge = Math.min(1, seconds / 0.5, (duration - seconds) / 0.5);
  return edge <= 0 ? 0 : edge * edge * (3 - 2 * edge);
}

/** Catmull-Rom through points 0.1 s apart. */
function interpolate(points: readonly number[], seconds: number): number {
  const at = seconds * 10;
  const place = Math.floor(at);
  if (place < 0 || place >= points.length - 1) return 0;
  const u = at - place;
  const p1 = points[place] as number;
  const p2 = points[place + 1] as number;
  const p0 = points[place - 1] ?? p1;
  const p3 = points[place + 2] ?? p2;
  return p1 + 0.5 * u * (p2 - p0 + u * (2 * p0 - 5 * p1 + 4 * p2 - p3 + u * (3 * (p1 - p2) + p3 - p0)));
}
