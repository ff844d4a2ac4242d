import { Random } from '../engine/random-draft.test.fixture.js';
import type { MapRecogniser } from './place-map.js';

/** Keeps frames of eight numbers from −7 to 7 as they are; alike is what has a large product. */
export class ProductRecogniser implements MapRecogniser {
  readonly cells = 8;
  readonly kept: { spikes: Int8Array; threshold: number }[] = [];
  settled = 0;
  #seen = new Int8Array(this.cells);

  get places(): number {
    return this.kept.length;
  }
  begin(): void {
    this.#seen.fill(0);
  }
  hasEvidence(): boolean {
    return true;
  }
  look(frame: Uint8Array): Int32Array {
    return Int32Array.from(new Int8Array(frame));
  }
  see(frame: Uint8Array): boolean {
    this.#seen = new Int8Array(frame);
    return this.#seen.some((value) => value !== 0);
  }
  score(scores: Float32Array): void {
    this.scoreRow(this.#seen, scores);
  }
  scoreRow(spikes: Int8Array, scores: Float32Array): void {
    this.kept.forEach((row, at) => {
      scores[at] = row.spikes.reduce((sum, value, cell) => sum + value * (spikes[cell] ?? 0), -row.threshold);
    });
  }
  learn(): number {
    return this.kept.push({ spikes: this.#seen.slice(), threshold: 0 }) - 1;
  }
  row(row: number): Int8Array {
    return this.kept[row]?.spikes ?? new Int8Array(0);
  }
  threshold(row: number): number {
    return this.kept[row]?.threshold ?? Number.NaN;
  }
  restore(spikes: Int8Array, threshold: number): void {
    this.kept.push({ spikes: spikes.slice(), threshold });
  }
  retain(rows: readonly number[]): void {
    const kept = rows.map((row) => this.kept[row]).filter((row) => row !== undefined);
    this.kept.splice(0, this.kept.length, ...kept);
  }
  settle(): void {
    this.settled++;
    this.kept.forEach((row, at) => {
      row.threshold = (at + 1) / 4;
    });
  }
}

/** What a frame of the number `place` looks like. */
export function frameAt(place: number): Uint8Array {
  const random = new Random(place + 1);
  return new Uint8Array(Int8Array.from({ length: 8 }, () => random.whole(-7, 7)).buffer);
}
