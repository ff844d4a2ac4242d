import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { monotonicUs } from '../../runtime/monotonic.js';
import { requestRealtime } from '../../runtime/realtime.js';
import { AlsaPcm } from './alsa.js';
import type { PumpThreadData } from './output.js';
import { Pump } from './pump.js';
import { Word } from './shared.js';

/** The thread that keeps the card playing. It ends when it is asked to, or when the card has failed for good. */

const data = workerData as PumpThreadData;
const words = new Int32Array(data.words);
const granted = data.realtime ? requestRealtime(60) : 'real-time';
// By the descriptor: this thread never gets round to a stream.
if (granted !== 'real-time') writeSync(2, `sound: ${granted}. A busy machine will underrun.\n`);
const pump = new Pump(new AlsaPcm(data.card), data.sounds, words, new Float64Array(data.values), monotonicUs);
pump.start();
while (pump.failure === 0 && Atomics.load(words, Word.close) === 0) {
  Atomics.wait(words, Word.close, 0, pump.step() / 1000);
}
Atomics.store(words, Word.close, 2);
Atomics.notify(words, Word.close);
