import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readMapContent } from '../../models/place/map-file.js';
import type { MapKind } from '../../models/place/map-format.js';
import { openMap } from './open-map.js';

test('a map that a run makes is of the size that is asked for; one that there is keeps its own', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-map-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'floor.map');
  const small: MapKind = { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size: 'small' };
  openMap(path, small, { recall: false }).file?.close();
  assert.equal(readMapContent(path).kind.size, 'small');
  const { map, file } = openMap(path, { ...small, size: 'large' }, { recall: false });
  assert.equal(file?.kind.size, 'small');
  const stripes = Uint8Array.from({ length: 32 * 64 }, (_, pixel) => (pixel % 64 < 20 ? 30 : (pixel * 7) % 256));
  for (const frame of [stripes.toReversed(), stripes]) map.recogniser.see(frame);
  map.addPlace();
  const row = map.recogniser.row(0);
  assert.ok(row.some((value) => value !== 0) && row.every((value) => Math.abs(value) <= 1));
});

test('where a run recalls from a part of the view, what has no structure says nothing, on a map that was learned without', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-map-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'floor.map');
  const kind: MapKind = { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size: 'large' };
  openMap(path, kind, { recall: false }).file?.close();
  const covered = Uint8Array.from({ length: 32 * 64 }, (_, pixel) => (pixel % 64 < 32 ? 90 : (pixel * 7) % 256));
  /** Columns of the grid that say something. */
  const saying = (recall: boolean): number[] => {
    const { map, file } = openMap(path, kind, { recall });
    map.recogniser.see(covered);
    map.recogniser.learn();
    file?.close();
    const columns = new Set<number>();
    map.recogniser.row(0).forEach((spike, at) => spike !== 0 && columns.add((at >> 1) % 16));
    return [...columns].sort((a, b) => a - b);
  };
  assert.deepEqual(saying(true), [8, 9, 10, 11, 12, 13, 14, 15]);
  // The mean around a cell reaches two columns across the edge of what covers the rest.
  assert.equal(saying(false)[0], 6);
});
