import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseLoopback } from './loopback.js';
import { simulateLoopback, simulated, type SimulatedLoopback } from './loopback.test.fixture.js';

const analyse = (changes: Partial<SimulatedLoopback>) =>
  analyseLoopback(simulateLoopback({ ...simulated, ...changes }));

test('R-29 delay and drift are found again within 0.5 ms and 5 ppm, whatever the seed', (t) => {
  let [worstDelay, worstDrift] = [0, 0];
  for (let seed = 1; seed <= 8; seed++) {
    const truth = { seed, delayUs: 20e3 + 7919 * seed, driftPpm: (seed % 7) * 40 - 120 };
    const { timing, faults } = analyse(truth);
    assert.deepEqual(faults, [], `seed ${seed}`);
    assert.deepEqual([timing!.found, timing!.missing, timing!.double], [200, 0, 0], `seed ${seed}`);
    worstDelay = Math.max(worstDelay, Math.abs(timing!.delayUs.median - truth.delayUs));
    worstDrift = Math.max(worstDrift, Math.abs(timing!.driftPpm - truth.driftPpm));
  }
  t.diagnostic(`at most ${worstDelay.toFixed(0)} us and ${worstDrift.toFixed(2)} ppm off`);
  assert.ok(worstDelay < 500 && worstDrift < 5);
});

test('missing pulses and double ones are counted, and told once they are more than a few', () => {
  const few = analyse({ missing: [3, 77], double: [10, 11, 199] });
  assert.deepEqual(few.faults, []);
  assert.deepEqual([few.timing!.found, few.timing!.missing, few.timing!.double], [198, 2, 3]);
  assert.ok(Math.abs(few.timing!.delayUs.median - 37_500) < 500 && Math.abs(few.timing!.driftPpm - 40) < 5);
  const every = Array.from({ length: 20 }, (_, place) => 10 * place);
  assert.deepEqual(analyse({ missing: every }).faults, [
    'LOOP: 20 of 200 pulses are missing. See the plug and the level.',
  ]);
  assert.match(analyse({ double: every }).faults.join(), /^LOOP: 20 pulses came twice/);
});

test('the deviation is that of the receipts’ times', () => {
  const { timing } = analyse({ jitterUs: 2000 });
  // Gaussian: the median of what is apart is 0.674 standard deviations, 95 % are within 1.96, 95 % below 1.645.
  const { median, sd, mad, p95 } = timing!.delayUs;
  assert.ok(Math.abs(sd - 2000) < 300, String(sd));
  assert.ok(Math.abs(mad - 1349) < 250, String(mad));
  assert.ok(Math.abs(timing!.within95Us - 3920) < 700, String(timing!.within95Us));
  assert.ok(Math.abs(p95 - median - 3290) < 700, String(p95));
});

test('short pulses, pulses downwards and pulses just above the noise are found at their places', () => {
  for (const changes of [{ pulseSeconds: 0.015 }, { height: -1000 }, { noise: 60 }, { hum: 60 }]) {
    const { timing, faults } = analyse(changes);
    assert.deepEqual(faults, []);
    assert.equal(timing!.found, 200);
    assert.ok(Math.abs(timing!.delayUs.median - 37_500) < 500, JSON.stringify(changes));
  }
});

test('the wrong cable is named with where the pulses are, and hum where there are none', () => {
  assert.deepEqual(analyse({ on: 2 }), {
    faults: ['LOOP: no pulses here; they are on EMG. Wrong cable: move it, or name EMG.'],
  });
  const [hum] = analyse({ height: 0, hum: 300 }).faults;
  assert.match(hum!, /^LOOP: only hum of the mains \(50 Hz, 2\.1e\+2 uV\)\. Wrong cable/);
});

test('clipping and silence are named', () => {
  const clipped = analyse({ height: 9000 });
  assert.match(clipped.faults.join(), /^LOOP: clipped at its rail in \d+ samples\. Attenuate more/);
  assert.equal(clipped.timing!.found, 200);
  assert.match(analyse({ height: 0, hum: 0 }).faults.join(), /^LOOP: silence \(1[01] uV, no pulses\)/);
  // So much that the converter stays at its rail.
  assert.match(analyse({ height: 9000, pulseSeconds: 5 }).faults.join(), /^LOOP: clipped at its rail/);
});

test('pulses near a hole in the signal are left out, not guessed', () => {
  const loopback = simulateLoopback(simulated);
  const { values } = loopback.channels[1]!;
  const first = Math.round((loopback.firedUs[20]! + 37_500 - loopback.timeOf(0)) / 4000);
  values.fill(NaN, first - 3, first + 3);
  const { timing } = analyseLoopback(loopback);
  assert.deepEqual([timing!.found, timing!.missing], [199, 1]);
  assert.ok(Math.abs(timing!.delayUs.median - 37_500) < 500);
});
