import { PlaceClock, type PlaceRule } from './place-clock.js';
import type { MapRecogniser, PlaceMap } from './place-map.js';
import { ViewRange } from './view-range.js';

/** A whole drive: its frames, and the metres driven from one to the next, none where nothing tells them. */
export interface RecordedDrive {
  readonly frames: readonly Uint8Array[];
  readonly metres?: readonly number[];
}

/** Every frame's appearance, as the place clock takes it. */
export function appearancesOf(recogniser: MapRecogniser, { frames }: RecordedDrive): Int32Array[] {
  return frames.filter((frame) => recogniser.hasEvidence(frame)).map((frame) => recogniser.look(frame).slice());
}

/** The threshold that fits how far views of this drive differ at all. */
export function fittingTheta(appearances: readonly Int32Array[]): number {
  const range = new ViewRange(appearances[0]?.length ?? 0);
  for (const appearance of appearances) range.see(appearance);
  return range.theta;
}

/** The threshold that makes this many places of the drive, or as near to it as there is one. */
export function thetaFor(appearances: readonly Int32Array[], places: number): number {
  let low = 0.01;
  let high = 4;
  for (let halving = 0; halving < 24; halving++) {
    const theta = Math.sqrt(low * high);
    if (ticksOf(appearances, theta) > places) low = theta;
    else high = theta;
  }
  return high;
}

function ticksOf(appearances: readonly Int32Array[], theta: number): number {
  const clock = new PlaceClock(appearances[0]?.length ?? 0, { theta });
  return appearances.filter((appearance) => clock.tick(appearance, Number.NaN)).length;
}

/**
 * A place at every tick of the map's clock, whatever it looks like: the first drive of a route. `learned` hears of each,
 * with its frame.
 */
export function learnDrive(
  map: PlaceMap,
  drive: RecordedDrive,
  learned: (place: number, frame: Uint8Array) => void = () => undefined,
): void {
  const { recogniser, rule } = map;
  const clock = new PlaceClock(recogniser.cells, rule);
  recogniser.begin();
  let driven = 0;
  drive.frames.forEach((frame, at) => {
    driven += drive.metres?.[at] ?? Number.NaN;
    if (!recogniser.hasEvidence(frame)) return;
    const begins = clock.tick(recogniser.look(frame), driven);
    driven = 0;
    if (begins && recogniser.see(frame, true)) learned(map.addPlace(), frame);
  });
  recogniser.settle();
}

/** `theta` and `places` are what a person asked for: one of them, or neither. */
export function ruleFor(
  recogniser: MapRecogniser,
  drive: RecordedDrive,
  asked: { readonly theta?: number; readonly places?: number; readonly spacing?: number },
): PlaceRule {
  const { theta, places, spacing } = asked;
  const found =
    theta ??
    (places === undefined
      ? fittingTheta(appearancesOf(recogniser, drive))
      : thetaFor(appearancesOf(recogniser, drive), places));
  return spacing === undefined ? { theta: found } : { theta: found, spacing };
}
