import type { GreyFrame, MapsTracker, PlaceEstimate } from '../contracts.js';

/**
 * Tells places apart by the mean absolute difference of their pictures: alike means within `alike` grey values. A new
 * place is what is like none, or every metre where odometry comes in.
 */
export class DifferenceTracker implements MapsTracker {
  readonly maps = 1;
  readonly present = 0;
  readonly rows = new Map<number, Uint8Array>();
  begun = 0;
  settled = 0;
  /** As they came, NaN where nothing told them. */
  readonly metres: number[] = [];
  readonly #alike: number;
  #last = new Uint8Array(0);
  #next = 0;
  #driven = 0;

  constructor(alike = 8) {
    this.#alike = alike;
  }

  get places(): number {
    return this.rows.size;
  }
  has(place: number): boolean {
    return this.rows.has(place);
  }
  begin(): void {
    this.begun++;
  }
  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean {
    if (frame.every((value) => value === 0)) return false;
    this.#last = frame.slice();
    this.metres.push(metres);
    if (!Number.isNaN(metres)) this.#driven += metres;
    const ranked = [...this.rows]
      .map(([place, row]) => ({ place, difference: meanDifference(row, frame) }))
      .sort((a, b) => a.difference - b.difference);
    const [best, second] = ranked;
    estimate.place = best?.place ?? -1;
    estimate.score = best ? 1 - best.difference / 255 : 0;
    estimate.second = second ? 1 - second.difference / 255 : 0;
    estimate.margin = estimate.score - estimate.second;
    estimate.known = best !== undefined && best.difference <= this.#alike;
    estimate.ambiguous = second !== undefined && second.difference <= this.#alike;
    return true;
  }
  learn(estimate: PlaceEstimate): number {
    if (estimate.known && this.#driven < 1) return -1;
    this.#driven = 0;
    this.rows.set(this.#next, this.#last);
    estimate.place = this.#next;
    estimate.known = true;
    return this.#next++;
  }
  forget(place: number): void {
    this.rows.delete(place);
  }
  settle(): void {
    this.settled++;
  }
  goTo(): void {
    throw new Error('there is one map');
  }
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < a.length; pixel++) sum += Math.abs((a[pixel] ?? 0) - (b[pixel] ?? 0));
  return sum / a.length;
}

/** A picture of a place: stripes that no other place has, with noise of up to `noise` grey values from a seed. */
export function pictureOf(place: number, noise = 0, seed = 1, width = 64, height = 32): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    const stripe = (((pixel % width) * (place + 1) * 7 + Math.floor(pixel / width) * (place + 3) * 5) % 200) + 20;
    return stripe + Math.round(noise * ((2 * state) / 2147483648 - 1));
  });
}

export function frameOf(pixels: Uint8Array, sequence: number, frameUs: number, width = 64, height = 32): GreyFrame {
  return { width, height, pixels, sequence, frameUs };
}
