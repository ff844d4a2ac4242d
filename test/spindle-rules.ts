// npm run spindle-rules: the detectors that labs know, on the DREAMS excerpts: the Portiloop's network as it is and mended,
// the three-feature rule, A7 online and offline. All figures of the references must come out again. Takes minutes.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openSignalFile } from '../drivers/file/signal-file.js';
import type { Network } from '../models/format/graph.js';
import { importTflite } from '../models/import/tflite/import-tflite.js';
import { createPortiloop } from '../models/int8/portiloop.js';
import { DetectionPhase, type Detector } from '../runtime/contracts.js';
import { A7Detector } from '../runtime/detect/a7/a7.js';
import { createDetectionList } from '../runtime/detect/detection-list.js';
import { PortiloopDetector, type SampledNetwork } from '../runtime/detect/portiloop.js';
import { ThreeFeatureDetector } from '../runtime/detect/three-feature.js';
import { a7Features, a7Spindles } from '../runtime/evaluate/a7.js';
import { compare, totalScore, type DetectedEvent } from '../runtime/evaluate/comparison.js';
import { excerptSeconds, expert1Seconds, readDreams } from '../runtime/evaluate/dreams.js';
import { unionOf } from '../runtime/evaluate/events.js';
import { scoreStimuli } from '../runtime/evaluate/stimuli.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { createStage } from '../runtime/signal/stage-plan.js';
import { resamplePoly } from './resample-poly.js';
import { sharedData } from './shared-data.js';

const [folder, dreams] = [sharedData('portiloop'), sharedData('eeg', 'dreams_spindles')];
if (folder === undefined || dreams === undefined) {
  process.stderr.write("The DREAMS excerpts and Portiloop's network are not here: their licences keep them out.\n");
  process.exit(1);
}
const network = importTflite(readFileSync(`${folder}/portiloop_model_quant.tflite`));
const excerpts = readDreams(dreams).map((excerpt) => {
  const microvolts = readAll(excerpt.signalPath);
  return {
    ...excerpt,
    labels: unionOf(excerpt.expert1 ?? [], excerpt.expert2 ?? []),
    microvolts,
    // As the vectors of the Portiloop were made: four decimals.
    at250: resamplePoly(microvolts, 5, 4).map((value) => Math.round(value * 1e4) / 1e4),
  };
});
const faults: string[] = [];

// ── The Portiloop ───────────────────────────────────────────────────────────────────────────────────────────────────

const wrapped = excerpts.map(({ at250 }) => answersOf(network, 'wrap', standardised(at250, 250)));
const saturated = excerpts.map(({ at250 }) => answersOf(network, 'saturate', standardised(at250, 250)));
const slow = excerpts.map(({ microvolts }) => answersOf(network, 'saturate', standardised(microvolts, 200)));

const codes = gunzipSync(readFileSync(`${folder}/dreams5_y_full.csv.gz`))
  .toString()
  .trim()
  .split('\n')
  .slice(1);
const fifth = wrapped[excerpts.findIndex(({ number }) => number === 5)];
if (fifth) {
  const wrong = codes.filter(
    (line, place) => line !== `${fifth.at[place]},${256 * (fifth.values[place] ?? NaN) - 128}`,
  );
  expect('codes of excerpt 5 that differ', wrong.length, 0);
  expect('codes of excerpt 5', fifth.at.length, codes.length);
  print({ detector: 'portiloop, excerpt 5', codes: codes.length, different: wrong.length });
}
const references: Record<string, readonly [stimuli: number, precision: number, recall: number, f1: number]> = {
  '0.3': [1547, 0.217, 0.911, 0.35],
  '0.5': [878, 0.366, 0.881, 0.517],
  '0.65': [492, 0.541, 0.736, 0.623],
  '0.75': [337, 0.662, 0.611, 0.635],
  '0.84': [199, 0.779, 0.425, 0.55],
};
for (const [threshold, [stimuli, precision, recall, f1]] of Object.entries(references)) {
  const score = portiloop(wrapped, Number(threshold), 0);
  expect(`portiloop at ${threshold}, stimuli`, score.stimuli, stimuli);
  expect(`portiloop at ${threshold}, precision`, score.precision, precision, 6e-4);
  expect(`portiloop at ${threshold}, recall`, score.recall, recall, 6e-4);
  expect(`portiloop at ${threshold}, F1`, score.f1, f1, 6e-4);
  print({ detector: 'portiloop', threshold, ...rounded(score) });
  print({ detector: 'portiloop-fixed', threshold, ...rounded(portiloop(saturated, Number(threshold), 10)) });
  print({ detector: 'portiloop-fixed at 200 Hz', threshold, ...rounded(portiloop(slow, Number(threshold), 10)) });
}

// ── Rules ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const three = stimulusScore(excerpts.map(({ at250 }) => run(new ThreeFeatureDetector(), at250, 250)));
expect('three-feature, F1', three.f1, 0.674, 0.01);
print({ detector: 'three-feature', ...rounded(three) });

const online = excerpts.map(({ microvolts }) => run(new A7Detector(), microvolts, 200));
print({ detector: 'a7', ...rounded(stimulusScore(online)) });
const delay = delayOf(new A7Detector());
const offline = excerpts.map(({ microvolts }) =>
  a7Spindles(a7Features(resamplePoly(microvolts, 1, 2))).map(({ onset, end }): DetectedEvent => ({
    onset: onset / 100,
    end: end / 100,
    confirmed: NaN,
    score: NaN,
  })),
);
const published = { e1: 0.64, e2: 0.587, union: 0.635 };
for (const set of ['e1', 'e2', 'union'] as const) {
  const seconds = set === 'e2' ? excerptSeconds : expert1Seconds;
  const total = (found: readonly (readonly DetectedEvent[])[], delaySeconds: number) =>
    totalScore(
      excerpts.map(({ expert1, expert2, labels }, place) => {
        const events = (set === 'e1' ? expert1 : set === 'e2' ? expert2 : labels) ?? [];
        return compare({ events, seconds }, found[place] ?? [], delaySeconds, null);
      }),
    );
  const score = total(offline, 0);
  expect(`a7 offline, F1 on ${set}`, score.f1 ?? NaN, published[set], 0.01);
  print({ detector: 'a7 offline', set, p: score.p, r: score.r, f1: score.f1 });
  const causal = total(online, delay);
  print({ detector: 'a7', set, p: causal.p, r: causal.r, f1: causal.f1 });
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

// ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Answers {
  /** Samples with an answer, and the answers. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  readonly samples: number;
}

function standardised(microvolts: Float64Array, rate: number): Float64Array {
  const stages = [createStage({ use: 'resample', toHz: 250 }), createStage({ use: 'portiloop', mainsHz: 50 })];
  const output = new Float64Array(Math.ceil((microvolts.length * 250) / rate) + 1);
  let shape = { rate, unit: 'uV' };
  let input = microvolts;
  let { length } = microvolts;
  for (const stage of stages) {
    shape = stage.prepare(shape);
    length = stage.process(input, length, output);
    input = output;
  }
  return output.subarray(0, length);
}

function answersOf(of: Network, beyond: 'wrap' | 'saturate', z: Float64Array): Answers {
  const copies = createPortiloop(of, beyond);
  const at: number[] = [];
  const values: number[] = [];
  for (let sample = 0; sample < z.length; sample++) {
    if (!copies.push(z, sample)) continue;
    at.push(sample);
    values.push(copies.value);
  }
  return { at, values, samples: z.length };
}

/** Gives the answers again: so several thresholds cost one run of the network. */
function recorded({ at, values }: Answers): SampledNetwork & { value: number } {
  let sample = 0;
  let next = 0;
  return {
    value: 0,
    push() {
      if (at[next] !== sample++) return false;
      this.value = values[next++] ?? NaN;
      return true;
    },
    reset() {
      sample = 0;
      next = 0;
    },
  };
}

function portiloop(answers: readonly Answers[], threshold: number, warmUpSeconds: number) {
  return stimulusScore(
    answers.map((each) =>
      run(
        new PortiloopDetector(recorded(each), { threshold, warmUpSeconds }),
        new Float64Array(each.samples),
        250,
        'SD',
      ),
    ),
  );
}

/** A stimulus at each confirmation; those of the first ten seconds do not count. */
function stimulusScore(found: readonly (readonly DetectedEvent[])[]) {
  return scoreStimuli(
    excerpts.map(({ labels }, place) => ({
      events: labels,
      stimuli: (found[place] ?? []).map(({ confirmed }) => confirmed).filter((at) => at >= 10),
    })),
  );
}

function run(detector: Detector, signal: Float64Array, rate: number, unit = 'uV'): DetectedEvent[] {
  detector.prepare({ rate, unit });
  const found = new Map<number, DetectedEvent>();
  const list = createDetectionList(512);
  for (let first = 0; first < signal.length; first += 256) {
    const block = signal.subarray(first, first + 256);
    list.length = 0;
    detector.process(block, block.length, first, list);
    for (const { phase, onset, end, confirmed, score } of list.items.slice(0, list.length)) {
      const last = phase === DetectionPhase.ended ? end : signal.length;
      found.set(onset, { onset: onset / rate, end: last / rate, confirmed: confirmed / rate, score });
    }
  }
  return [...found.values()];
}

function delayOf(detector: Detector): number {
  detector.prepare({ rate: 200, unit: 'uV' });
  return detector.delaySamples / 200;
}

function readAll(path: string): Float64Array {
  const file = openSignalFile(path);
  const block = createSampleBlock(1, 4096);
  const values: number[] = [];
  const scale = file.stream.channels[0]?.scale ?? NaN;
  while (file.read(block) > 0) for (let i = 0; i < block.frames; i++) values.push((block.counts[i] ?? NaN) * scale);
  file.close();
  return Float64Array.from(values);
}

function rounded(score: ReturnType<typeof scoreStimuli>): object {
  const { p25, p50, p75 } = score.delayMs;
  const digits = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    stimuli: score.stimuli,
    precision: digits(score.precision),
    recall: digits(score.recall),
    f1: digits(score.f1),
    delayMs: [p50, p25, p75].map((value) => Math.round(value ?? NaN)),
  };
}

function expect(what: string, value: number, reference: number, tolerance = 0): void {
  if (!(Math.abs(value - reference) <= tolerance))
    faults.push(`${what}: ${value}, but the reference says ${reference}.`);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
