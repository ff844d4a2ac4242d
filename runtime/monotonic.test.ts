import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { monotonicUs } from './monotonic.js';

const hrtimeUs = (): number => Number(process.hrtime.bigint()) / 1000;

test('agrees with hrtime, in this thread and in a new one', async () => {
  const differences: number[] = [];
  const off = (): number => {
    let least = Infinity;
    // An interruption between two readings makes a difference larger, never smaller.
    for (let trial = 0; trial < 20; trial++) least = Math.min(least, Math.abs(monotonicUs() - hrtimeUs()));
    return least;
  };
  differences.push(off());
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     import(${JSON.stringify(new URL('./monotonic.js', import.meta.url).href)}).then(({ monotonicUs }) => {
       let least = Infinity;
       for (let trial = 0; trial < 20; trial++) {
         least = Math.min(least, Math.abs(monotonicUs() - Number(process.hrtime.bigint()) / 1000));
       }
       parentPort.postMessage(least);
     });`,
    { eval: true },
  );
  differences.push(await new Promise<number>((resolve) => worker.once('message', resolve)));
  await worker.terminate();
  for (const difference of differences) assert.ok(difference < 50, `${difference} us apart`);
});
