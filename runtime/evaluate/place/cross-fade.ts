import { frameOf, type Traverse } from '../../../models/place/traverse.js';
import { RandomBits } from '../../signal/random.js';

/** A frame of a drive, and where it was taken, in places of the traverse that it was made of. */
export interface FadedFrame {
  /** Reused. */
  readonly pixels: Uint8Array;
  readonly at: number;
}

export interface FadeConditions {
  /** Frames from one place to the next. */
  readonly rate: number;
  /** Frames for which the robot stands still in the middle. */
  readonly still?: number;
  readonly seed: number;
}

/**
 * A traverse of a frame a place, as a camera of this frame rate would have seen it: each place fades into the next. The
 * brightness of each frame is wrong by 2 %, each pixel by a standard deviation of 2.
 */
export function* crossFaded(traverse: Traverse, { rate, still = 0, seed }: FadeConditions): Generator<FadedFrame> {
  const random = new RandomBits(seed, stream);
  const pixels = new Uint8Array(traverse.height * traverse.width);
  const middle = Math.floor(traverse.frames / 2);
  for (let place = 0; place < traverse.frames - 1; place++) {
    const stays = place === middle ? still : 0;
    for (let frame = 0; frame < rate + stays; frame++) {
      const share = Math.max(0, frame - stays) / rate;
      fade(frameOf(traverse, place), frameOf(traverse, place + 1), share, random, pixels);
      yield { pixels, at: place + share };
    }
  }
}

function fade(from: Uint8Array, to: Uint8Array, share: number, random: RandomBits, into: Uint8Array): void {
  const gain = 1 + 0.02 * nearlyNormal(random);
  for (let pixel = 0; pixel < into.length; pixel++) {
    const grey = (1 - share) * (from[pixel] as number) + share * (to[pixel] as number);
    into[pixel] = Math.min(255, Math.max(0, Math.round(gain * grey + 2 * nearlyNormal(random))));
  }
}

/** Mean 0 and variance 1, from the sum of four. */
function nearlyNormal(random: RandomBits): number {
  const sum = random.uniform() + random.uniform() + random.uniform() + random.uniform();
  return (sum - 2) * Math.sqrt(3);
}

const stream = 0x66_61_64_65;
