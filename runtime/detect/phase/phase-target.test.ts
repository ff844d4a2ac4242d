import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { DetectionPhase, type Detection } from '../../contracts.js';
import { createDetectionList } from '../detection-list.js';
import { checkDetector } from '../detector.laws.js';
import { PhaseTarget, type PhaseTargetOptions } from './phase-target.js';

const targets = [0, 90, -90, 180];

/** An oscillation in 1/f-like noise of the given RMS below about 2 Hz, with the offset of a DC-coupled amplifier. */
function oscillation(rate: number, seconds: number, hertz: number, amplitude: number, noise: number): Float64Array {
  let state = 7;
  const normal = (): number => {
    let sum = -6;
    for (let draw = 0; draw < 12; draw++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      sum += (state >>> 0) / 2 ** 32;
    }
    return sum;
  };
  const keep = Math.exp((-2 * Math.PI * 2) / rate);
  let slow = 0;
  return Float64Array.from({ length: seconds * rate }, (_, n) => {
    slow = keep * slow + Math.sqrt(1 - keep * keep) * normal();
    return 2000 + amplitude * Math.cos((2 * Math.PI * hertz * n) / rate) + noise * slow;
  });
}

function detect(options: Partial<PhaseTargetOptions>, x: Float64Array, rate: number): Detection[] {
  const detector = new PhaseTarget(options);
  detector.prepare({ rate, unit: 'uV' });
  const found = createDetectionList(1000);
  detector.process(x, x.length, 0, found);
  return found.items.slice(0, found.length).filter(({ phase }) => phase === DetectionPhase.confirmed);
}

/** Mean and circular standard deviation of the error in degrees, and how many confirmations each cycle got. */
function score(found: readonly Detection[], target: number, hertz: number, rate: number, from: number, to: number) {
  const turns = found
    .map(({ confirmed }) => (hertz * confirmed) / rate - target / 360)
    .filter((turn) => turn >= from && turn < to);
  const x = turns.reduce((sum, turn) => sum + Math.cos(2 * Math.PI * turn), 0) / turns.length;
  const y = turns.reduce((sum, turn) => sum + Math.sin(2 * Math.PI * turn), 0) / turns.length;
  const perCycle = new Array<number>(to - from).fill(0);
  for (const turn of turns) perCycle[Math.round(turn) - from]!++;
  return {
    mean: (Math.atan2(y, x) * 180) / Math.PI,
    sd: (Math.sqrt(-2 * Math.log(Math.min(1, Math.hypot(x, y)))) * 180) / Math.PI,
    perCycle: perCycle.slice(1, -1),
  };
}

test('each cycle of a clean oscillation gets exactly one confirmation, at the target', () => {
  for (const rate of [50, 250, 1000]) {
    for (const hertz of [0.8, 1, 1.2]) {
      for (const target of rate === 250 ? [...targets, -45] : [0]) {
        for (const amplitude of [20, 200]) {
          const x = oscillation(rate, 60, hertz, amplitude, 0);
          const found = detect({ targetDegrees: target, trough: 15 }, x, rate);
          const { mean, sd, perCycle } = score(found, target, hertz, rate, 8, Math.floor(58 * hertz));
          const what = `${hertz} Hz, ${amplitude} uV, ${target} degrees, ${rate} samples a second`;
          assert.ok(Math.abs(mean) < 15 && sd < 15, `${mean} ± ${sd} at ${what}`);
          assert.ok(
            perCycle.every((count) => count === 1),
            `${perCycle.join('')} at ${what}`,
          );
        }
      }
    }
  }
});

test('in noise of a third of its amplitude the error stays below 15 ± 45 degrees, and no cycle gets two', () => {
  for (const hertz of [0.8, 1, 1.2]) {
    for (const target of targets) {
      for (const amplitude of [20, 60, 200]) {
        const x = oscillation(250, 240, hertz, amplitude, amplitude / 3);
        const found = detect({ targetDegrees: target, trough: 0.4 * amplitude }, x, 250);
        const { mean, sd, perCycle } = score(found, target, hertz, 250, 8, Math.floor(238 * hertz));
        const what = `${hertz} Hz, ${amplitude} uV, ${target} degrees`;
        assert.ok(Math.abs(mean) < 15 && sd < 45, `${mean} ± ${sd} at ${what}`);
        const one = perCycle.filter((count) => count === 1).length;
        assert.ok(one / perCycle.length > 0.97, `${perCycle.join('')} at ${what}`);
      }
    }
  }
});

test('ahead confirms so much earlier', () => {
  const x = oscillation(250, 60, 1, 60, 0);
  const at = (aheadSeconds: number): number => score(detect({ aheadSeconds }, x, 250), 0, 1, 250, 8, 55).mean;
  const earlier = at(0) - at(0.1);
  assert.ok(Math.abs(earlier - 36) < 8, `${earlier} degrees`);
});

test('waves with a shallower trough are left alone', () => {
  const x = oscillation(250, 60, 1, 38, 0);
  assert.equal(detect({ trough: 45 }, x, 250).length, 0);
  assert.ok(detect({ trough: 30 }, x, 250).length > 50);
});

test('each cycle has an end: where the estimate has left the target again', () => {
  const detector = new PhaseTarget({ trough: 15 });
  detector.prepare({ rate: 250, unit: 'uV' });
  const x = oscillation(250, 30, 1, 60, 0);
  const found = createDetectionList(200);
  detector.process(x, x.length, 0, found);
  const items = found.items.slice(0, found.length);
  const ended = items.filter(({ phase }) => phase === DetectionPhase.ended);
  assert.ok(ended.length > 20);
  for (const { onset, confirmed, end, score: depth } of ended.slice(1)) {
    assert.ok(Math.abs(end - onset - 250) <= 5, `${onset} to ${end}`);
    assert.ok(Math.abs(confirmed - onset - (250 * 240) / 360) <= 12, `${confirmed - onset} samples after its onset`);
    assert.ok(Math.abs(depth / 60 - 1) < 0.2, `${depth} uV`);
  }
});

test('keeps the laws of detectors', () => {
  const heapUsed = (): number => memoryUsage().heapUsed;
  for (const rate of [100, 250]) {
    for (const options of [{ trough: 20 }, { trough: 10, targetDegrees: -90, aheadSeconds: 0.05 }]) {
      assert.deepEqual(
        checkDetector(() => new PhaseTarget(options), { rate, unit: 'uV' }, { heapUsed }),
        [],
      );
    }
  }
});

test('what cannot work is refused with option, value and fix', () => {
  assert.throws(() => new PhaseTarget({ targetDegrees: 200 }), /^RangeError: target: 200.* Use/);
  assert.throws(() => new PhaseTarget({ aheadSeconds: 1 }), /^RangeError: ahead: 1 s .* Use/);
  assert.throws(() => new PhaseTarget({ trough: 0 }), /^RangeError: trough: 0 uV .* Use/);
});
