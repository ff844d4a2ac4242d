import { Random } from '../sleeper/random.js';

/**
 * Noise whose power falls by 3 dB an octave from 20 Hz to half the rate: white noise through the filter with the
 * response (1 − 1/z)^−½, cut off after 50 ms (N. J. Kasdin, Proc. IEEE 83:802, 1995). Its variance is not 1. The same
 * seed gives the same bits on every machine.
 */
export function pinkNoise(frames: number, rate: number, seed: number): Float64Array {
  const taps = new Float64Array(Math.ceil(rate / lowestHz));
  taps[0] = 1;
  for (let k = 1; k < taps.length; k++) taps[k] = ((taps[k - 1] as number) * (k - 0.5)) / k;
  const random = new Random(seed, pinkStream);
  const white = Float64Array.from({ length: frames + taps.length - 1 }, () => random.noise());
  const noise = new Float64Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let k = 0; k < taps.length; k++) sum += (taps[k] as number) * (white[frame + taps.length - 1 - k] as number);
    noise[frame] = sum;
  }
  return noise;
}

const lowestHz = 20;
const pinkStream = 0x70696e6b; // "pink"
