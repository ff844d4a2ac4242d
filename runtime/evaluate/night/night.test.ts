import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper, type SleepStage } from '../../../drivers/sleeper/generator.js';
import { DetectionPhase, ReceiptState, type LoopEvent } from '../../contracts.js';
import { SleepGate } from '../../detect/sleep-gate.js';
import { EpochSpectra, epochSeconds } from './epoch-spectra.js';
import { LockedPieces, averageLocked } from './locked-average.js';
import { collectNight } from './night-events.js';
import { guessStage } from './stages.js';

const rate = 100;
const wave = (hertz: number, amplitude: number) => (n: number) =>
  amplitude * Math.sin((2 * Math.PI * hertz * n) / rate);

function spectraOf(values: Float64Array, stimuli: readonly number[] = []): EpochSpectra {
  const spectra = new EpochSpectra(rate, stimuli);
  spectra.push(values, values.length, 0);
  spectra.finish();
  return spectra;
}

test('a wave has half the square of its amplitude as its power, at its frequency', () => {
  const tone = wave(13, 20);
  const { spectra } = spectraOf(Float64Array.from({ length: 60 * rate }, (_, n) => 5 + tone(n)));
  assert.equal(spectra.length, 2);
  const power = [...spectra[1]!].map((density) => density / 4);
  assert.ok(Math.abs(power.slice(48, 57).reduce((sum, each) => sum + each, 0) - 200) < 0.01);
  assert.equal(power.indexOf(Math.max(...power)), 52);
});

test('the depth is that of the sleep gate, and the stages are those of the generated sleeper', () => {
  const stages: SleepStage[] = (['W', 'N2', 'N3'] as const).flatMap((stage) => new Array<SleepStage>(12).fill(stage));
  const sleeper = createSleeper({ seed: 3, rate, channels: ['C3', 'M2'], stages, highpass: 0.3 });
  const frame = new Float64Array(2);
  const values: number[] = [];
  while (sleeper.read(frame)) values.push(frame[0]! - frame[1]!);
  const { depths } = spectraOf(Float64Array.from(values));
  const gate = new SleepGate();
  gate.prepare({ rate, unit: 'uV' });
  const gated = stages.map((_, epoch) => {
    let sum = 0;
    for (let second = 0; second < epochSeconds; second++) {
      const start = (epoch * epochSeconds + second) * rate;
      gate.process(Float64Array.from(values.slice(start, start + rate)), rate);
      sum += gate.estimates[0]!.value / epochSeconds;
    }
    return sum;
  });
  // Behind a change the gate, which looks back 15 s, takes an epoch to follow.
  const settled = stages.flatMap((stage, epoch) => (epoch > 0 && stages[epoch - 1] === stage ? [epoch] : [])).slice(1);
  const off = settled.map((epoch) => depths[epoch]! - gated[epoch]!);
  const mean = off.reduce((sum, each) => sum + each, 0) / off.length;
  assert.ok(Math.abs(mean) < 0.35, `mean difference ${mean.toFixed(2)} octaves`);
  assert.ok(Math.max(...off.map(Math.abs)) < 1, off.map((each) => each.toFixed(2)).join(' '));
  const guesses = stages.map((stage, epoch) => `${stage} as ${guessStage(depths[epoch]!)}`);
  const right = guesses.filter((each) => ['W as awake', 'N2 as N2', 'N3 as N3'].includes(each));
  assert.ok(right.length >= 30, `${right.length} of 36: ${guesses.join(', ')}`);
});

test('what a stimulus has done within three seconds changes nothing', () => {
  const plain = Float64Array.from({ length: 60 * rate }, (_, n) => wave(2, 30)(n) + wave(9, 8)(n) + Math.sin(n * n));
  const stimuli = [700.5, 3000, 3150];
  const changed = (from: number, to: number): Float64Array =>
    plain.map((value, n) => (stimuli.some((at) => n >= at + from * rate && n < at + to * rate) ? value + 50 : value));
  const expected = spectraOf(plain, stimuli);
  assert.deepEqual(spectraOf(changed(0, 3), stimuli), expected);
  // Windows of four seconds count as a whole or not at all.
  assert.notDeepEqual(spectraOf(changed(0, 8), stimuli).depths, expected.depths);
  assert.notDeepEqual(spectraOf(changed(-4, 3), stimuli).depths, expected.depths);
});

test('a window that lacks a frame does not count, and an epoch without one is unknown', () => {
  const values = Float64Array.from({ length: 120 * rate }, (_, n) => wave(2, 30)(n) + wave(9, 8)(n));
  const spectra = new EpochSpectra(rate, []);
  spectra.push(values, 3150, 0);
  spectra.push(values.subarray(9100), 2900, 9100);
  spectra.finish();
  assert.deepEqual(
    spectra.depths.map((depth) => guessStage(depth)),
    ['N3', 'unknown', 'unknown', 'N3'],
  );
  assert.deepEqual(spectra.spectra.map(Boolean), [true, false, false, true]);
  assert.deepEqual(spectraOf(new Float64Array(30 * rate)).spectra, [undefined], 'a flat signal says nothing');
});

test('where stimuli leave no window the stage is that of the epoch before, for five minutes', () => {
  const values = Float64Array.from({ length: 14 * 30 * rate }, (_, n) => wave(2, 30)(n) + wave(9, 8)(n));
  const stimuli = Array.from({ length: 13 * 15 }, (_, n) => (30 + 2 * n) * rate);
  const { depths, spectra } = spectraOf(values, stimuli);
  assert.deepEqual(
    depths.map((depth) => guessStage(depth)),
    Array.from({ length: 14 }, (_, epoch) => (epoch <= 10 ? 'N3' : 'unknown')),
  );
  assert.deepEqual(spectra.map(Boolean), [true, ...new Array<boolean>(13).fill(false)]);
});

test('averages hold what is locked to the stimulus, and leave out pieces with holes', () => {
  const stimuli = [500, 1300.4, 2500, 3650];
  const evoked = (n: number): number => stimuli.reduce((sum, at) => sum + (n - Math.round(at) === 40 ? 8 : 0), 0);
  const burst = (n: number): number => (stimuli.some((at) => n >= at + 80 && n < at + 150) ? 3 : 1);
  const values = Float64Array.from({ length: 4000 }, (_, n) => 100 + evoked(n) + burst(n) * wave(13, 10)(n));
  const pieces = new LockedPieces(rate, stimuli);
  pieces.push(values, 2600, 0);
  pieces.push(values.subarray(2700), 1200, 2700);
  pieces.finish();
  assert.deepEqual(pieces.pieces.map(Boolean), [true, true, false, false]);
  const average = averageLocked(pieces.pieces, rate)!;
  assert.equal(average.n, 2);
  assert.deepEqual([average.times[0], average.times.at(-1)], [-1, 1.99]);
  const at = (seconds: number): number => Math.round((seconds + 1) * rate);
  // 13 Hz is cut at 500 and 1300 in the same phase: what is left beside the evoked sample is that wave.
  assert.ok(Math.abs(average.signal[at(0.4)]! - 8 - wave(13, 10)(540)) < 0.5);
  assert.ok(Math.abs(average.sigma[at(-0.5)]! - 1) < 0.1, String(average.sigma[at(-0.5)]));
  assert.ok(Math.abs(average.sigma[at(1.15)]! - 9) < 0.9, String(average.sigma[at(1.15)]));
  assert.equal(averageLocked([undefined], rate), undefined);
});

test('counts and times of what a run decided', () => {
  const at = { cycle: 1, index: 1000, us: 4e6 };
  const events: LoopEvent[] = [
    { kind: 'armed', ...at, us: 1e6, untilUs: 9e9, perMinute: 6, perHour: 60, perNight: 600, intervalUs: 0, gainDb: 0 },
    {
      kind: 'detection',
      ...at,
      detector: 0,
      phase: DetectionPhase.confirmed,
      onset: 950,
      confirmed: 990,
      end: NaN,
      score: 1,
    },
    {
      kind: 'detection',
      ...at,
      detector: 0,
      phase: DetectionPhase.ended,
      onset: 950,
      confirmed: 990,
      end: 1001,
      score: 1,
    },
    { kind: 'request', ...at, request: 1, detector: 0, onset: 950, fireAtUs: 4.01e6, expiresUs: 9e6 },
    { kind: 'permit', ...at, request: 1, command: 1, fireAtUs: 4.01e6, variant: 0, lease: 1 },
    { kind: 'receipt', ...at, command: 1, state: ReceiptState.accepted, atUs: 4.0002e6, arrivalUs: 3.999e6 },
    { kind: 'receipt', ...at, command: 1, state: ReceiptState.started, atUs: 4.0105e6, arrivalUs: 3.999e6 },
    { kind: 'phase', ...at, command: 1, expected: -20, realised: -35 },
    { kind: 'permit', ...at, request: 2, command: 2, fireAtUs: 0, variant: 0, lease: 1 },
    { kind: 'receipt', ...at, command: 2, state: ReceiptState.dropped, atUs: 5e6, arrivalUs: 5e6 },
    { kind: 'refusal', ...at, request: 3, reasons: 0b101 },
    { kind: 'disarmed', ...at, us: 61e6, cause: 0 },
    { kind: 'lease', ...at, lease: 1, stimuli: 5, untilUs: 9e9 },
    { kind: 'lease', ...at, lease: 2, stimuli: 0, untilUs: 9e9 },
    { kind: 'loss', ...at, ring: 1, count: 4 },
    {
      kind: 'armed',
      ...at,
      us: 70e6,
      untilUs: 9e9,
      perMinute: 3,
      perHour: 30,
      perNight: 300,
      intervalUs: 0,
      gainDb: 0,
    },
  ];
  const night = collectNight(events, rate, 80e6);
  assert.deepEqual(
    [night.detections.length, night.refusals, night.permits, night.declined, night.armedSeconds, night.losses],
    [1, [{ index: 1000, reasons: ['disarmed', 'interval'] }], 2, 1, 70, { decisions: 4 }],
  );
  assert.deepEqual([night.limits?.perHour, night.leases], [30, { granted: 1, stimuli: 5 }]);
  const [stimulus, ...more] = night.stimuli;
  assert.equal(more.length, 0);
  const rounded = Object.fromEntries(
    Object.entries(stimulus!).map(([name, value]) => [name, +Number(value).toFixed(3)]),
  );
  assert.deepEqual(rounded, {
    command: 1,
    index: 1000,
    startedUs: 4010500,
    fromBytesMs: 11.5,
    acceptedMs: -9.8,
    startedMs: 0.5,
    fromOnsetMs: 500.5,
    expectedPhase: -20,
    realisedPhase: -35,
  });
});
