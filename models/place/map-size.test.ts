import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keep, packingOf, rowBytes } from './map-size.js';

const spikes = Int8Array.of(-7, -5, -4, -2, -1, 0, 1, 2, 4, 5, 7);

test('a map keeps levels of spikes, and weak ones not at all where it is small', () => {
  const kept = new Int8Array(spikes.length);
  const keptAs = (packing: Parameters<typeof keep>[1]): number[] => {
    keep(spikes, packing, kept);
    return [...kept];
  };
  assert.deepEqual(keptAs('I4'), [...spikes]);
  assert.deepEqual(keptAs('L5'), [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2]);
  assert.deepEqual(keptAs('I2'), [-1, -1, -1, -1, 0, 0, 0, 1, 1, 1, 1]);
});

test('a place takes 260 bytes, 132 on a small map, and those of single pictures at most 520', () => {
  assert.equal(rowBytes(packingOf('grey', 'large'), 512), 260);
  assert.equal(rowBytes(packingOf('grey', 'small'), 512), 132);
  assert.equal(rowBytes(packingOf('unordered', 'large'), 1536), 516);
  assert.equal(rowBytes(packingOf('unordered', 'small'), 1536), 388);
});
