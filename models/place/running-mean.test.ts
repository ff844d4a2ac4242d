import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlaceKernels } from './kernels-file.js';
import { placeKernels } from './kernels.js';
import { RunningMean } from './running-mean.js';

const cells = 8;
/** Of magnitude 800, and as much aside in all. */
const frame = (aside: number): Int32Array =>
  Int32Array.from({ length: cells }, (_, cell) => (cell % 2 === 0 ? 100 : -100) + (cell === 3 ? aside : 0));

test('a robot whose view changes by a fifth goes on, one whose view changes by less stands', () => {
  for (const [aside, still] of [
    [0, true],
    [159, true],
    [-159, true],
    [160, false],
    [-160, false],
  ] as const) {
    const mean = new RunningMean(cells, 16);
    mean.remove(frame(0));
    mean.remove(frame(aside));
    assert.equal(mean.still, still, `${aside}`);
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Int32Array(memory.buffer, 1024, cells).set(frame(aside));
    new Int32Array(memory.buffer, 2048, cells).set(frame(0));
    const kernels = placeKernels(readPlaceKernels(), memory);
    assert.equal(kernels.novelty(1024, 2048, cells) === 0, still, `kernel: ${aside}`);
  }
});

test('a robot that has moved does not stand, however little its view changes', () => {
  const mean = new RunningMean(cells, 16);
  mean.remove(frame(0));
  mean.remove(frame(1), true);
  assert.equal(mean.still, false);
});
