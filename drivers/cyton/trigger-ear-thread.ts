import { readSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { monotonicUs } from '../../runtime/monotonic.js';
import { nativeBytes, poll } from '../serial/libc.js';
import { ringLength, type EarData } from './trigger-ear.js';

/** Stamps each byte of a trigger but 0, which ends a stimulus, as soon as it is there. */

const { descriptor, words: sharedWords, times: sharedTimes } = workerData as EarData;
const words = new Int32Array(sharedWords);
const times = new Float64Array(sharedTimes);
const polled = nativeBytes(8);
const view = new DataView(polled.bytes.buffer, polled.bytes.byteOffset, 8);
view.setInt32(0, descriptor, true);
view.setInt16(4, 1, true); // POLLIN
const bytes = new Uint8Array(64);

while (Atomics.load(words, 0) === 0) {
  if (poll(polled.pointer, 1, 50) <= 0) continue;
  const us = monotonicUs();
  let length = 0;
  try {
    length = readSync(descriptor, bytes);
  } catch {
    continue; // nothing after all
  }
  for (let place = 0; place < length; place++) {
    if (bytes[place] === 0) continue;
    times[Atomics.load(words, 1) % ringLength] = us;
    Atomics.add(words, 1, 1);
  }
}
