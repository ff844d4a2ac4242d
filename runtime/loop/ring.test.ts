import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { SlotRing } from './ring.js';

test('behaves as a bounded queue, whatever the order of writing and reading', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 200 }), (steps) => {
      const ring = SlotRing.create(8, 16);
      const model: number[] = [];
      let next = 0;
      let refused = 0;
      for (const step of steps) {
        for (let i = 0; i < step; i++) {
          if (ring.free() === 0) {
            ring.refuse(1);
            refused++;
            continue;
          }
          ring.doubles[ring.slot(0) * 2] = next;
          ring.publish(1);
          model.push(next++);
        }
        for (let i = 0; i < -step && ring.waiting() > 0; i++) {
          assert.equal(ring.doubles[ring.oldest() * 2], model.shift());
          ring.release(1);
        }
        assert.equal(ring.waiting(), model.length);
      }
      assert.equal(ring.losses, refused);
    }),
  );
});

test('positions survive the wrap of their 32-bit counters', () => {
  const ring = SlotRing.create(4, 8);
  const header = new Int32Array(ring.memory, 0, 16);
  header[2] = header[3] = 2147483646; // written and released, two before the wrap
  for (let value = 0; value < 8; value++) {
    ring.doubles[ring.slot(0)] = value;
    ring.publish(1);
    assert.equal(ring.waiting(), 1);
    assert.equal(ring.doubles[ring.oldest()], value);
    ring.release(1);
  }
});

test('two threads: every slot arrives once, in order, whole', async () => {
  const total = 200_000;
  const ring = SlotRing.create(256, 32);
  const producer = new Worker(
    `const { workerData } = require('node:worker_threads');
     import(workerData.module).then(({ SlotRing }) => {
       const ring = SlotRing.attach(workerData.memory);
       for (let n = 0; n < workerData.total;) {
         if (ring.free() === 0) continue;
         ring.doubles.fill(n, ring.slot(0) * 4, ring.slot(0) * 4 + 4);
         ring.publish(1);
         n++;
       }
     });`,
    { eval: true, workerData: { memory: ring.memory, total, module: new URL('./ring.js', import.meta.url).href } },
  );
  for (let expected = 0; expected < total;) {
    if (ring.waiting() === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    const at = ring.oldest() * 4;
    for (let i = 0; i < 4; i++) assert.equal(ring.doubles[at + i], expected);
    ring.release(1);
    expected++;
  }
  await producer.terminate();
});
