import type { Traverse } from '../../../models/place/traverse.js';
import type { RandomBits } from '../../signal/random.js';

/** Which frames of a file a drive consists of: numbers, in the order in which they are driven. */

/** `from … to)`. */
export function stretch(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, place) => from + place);
}

/** At `pace` times the speed, by the nearest frame: 2 takes every second one, 0.5 each twice. */
export function atPace(frames: readonly number[], pace: number): number[] {
  const count = Math.floor((frames.length - 1) / pace) + 1;
  return Array.from({ length: count }, (_, step) => frames[Math.round(step * pace)]).filter(
    (frame) => frame !== undefined,
  );
}

/** Stands still in the middle: its frame is repeated `frames` times more. */
export function withStop(order: readonly number[], frames: number): number[] {
  const middle = Math.floor(order.length / 2);
  const still = order[middle];
  if (still === undefined) return [...order];
  return [...order.slice(0, middle), ...Array<number>(frames).fill(still), ...order.slice(middle)];
}

/** Stops, and stretches at the usual and at twice the pace, each of 2 to 20 frames, in random order. */
export function withStopsAndStretches(frames: readonly number[], random: RandomBits): number[] {
  const order: number[] = [];
  for (let at = 0; at < frames.length;) {
    const pace = random.below(3);
    for (let left = 2 + random.below(19); left > 0 && at < frames.length; left--, at += pace)
      order.push(frames[at] as number);
  }
  return order;
}

/** A pace that drifts between 0.4 and 2.2 times the usual one, by a standard deviation of 0.15 a frame. */
export function atRandomPace(frames: readonly number[], random: RandomBits): number[] {
  const order: number[] = [];
  let pace = 1;
  for (let at = 0; Math.round(at) < frames.length; at += pace) {
    order.push(frames[Math.round(at)] as number);
    pace = Math.min(2.2, Math.max(0.4, pace + 0.15 * normal(random)));
  }
  return order;
}

/** Forwards for 60 % of the way, back to 20 % of it, and forwards to its end. */
export function thereAndBack(frames: readonly number[]): number[] {
  const turn = Math.round(0.6 * frames.length);
  const again = Math.round(0.2 * frames.length);
  return [...frames.slice(0, turn), ...frames.slice(again, turn - 1).reverse(), ...frames.slice(again + 1)];
}

/** What odometry measures between a frame and the one before, in places: wrong by `scale`, and each step by 5 %. */
export function odometryOf(order: readonly number[], scale: number, random: RandomBits): number[] {
  return order.map((frame, step) => {
    const advance = frame - (order[step - 1] ?? frame);
    return advance * (1 + scale) * (1 + 0.05 * normal(random));
  });
}

/** Each pixel wrong by a standard deviation of `sigma`: no two frames of a camera are the same. */
export function withPixelNoise(drive: Traverse, sigma: number, random: RandomBits): Traverse {
  const pixels = drive.pixels.map((grey) => Math.min(255, Math.max(0, Math.round(grey + sigma * normal(random)))));
  return { ...drive, pixels };
}

/** Mean 0 and variance 1, to six standard deviations. */
function normal(random: RandomBits): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw++) sum += random.uniform();
  return sum;
}
