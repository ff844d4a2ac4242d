import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { attachActuator, hardLimits } from './actuators.js';
import { SharedCondition, alwaysReal } from './condition.js';
import { DeliveryFile, readDeliveryFile } from './delivery-file.js';
import { Firing } from './firing.js';
import { monotonicUs } from '../monotonic.js';
import { requestRealtime } from '../realtime.js';
import { Word, type CommandThreadData, type CommandThreadMessage } from './shared.js';

/**
 * The guardian's command thread: a blocking read of the FIFO around `Firing`, so that no other thread stands between a
 * command and its stimulus. Ends of stimuli and the age of beats are the main thread's.
 */

const data = workerData as CommandThreadData;
const words = new Int32Array(data.words);
const bytes = new Uint8Array(4096);
const tell = (message: CommandThreadMessage): void => parentPort?.postMessage(message);

tell({ realtime: data.realtime ? requestRealtime(60) : 'ordinary: not asked for' });
const past = readDeliveryFile(data.deliveries);
const deliveries = new DeliveryFile(data.deliveries);
const firing = new Firing(
  hardLimits[data.plan.use],
  words,
  new Float64Array(data.times),
  {
    actuator: attachActuator(data.plan, data.handle),
    condition: data.condition ? new SharedCondition(new Int32Array(data.condition)) : alwaysReal,
    append: (line) => deliveries.append(line),
    tell,
  },
  past,
  monotonicUs(),
);
// Blocks until the loop opens its end. Never opened for writing: then the loop's death would give no end of file.
const fifo = openSync(data.fifo, 'r');
while (!firing.stopped) {
  const length = readSync(fifo, bytes, 0, bytes.length, null);
  if (length === 0) firing.end();
  else firing.push(bytes, length, monotonicUs());
  while (firing.dueUs !== Infinity) {
    const leftUs = firing.dueUs - monotonicUs();
    // Wakes early when the main thread raises `hold`.
    if (leftUs > 0) Atomics.wait(words, Word.hold, 0, leftUs / 1000);
    firing.fireDue(monotonicUs());
  }
}
closeSync(fifo);
