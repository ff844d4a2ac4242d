import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState, refusalReasons, type LoopEvent } from '../../contracts.js';
import { marksFor, reasonsFor } from './blinding.js';
import { Night } from './night.js';

const at = { cycle: 1, index: 1000, us: 4_000_000 };
const night = (): Night => new Night({ detectors: ['spindle', 'asleep'], estimates: { asleep: ['sleep'] } }, 4, 1000);

test('events become marks on the axis of the display, and judgements', () => {
  const seen = night();
  const events: LoopEvent[] = [
    { kind: 'detection', ...at, detector: 0, phase: 0, onset: 800, confirmed: 1000, end: NaN, score: 2.5 },
    { kind: 'detection', ...at, detector: 0, phase: 1, onset: 800, confirmed: 1000, end: 1400, score: 2.5 },
    { kind: 'receipt', ...at, command: 3, state: ReceiptState.accepted, atUs: 3_900_000, arrivalUs: 3_899_000 },
    // 100 ms before sample 1000, at 1000 Hz: sample 900.
    { kind: 'receipt', ...at, command: 3, state: ReceiptState.started, atUs: 3_900_000, arrivalUs: 3_898_000 },
    { kind: 'refusal', ...at, request: 9, reasons: (1 << refusalReasons.indexOf('sleep')) | 1 },
    { kind: 'marker', ...at, marker: 1, at: 0, atUs: 0 },
  ];
  for (const event of events) seen.take(event, event.kind === 'marker' ? 'lights off' : null, 0);
  assert.deepEqual(seen.marks, [
    { kind: 'detection', name: 'spindle', from: 200, to: 250, score: 2.5 },
    { kind: 'detection', name: 'spindle', from: 200, to: 350, score: 2.5 },
    { kind: 'stimulus', name: 'S3', from: 225 },
    { kind: 'refusal', name: 'R9', from: 250, reasons: ['disarmed', 'sleep'] },
    { kind: 'marker', name: 'lights off', from: 250 },
  ]);
  assert.deepEqual(
    marksFor('blinded', seen.marks).map(({ kind }) => kind),
    ['detection', 'detection', 'marker'],
  );
  const { estimate } = seen.take({ kind: 'estimate', ...at, detector: 1, estimate: 0, state: 2, value: NaN }, null, 77);
  assert.deepEqual(estimate, { name: 'asleep.sleep', wallMs: 77, state: 'unknown', value: null });
});

test('latencies fall into the bin whose ends hold them', () => {
  const seen = night();
  assert.equal(seen.latency, null);
  for (const ms of [0.01, 0.1, 1.79, 1.8, 99.9, 100, 5000]) {
    const arrivalUs = 1e6;
    seen.take({ kind: 'receipt', ...at, command: 1, state: 1, atUs: arrivalUs + 1000 * ms, arrivalUs }, null, 0);
  }
  const { bins, counts, median, most } = seen.latency!;
  const found = bins.flatMap((bin, place) => ((counts[place] ?? 0) > 0 ? [[bin, counts[place]]] : []));
  assert.deepEqual(found, [
    [0.1, 2],
    [1, 1],
    [1.8, 1],
    [56, 1],
    [100, 2],
  ]);
  assert.ok(Math.abs(median - 1.8) < 1e-6 && Math.abs(most - 5000) < 1e-6);
});

test('what is kept is bounded, and the newest is kept', () => {
  const seen = night();
  for (let marker = 0; marker < 2000; marker++)
    seen.take({ kind: 'marker', ...at, marker, at: 0, atUs: 0 }, `m${marker}`, 0);
  assert.ok(seen.marks.length <= 500);
  assert.equal(seen.marks.at(-1)?.name, 'm1999');
  for (let wallMs = 0; wallMs < 30_000; wallMs++)
    seen.take({ kind: 'estimate', ...at, detector: 1, estimate: 0, state: 0, value: 1 }, null, wallMs);
  assert.ok(seen.estimates.length <= 20_000);
  assert.equal(seen.estimates.at(-1)?.wallMs, 29_999);
});

test('R-36 the reasons that a blinded role may see are none that a stimulus brings about', () => {
  assert.deepEqual(
    refusalReasons.filter((reason) => !reasonsFor('blinded').includes(reason)),
    ['interval', 'per-minute', 'per-hour', 'per-night', 'unconfirmed', 'lease', 'per-day', 'budget', 'schedule'],
  );
});
