import { exp } from '../../runtime/signal/math.js';

/**
 * Levels of sounds. 0 dBFS is the RMS value of a sine whose peaks are at full scale (as AES17 has it), so a tone of
 * −30 dBFS has its peaks at −30 dB of full scale. dB SPL are counted at the ear, through a calibration.
 */
export interface Level {
  readonly unit: 'dBFS' | 'dBSPL';
  readonly value: number;
}

/** Factor of an amplitude. The same bits on every machine. */
export function amplitudeOf(decibels: number): number {
  return exp((decibels * ln10) / 20);
}

/** Of an RMS value; −Infinity for silence. */
export function dbfsOf(rms: number): number {
  return 20 * Math.log10(rms * Math.SQRT2);
}

const ln10 = 2.302585092994046;

/** No configuration goes above: 70 dB SPL at the ear where the output is calibrated, −10 dBFS where it is not. */
export const hardCeilingDbspl = 70;
export const hardCeilingDbfs = -10;
export const defaultCeilingDbspl = 60;
export const defaultCeilingDbfs = -20;
/** What `axond setup sound` and `axond demo --audio` play at most before a person has confirmed a louder level. */
export const cautiousDbfs = -30;
