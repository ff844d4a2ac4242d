import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { closeSync, openSync, writeSync } from 'node:fs';
import { monotonicUs } from '../../runtime/monotonic.js';
import { Loopback, parseLoopbackFaults } from './loopback.js';
import { openTriggerEar } from './trigger-ear.js';

const periodUs = 4000;
const half = (): number => 0.5; // no noise, no fault that is a matter of chance

/** The input and its neighbour, sample by sample from 0, for one byte at 0. */
function played(faults: readonly string[], random = half): { spare: number[]; next: number[] } {
  const loopback = new Loopback({ channel: 8, delayUs: 40_000, faults: parseLoopbackFaults(faults) }, 8, random);
  loopback.heard(0);
  const frame = new Float64Array(8);
  const [spare, next]: [number[], number[]] = [[], []];
  for (let sample = 0; sample < 100; sample++) {
    frame.fill(0);
    loopback.put(frame, sample * periodUs, periodUs);
    spare.push(frame[7]!);
    next.push(frame[0]!);
  }
  return { spare, next };
}

test('a byte becomes a pulse of 50 ms whose edges pass half of their height at its delay', () => {
  const { spare, next } = played([]);
  const value = (sample: number): number => spare[sample]! - 5 * Math.sin(2 * Math.PI * 0.2 * sample);
  // Sample 10 is at 40 ms: half; a third-order filter has taken 1/6 x 1/8 a sample earlier ... 1 at two samples later.
  const expected = [0, 2000 / 48, 1000, 2000 - 2000 / 48, 2000];
  expected.forEach((height, place) => assert.ok(Math.abs(value(8 + place) - height) < 1e-6, String(place)));
  assert.ok(Math.abs(value(22) - (2000 - 2000 / 48)) > 1, 'the end lies between samples 22 and 23');
  assert.ok(Math.abs(value(22) + value(23) - 2000) < 1e-6);
  assert.ok(Math.abs(value(25)) < 1e-6);
  assert.ok(next.every((one) => one === 0));
});

test('the faults: another channel, no pulse, more than the rails, missing and double ones', () => {
  const { spare, next } = played(['wrong-channel']);
  assert.ok(Math.max(...spare) < 10 && Math.max(...next) === 2000);
  assert.ok(Math.max(...played(['silence']).spare) < 10);
  assert.ok(Math.max(...played(['clipping']).spare) > 187_500);
  assert.ok(Math.max(...played(['missing:0.6']).spare) < 10);
  assert.ok(Math.max(...played(['missing:0.4']).spare) > 1000);
  assert.ok(played(['double:0.6']).spare[65]! > 1000);
  for (const wrong of ['hum', 'missing', 'missing:2', 'double:x'])
    assert.throws(() => parseLoopbackFaults([wrong]), /is no fault\. Write wrong-channel/);
});

test('bytes of the trigger are stamped when they come; 0 is none', async () => {
  const ear = openTriggerEar();
  const trigger = openSync(ear.path, 'w');
  const heard: number[] = [];
  const beforeUs = monotonicUs();
  writeSync(trigger, Uint8Array.of(0, 1));
  while (heard.length < 1) {
    heard.push(...ear.take());
    await wait(1);
  }
  writeSync(trigger, Uint8Array.of(0x81, 0));
  while (heard.length < 2) {
    heard.push(...ear.take());
    await wait(1);
  }
  assert.ok(heard[0]! > beforeUs && heard[1]! > heard[0]! && heard[1]! < monotonicUs());
  closeSync(trigger);
  ear.close();
});
