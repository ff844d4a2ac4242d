import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSleeper, type SleepStage, type SleeperEvent } from './generator.js';

const rate = 250;
const every = 10 * rate;

/** C3 − M2 of epochs of 30 s; a sound each ten seconds, or none. */
function asleep(stage: SleepStage, sounds: boolean, epochs: number): { values: Float64Array; events: SleeperEvent[] } {
  const stages = Array.from({ length: epochs }, () => stage);
  const events: SleeperEvent[] = [];
  const onEvent = (event: SleeperEvent): void => void events.push(event);
  const sleeper = createSleeper({ seed: 4, rate, channels: ['C3', 'M2'], stages, onEvent });
  const frame = new Float64Array(2);
  const values = new Float64Array(epochs * 30 * rate);
  for (let n = 0; n < values.length; n++) {
    if (sounds && n % every === 0) sleeper.hear();
    sleeper.read(frame);
    values[n] = frame[0]! - frame[1]!;
  }
  return { values, events };
}

test('a sleeper answers most sounds in N2 by a wave half a second later and a spindle; nothing else changes', () => {
  const [quiet, heard] = [asleep('N2', false, 20), asleep('N2', true, 20)];
  const kinds = (of: SleeperEvent[], kind: string): number => of.filter((event) => event.kind === kind).length;
  const answers = kinds(heard.events, 'k-complex') - kinds(quiet.events, 'k-complex');
  assert.ok(answers > 40 && answers < 56, `${answers} of 60`);
  assert.equal(kinds(heard.events, 'spindle') - kinds(quiet.events, 'spindle'), answers);
  const mean = new Float64Array(every);
  for (let n = 0; n < heard.values.length; n++) mean[n % every]! += (heard.values[n]! - quiet.values[n]!) / 60;
  const lowest = mean.indexOf(Math.min(...mean)) / rate;
  assert.ok(lowest > 0.5 && lowest < 0.62, `trough at ${lowest} s`);
  assert.ok(mean[Math.round(lowest * rate)]! < -40, `${Math.min(...mean)} µV`);
  assert.ok(mean.subarray(2.5 * rate).every((difference) => Math.abs(difference) < 1e-6));
});

test('awake, in N1 and in REM a sound changes nothing', () => {
  for (const stage of ['W', 'N1', 'R'] as const) assert.deepEqual(asleep(stage, true, 2), asleep(stage, false, 2));
});
