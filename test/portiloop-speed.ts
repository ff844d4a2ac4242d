// npm run portiloop: time of Portiloop's network on real sleep, one column a sample, beside whole windows in the same
// rounds; every code must be the recorded one.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { importTflite } from '../models/import/tflite/import-tflite.js';
import { createInt8 } from '../models/int8/int8-model.js';
import { createPortiloop } from '../models/int8/portiloop.js';
import { median } from '../runtime/bench/quantiles.js';
import { sharedData } from './shared-data.js';

const folder = sharedData('portiloop');
if (folder === undefined) {
  process.stderr.write("Portiloop's network is not here: its licence does not let it into the package.\n");
  process.exit(1);
}
const rows = (name: string): number[][] =>
  gunzipSync(readFileSync(`${folder}/${name}`))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
const network = importTflite(readFileSync(`${folder}/portiloop_model_quant.tflite`));
const samples = rows('dreams5_samples_120s.csv.gz');
const windows = rows('dreams5_windows_120s.csv.gz');
const standardised = Float64Array.from(samples, (row) => row[4] ?? NaN);
const codes = Int8Array.from(samples, (row) => row[5] ?? 0);

const interleaved = createPortiloop(network, 'wrap');
const whole = createInt8(network);

/** Microseconds a sample, and codes that differ from the recorded ones. */
function streamed(): { us: number; wrong: number } {
  interleaved.reset();
  let window = 0;
  let wrong = 0;
  const start = performance.now();
  for (let at = 0; at < standardised.length; at++)
    if (interleaved.push(standardised, at) && interleaved.code !== windows[window++]?.[2]) wrong++;
  return { us: ((performance.now() - start) * 1000) / standardised.length, wrong: wrong + windows.length - window };
}

function windowed(): { us: number; wrong: number } {
  const states = Array.from({ length: 8 }, () => new Int8Array(7));
  const y = new Int8Array(1);
  let wrong = 0;
  const start = performance.now();
  for (const [last = 0, copy = 0, code] of windows) {
    const state = states[copy] ?? y;
    whole.step([state, codes.subarray(last - 53, last + 1)], [state, y]);
    if (y[0] !== code) wrong++;
  }
  return { us: ((performance.now() - start) * 1000) / samples.length, wrong };
}

streamed();
const rounds = Array.from({ length: 5 }, () => ({ streamed: streamed(), windowed: windowed() }));
const us = { streamed: rounds.map((round) => round.streamed.us), windowed: rounds.map((round) => round.windowed.us) };
const wrong = rounds.reduce((sum, round) => sum + round.streamed.wrong + round.windowed.wrong, 0);
process.stdout.write(
  `${JSON.stringify({
    windows: windows.length,
    wrong,
    usPerSample: median(us.streamed),
    rounds: us.streamed,
    windowedUsPerSample: median(us.windowed),
  })}\n`,
);
if (wrong > 0) process.exitCode = 1;
