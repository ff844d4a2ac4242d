import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detection, StreamDetection } from '../contracts.js';
import { BandPowerDetector } from '../detect/band-power.js';
import { createDetectionList } from '../detect/detection-list.js';
import { SlowOscillation } from '../detect/phase/slow-oscillation.js';
import type { CouplingPlan } from './policy-plan.js';
import { createPolicy } from './policy.js';
import { AskedGate, clock, rate, refusedFor } from './policy.test.fixture.js';

/**
 * Five minutes of slow oscillations at 0.8 Hz and spindles half a second long, each with its middle at the phase that
 * `degrees` gives for it, in noise.
 */
function sleep(amplitude: number, degrees: (spindle: number) => number): { x: Float64Array; middles: number[] } {
  const middles = Array.from({ length: 38 }, (_, spindle) => (5 * (spindle + 8) + degrees(spindle) / 360) / 0.8);
  let state = 5;
  const x = Float64Array.from({ length: 300 * rate }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const seconds = n / rate;
    const since = seconds - (middles[Math.round((0.8 * seconds) / 5) - 8] ?? Infinity);
    const spindle =
      Math.abs(since) < 0.4 ? 30 * Math.cos((Math.PI * since) / 0.8) * Math.sin(2 * Math.PI * 13 * since) : 0;
    return amplitude * Math.cos(2 * Math.PI * 0.8 * seconds) + spindle + 4 * (state / 2 ** 31);
  });
  return { x, middles };
}

/** Confirmed spindles that were answered, by the place of the nearest true one. */
function answered({ x, middles }: ReturnType<typeof sleep>, coupling: CouplingPlan | undefined): Set<number> {
  const slow = new SlowOscillation();
  const spindle = new BandPowerDetector({ threshold: 2.5, release: 2, confirmSeconds: 0.2 });
  const detectors = [slow, spindle];
  for (const detector of detectors) detector.prepare({ rate, unit: 'uV' });
  const plan = { use: 'immediate', after: 1, delaySeconds: 0, refractorySeconds: 1, expiresUs: 1e5 } as const;
  const policy = createPolicy(coupling ? { ...plan, coupling } : plan, rate);
  policy.startAt?.(0);
  const found = createDetectionList(64);
  const gate = new AskedGate(() => refusedFor('disarmed'));
  const hit = new Set<number>();
  for (let first = 0; first < x.length; first += 5) {
    const detections: StreamDetection[] = [];
    detectors.forEach((detector, place) => {
      found.length = 0;
      detector.process(x.slice(first, first + 5), 5, first, found);
      found.items.slice(0, found.length).forEach((item: Detection) => detections.push({ ...item, detector: place }));
    });
    gate.all.length = 0;
    policy.decide(detections, detections.length, first + 4, clock, gate, [slow.estimates, []]);
    if (gate.all.length > 0) hit.add(middles.findIndex((middle) => Math.abs(middle - (first + 4) / rate) < 1));
  }
  hit.delete(-1);
  return hit;
}

/** Spindles are confirmed some 0.2 s after their middle: 58 degrees at 0.8 Hz. */
const up = { of: 0, fromDegrees: -70, toDegrees: 110, withinSeconds: Infinity };
const every = (spindle: number): number => (spindle % 2 === 0 ? -30 : 150);

test('of spindles that come in turn on the way up and on the way down, only the former are answered', () => {
  const night = sleep(70, every);
  assert.ok(answered(night, undefined).size >= 36);
  const coupled = answered(night, up);
  const even = [...coupled].filter((spindle) => spindle % 2 === 0).length;
  assert.ok(even >= 17, `${even} of 19 coupled ones`);
  assert.ok(coupled.size - even <= 1, `${coupled.size - even} others`);
  // The other half of the circle, through ±180.
  const down = answered(night, { ...up, fromDegrees: 110, toDegrees: -70 });
  assert.ok([...down].filter((spindle) => spindle % 2 === 1).length >= 17);
  assert.ok([...down].filter((spindle) => spindle % 2 === 0).length <= 1);
});

test('without slow oscillations that are deep enough, within keeps all spindles out', () => {
  const shallow = sleep(15, every);
  assert.equal(answered(shallow, { ...up, withinSeconds: 2 }).size, 0);
  assert.ok(answered(sleep(70, every), { ...up, withinSeconds: 2 }).size >= 17);
});

test('where no phase is known nothing is answered', () => {
  const policy = createPolicy(
    { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 1, expiresUs: 1e5, coupling: { ...up, of: 1 } },
    rate,
  );
  policy.startAt?.(0);
  const detection: StreamDetection = { detector: 0, phase: 0, onset: 0, confirmed: 10, end: NaN, score: 1 };
  const gate = new AskedGate();
  const phase = (value: number) => [[], [{ name: 'phase', unit: 'deg', value, state: 'clear' as const }]];
  for (const estimates of [[], [[]], [[], []], phase(NaN), phase(-71), phase(111)]) {
    policy.decide([detection], 1, 10, clock, gate, estimates);
    assert.equal(gate.all.length, 0);
  }
  policy.decide([detection], 1, 10, clock, gate, phase(-70));
  assert.equal(gate.all.length, 1);
});
