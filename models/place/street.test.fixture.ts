import type { Traverse } from './traverse.js';

/** From 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface StreetOptions {
  readonly frames: number;
  readonly height?: number;
  readonly width?: number;
  /** What stands along the street. */
  readonly seed: number;
  /** Of the noise, in grey levels; and of another drive along the same street. */
  readonly noise?: number;
  readonly noiseSeed?: number;
  /** Multiplies the light. */
  readonly gain?: number;
  /** Pixels to the side from which the street is seen. */
  readonly aside?: number;
}

/** A drive along a street of a sky, a road and houses, in which every frame is a place of its own. */
export function street(options: StreetOptions): Traverse {
  const { frames, height = 32, width = 64, seed, noise = 0, noiseSeed = 1, gain = 1, aside = 0 } = options;
  const pixels = new Uint8Array(frames * height * width);
  const noiseOf = randomOf(noiseSeed);
  for (let frame = 0; frame < frames; frame++) {
    const random = randomOf(seed * 7919 + frame * 104729);
    for (let warm = 0; warm < 4; warm++) random();
    const houses = Array.from({ length: 12 }, () => ({
      x: random() * width * 1.5 - width / 4,
      y: height * (0.25 + 0.5 * random()),
      half: 2 + random() * width * 0.08,
      tall: 2 + random() * height * 0.25,
      grey: 20 + random() * 180,
    }));
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let grey = y < height / 2 ? 190 - y : 90 + y;
        for (const house of houses)
          if (Math.abs(x + aside - house.x) < house.half && Math.abs(y - house.y) < house.tall) grey = house.grey;
        const seen = gain * grey + noise * (noiseOf() + noiseOf() - 1);
        pixels[(frame * height + y) * width + x] = Math.max(0, Math.min(255, Math.round(seen)));
      }
  }
  return { frames, height, width, pixels };
}
