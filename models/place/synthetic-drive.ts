import { RandomBits } from '../../runtime/signal/random.js';
import type { Traverse } from './traverse.js';

/** How the same road looks on another day. */
export const seasons = ['summer', 'winter'] as const;
export type Season = (typeof seasons)[number];

export interface DriveConditions {
  readonly season: Season;
  /** Metres beside the middle of the road, to the right. */
  readonly lateral: number;
  /** Standard deviation of the noise of a pixel, of 255. */
  readonly noise: number;
  /** Of the noise; the road has a seed of its own. */
  readonly seed: number;
}

/**
 * A road that does not exist, seen by a camera that looks forward: houses and trees with patterned faces stand on both
 * sides, further ones are smaller and fade into the sky. Winter covers the ground with snow, gives the faces other
 * patterns in part, turns the sky grey and the sun to the other side. It has no end in either direction.
 */
export class SyntheticRoad {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = new RandomBits(seed, stream).next();
  }

  /** Draws what is seen `metres` along the road, without noise. */
  draw(metres: number, season: Season, lateral: number, width: number, height: number, into: Uint8Array): void {
    const winter = season === 'winter';
    const horizon = height / 2;
    const focal = width * 0.6;
    for (let y = 0; y < height; y++) {
      const below = y + 0.5 - horizon;
      for (let x = 0; x < width; x++) {
        const column = x + 0.5 - width / 2;
        into[y * width + x] =
          below < 0
            ? sky(below / horizon, winter)
            : this.#ground((focal * eyeHeight) / below, (column * eyeHeight) / below + lateral, metres, winter);
      }
    }
    const first = Math.floor(metres / plotMetres);
    for (let plot = first + Math.ceil(sightMetres / plotMetres); plot >= first; plot--) {
      this.#object(2 * plot, metres, winter, lateral, width, height, focal, into);
      this.#object(2 * plot + 1, metres, winter, lateral, width, height, focal, into);
    }
    const tilt = winter ? 0.25 : -0.25;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        into[pixel] = Math.min(255, (into[pixel] as number) * (1 + tilt * (x / width - 0.5)));
      }
  }

  /** Snow hides most of what can be told by the ground. */
  #ground(distance: number, aside: number, metres: number, winter: boolean): number {
    const detail = distance > 25 ? 0.5 : this.#value(1, Math.floor(aside / 1.5), Math.floor((metres + distance) / 2));
    return winter ? 190 + 25 * detail : 70 + 60 * detail;
  }

  /** One house or tree on its plot: even numbers stand on the left. */
  #object(
    number: number,
    metres: number,
    winter: boolean,
    lateral: number,
    width: number,
    height: number,
    focal: number,
    into: Uint8Array,
  ): void {
    const plot = number >> 1;
    const distance = (plot + this.#value(2, number, 0)) * plotMetres - metres;
    if (distance < 1.5 || distance > sightMetres || this.#value(2, number, 1) < 0.2) return;
    const scale = focal / distance;
    const halfWidth = 1 + 3 * this.#value(2, number, 2);
    const tall = 2 + 8 * this.#value(2, number, 3);
    const aside = (number % 2 === 0 ? -1 : 1) * (4 + halfWidth + 10 * this.#value(2, number, 4)) - lateral;
    const left = width / 2 + (aside - halfWidth) * scale;
    const top = height / 2 - (tall - eyeHeight) * scale;
    const acrossPixels = 2 * halfWidth * scale;
    const downPixels = tall * scale;
    const tilesAcross = 2 + Math.floor(4 * this.#value(2, number, 5));
    const tilesDown = 2 + Math.floor(5 * this.#value(2, number, 6));
    const haze = distance / sightMetres;
    const hazy = haze * sky(-0.2, winter);
    for (let y = Math.max(0, Math.ceil(top - 0.5)); y < Math.min(height, top + downPixels - 0.5); y++)
      for (let x = Math.max(0, Math.ceil(left - 0.5)); x < Math.min(width, left + acrossPixels - 0.5); x++) {
        const across = Math.floor(((x + 0.5 - left) / acrossPixels) * tilesAcross);
        const down = Math.floor(((y + 0.5 - top) / downPixels) * tilesDown);
        const summer = this.#value(number, across, down);
        const face = winter ? 0.45 * summer + 0.55 * this.#value(~number, across, down) : summer;
        into[y * width + x] = hazy + (1 - haze) * (20 + 170 * face);
      }
  }

  /** From 0 to 1, the same for the same numbers. */
  #value(a: number, b: number, c: number): number {
    let bits = Math.imul(a ^ this.#seed, 0x9e3779b1);
    bits = Math.imul(bits ^ (bits >>> 15) ^ b, 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13) ^ c, 0xc2b2ae35);
    bits = Math.imul(bits ^ (bits >>> 16), 0x27d4eb2f);
    return ((bits ^ (bits >>> 15)) >>> 0) / 4_294_967_296;
  }
}

/** The frames seen at each of these metres along the road, one after the other. Standing still gives new noise. */
export function syntheticDrive(
  road: SyntheticRoad,
  metres: readonly number[],
  { season = 'summer', lateral = 0, noise = 2, seed = 1 }: Partial<DriveConditions> = {},
  width = 64,
  height = 32,
): Traverse {
  const pixels = new Uint8Array(metres.length * width * height);
  const random = new RandomBits(seed, stream);
  metres.forEach((at, frame) => {
    const drawn = pixels.subarray(frame * width * height, (frame + 1) * width * height);
    road.draw(at, season, lateral, width, height, drawn);
    addNoise(drawn, noise, random);
  });
  return { frames: metres.length, height, width, pixels };
}

/** Nearly normal, as the noise of a sensor. */
export function addNoise(pixels: Uint8Array, deviation: number, random: RandomBits): void {
  if (deviation === 0) return;
  const scale = deviation * Math.sqrt(3 / (65_536 * 65_536 - 1));
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const first = random.next();
    const second = random.next();
    const sum = (first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16) - 131_070;
    pixels[pixel] = Math.min(255, Math.max(0, Math.round((pixels[pixel] as number) + scale * sum)));
  }
}

/** Height above the horizon from -1 (top) to 0. */
function sky(height: number, winter: boolean): number {
  return winter ? 170 + 20 * height : 235 + 45 * height;
}

const stream = 0x70_6c_61_63;
const eyeHeight = 1.5;
/** One object a plot and side. */
const plotMetres = 5;
const sightMetres = 80;
