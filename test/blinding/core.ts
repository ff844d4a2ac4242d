import { openSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { CommandWriter } from '../../runtime/guardian/command.js';
import { monotonicUs } from '../../runtime/monotonic.js';

/** A core that beats every 2 ms and asks for stimuli as often as an actuator of the kind `bench` may have them. */

export interface CoreData {
  readonly fifo: string;
  /** When each command was sent, by its number. */
  readonly sentUs: SharedArrayBuffer;
  /** Word 0: 1 fires, 2 ends. Word 1: the next command. */
  readonly words: SharedArrayBuffer;
}

const { fifo: path, sentUs: memory, words: control } = workerData as CoreData;
const sentUs = new Float64Array(memory);
const words = new Int32Array(control);
const writer = new CommandWriter();
const fifo = openSync(path, 'w');
const leastUs = 8e3;
const moreUs = 4e3;
let nextUs = 0;

try {
  for (let cycle = 1; Atomics.load(words, 0) !== 2; cycle++) {
    writer.clear();
    writer.beat(cycle);
    const nowUs = monotonicUs();
    const command = Atomics.load(words, 1);
    if (Atomics.load(words, 0) === 1 && nowUs >= nextUs && command < sentUs.length) {
      nextUs = nowUs + leastUs + Math.random() * moreUs;
      Atomics.store(words, 1, command + 1);
      sentUs[command] = nowUs;
      const what = { fireAtUs: 0, expiresUs: nowUs + 1e6, durationUs: 2000, variant: 0, gainDb: 0, lease: 0 };
      writer.fire({ kind: 'fire', sequence: 0, cycle, command, ...what });
    }
    writeSync(fifo, writer.bytes.subarray(0, writer.length));
    Atomics.wait(words, 0, Atomics.load(words, 0), 2);
  }
} catch {
  // A guardian that has latched closes the channel.
}
