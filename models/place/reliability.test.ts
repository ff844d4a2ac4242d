import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenWeight, Reliability } from './reliability.js';
import type { SpikeLayout } from './spikes.js';

const layout: SpikeLayout = { parts: 1, rows: 4, columns: 8, perCell: 2 };
const line = layout.columns * layout.perCell;
const initial = new Uint8Array(layout.rows).fill(evenWeight);

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function rowsOf(count: number, seed: number): Int8Array[] {
  const draw = random(seed);
  return Array.from({ length: count }, () =>
    Int8Array.from({ length: layout.rows * line }, () => Math.round(8 * draw() - 4)),
  );
}

/** Drives past 40 rows, seen as they are but for lines 2 and 3, which show something else. */
function drive(reliability: Reliability, order: readonly number[], lead = 1): void {
  const map = rowsOf(40, 7);
  const other = rowsOf(40, 8);
  reliability.begin();
  for (const row of order) {
    const view = (map[row] as Int8Array).slice();
    view.set((other[row] as Int8Array).subarray(2 * line), 2 * line);
    const draw = random(row + 1);
    const scores = Float32Array.from({ length: 40 }, (_, at) => 0.1 * draw() + (at === row ? lead : 0));
    reliability.see(row, scores, 40, view, (at) => map[at] as Int8Array);
  }
}

const along = Array.from({ length: 40 }, (_, row) => row);
const [first, last] = [0, 3] as const;

test('lines that agree with the map count more than those that do not, either way along it', () => {
  for (const order of [along, along.toReversed()]) {
    const reliability = new Reliability(layout, initial);
    drive(reliability, order);
    const weights = [...reliability.weights];
    assert.ok(
      (weights[first] as number) > 1.5 * evenWeight && (weights[last] as number) < 0.5 * evenWeight,
      String(weights),
    );
  }
});

test('answers that jump, stand or do not stand out teach nothing', () => {
  const reliability = new Reliability(layout, initial);
  const jumping = along.map((row) => (row * 7) % 40);
  const standing = along.map(() => 5);
  for (const [order, lead] of [
    [jumping, 1],
    [standing, 1],
    [along, 0],
  ] as const) {
    drive(reliability, order, lead);
    assert.deepEqual(reliability.weights, initial);
  }
});

test('what was learned fades, and a new drive starts anew', () => {
  const reliability = new Reliability(layout, initial);
  drive(reliability, along);
  const learned = reliability.weights[first] as number;
  const [view] = rowsOf(1, 9) as [Int8Array];
  for (let frame = 0; frame < 400; frame++) reliability.see(0, new Float32Array(40), 40, view, () => view);
  assert.ok((reliability.weights[first] as number) < evenWeight + (learned - evenWeight) / 2);
  reliability.begin();
  assert.deepEqual(reliability.weights, initial);
});
