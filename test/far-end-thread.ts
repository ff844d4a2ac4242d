import { workerData } from 'node:worker_threads';
import { nativeBytes, poll, read } from '../drivers/serial/libc.js';
import { monotonicUs } from '../runtime/monotonic.js';

/** Waits for bytes of a descriptor and writes each with its time: [count, then time and byte in turn]. */
const { descriptor, log } = workerData as { descriptor: number; log: SharedArrayBuffer };
const entries = new Float64Array(log);
const count = new Int32Array(log, 0, 1);
const request = nativeBytes(8);
const view = new DataView(request.bytes.buffer, request.bytes.byteOffset, 8);
const buffer = nativeBytes(256);
const pollIn = 1;

for (;;) {
  view.setInt32(0, descriptor, true);
  view.setInt16(4, pollIn, true);
  if (poll(request.pointer, 1, 1000) <= 0) continue;
  const length = read(descriptor, buffer.pointer, 256);
  const atUs = monotonicUs();
  for (let place = 0; place < length; place++) {
    const at = Atomics.load(count, 0);
    entries[1 + 2 * at] = atUs;
    entries[2 + 2 * at] = buffer.bytes[place] as number;
    Atomics.store(count, 0, at + 1);
  }
  if (length <= 0) break;
}
