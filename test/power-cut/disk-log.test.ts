import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../fuzz/random.js';
import { CutDisk, type DiskCall } from './disk-log.js';

let us = 0;
const timed = (): { startUs: number; endUs: number } => ({ startUs: ++us, endUs: ++us });
const created = (path: string): DiskCall => ({ kind: 'created', path, file: path, offset: 0, ...timed() });
const written = (path: string, offset: number, data: number[]): DiskCall => {
  return { kind: 'written', path, file: path, offset, data: Uint8Array.from(data), ...timed() };
};
const synced = (path: string): DiskCall => ({ kind: 'synced', path, file: path, offset: 0, ...timed() });

/** Every state that was seen in many cuts, as texts. */
function states(...calls: DiskCall[]): Set<string> {
  const disk = new CutDisk();
  for (const call of calls) disk.take(call);
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const left = [...disk.afterPowerCut(new Random(seed))].sort(([a], [b]) => (a < b ? -1 : 1));
    seen.add(left.map(([path, bytes]) => `${path}=${[...bytes].join('')}`).join(' '));
  }
  return seen;
}

test('neither name nor contents are sure before their syncs: the folder for the one, the file for the other', () => {
  const start = [created('/d/a'), written('/d/a', 0, [1, 2])];
  assert.deepEqual(states(...start), new Set(['', '/d/a=', '/d/a=12']));
  assert.deepEqual(states(...start, synced('/d/a')), new Set(['', '/d/a=12']));
  assert.deepEqual(states(...start, synced('/d')), new Set(['/d/a=', '/d/a=12']));
  assert.deepEqual(states(...start, synced('/d/a'), synced('/d')), new Set(['/d/a=12']));
  assert.deepEqual(states(...start, synced('/d/a'), synced('/other')), new Set(['', '/d/a=12']));
});

test('what is written after a sync may be there in any part, down to a sector', () => {
  const sure = [created('/d/a'), written('/d/a', 0, new Array<number>(1024).fill(1)), synced('/d/a'), synced('/d')];
  const seen = [...states(...sure, written('/d/a', 500, new Array<number>(24).fill(2)))];

  const heads = seen.map((state) => state.slice(5 + 500, 5 + 524));
  const [none, both] = ['1'.repeat(24), '2'.repeat(24)];
  const [first, second] = ['2'.repeat(12) + '1'.repeat(12), '1'.repeat(12) + '2'.repeat(12)];
  assert.deepEqual(new Set(heads), new Set([none, both, first, second]));
});

test('a rename is there or not, and never half; a sync that began earlier makes nothing sure of what came after its start', () => {
  const start = [created('/d/a'), written('/d/a', 0, [1]), synced('/d/a'), synced('/d')];
  const renamed: DiskCall = { kind: 'renamed', path: '/d/a', to: '/d/b', ...timed() };
  assert.deepEqual(states(...start, renamed), new Set(['/d/a=1', '/d/b=1']));
  assert.deepEqual(states(...start, renamed, synced('/d')), new Set(['/d/b=1']));
  const early: DiskCall = { kind: 'synced', path: '/d/a', file: '/d/a', offset: 0, startUs: us, endUs: us + 9 };
  assert.deepEqual(states(...start, written('/d/a', 0, [2]), early), new Set(['/d/a=1', '/d/a=2']));
});

test('a file that is cut off and unlinked may still be there, as it was', () => {
  const start = [created('/d/a'), written('/d/a', 0, [1, 2]), synced('/d/a'), synced('/d')];
  const cut: DiskCall = { kind: 'truncated', path: '/d/a', file: '/d/a', offset: 1, ...timed() };
  const gone: DiskCall = { kind: 'unlinked', path: '/d/a', ...timed() };
  assert.deepEqual(states(...start, cut, gone), new Set(['', '/d/a=12', '/d/a=1']));
});

test('a folder that is renamed takes all that is in it along, or nothing', () => {
  const start = [created('/d/f/a'), written('/d/f/a', 0, [1]), synced('/d/f/a'), created('/d/f/b'), synced('/d/f')];
  const renamed: DiskCall = { kind: 'renamed', path: '/d/f', to: '/d/g', ...timed() };
  assert.deepEqual(states(...start, renamed), new Set(['/d/f/a=1 /d/f/b=', '/d/g/a=1 /d/g/b=']));
  assert.deepEqual(states(...start, renamed, synced('/d')), new Set(['/d/g/a=1 /d/g/b=']));
});
