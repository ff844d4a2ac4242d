import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeSpikes } from './protocol.js';
import { InputWindow, noAddress } from './window.js';

test('one spike a tick: the lower input first, the others in the next ticks', () => {
  const window = new InputWindow(5, 3);
  window.schedule([1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  assert.deepEqual([...window.addresses], [2, 4, 3, -1, 2]);
  assert.deepEqual(window.counts, { late: 2, lost: 2 });
  window.schedule(new Uint8Array(15));
  assert.deepEqual(window.counts, { late: 0, lost: 0 });
});

test('a run begins in its first tick, goes one tick beyond its last, and bridges long silences', () => {
  const window = new InputWindow(600, 1);
  const spikes = new Uint8Array(600);
  spikes[300] = 1;
  window.schedule(spikes);
  const length = window.encode();
  const wanted = encodeSpikes([
    { wait: 0, address: noAddress },
    { wait: 255, address: noAddress },
    { wait: 43, address: 2 },
    { wait: 255, address: noAddress },
    { wait: 43, address: noAddress },
  ]);
  assert.deepEqual(window.bytes.subarray(0, length), wanted);
});

test('the fullest run fits the memory of the chip; a longer one is refused', () => {
  const window = new InputWindow(1000, 1);
  window.schedule(new Uint8Array(1000).fill(1));
  assert.equal(window.encode(), 1 + 3 * 1001 + 3);
  for (const ticks of [0, 1001, 2.5]) assert.throws(() => new InputWindow(ticks, 1), /whole runs of 1 to 1000/);
  assert.throws(() => window.schedule([1]), /^ModelError: 1 values for a run of 1000 ticks of 1 inputs\. Give 1000/);
});
