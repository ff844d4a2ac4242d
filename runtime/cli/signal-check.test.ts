import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeElectrode, judgeSignal, mainsOf } from './signal-check.js';

const rate = 250;
/** Five seconds; 20 µV at 10 Hz, on the offset and drift that wet electrodes have. */
const eeg = (more: (second: number) => number = () => 0): Float64Array =>
  Float64Array.from({ length: 5 * rate }, (_, i) => {
    const second = i / rate;
    return 4000 + 3 * second + 20 * Math.sin(2 * Math.PI * 10 * second) + more(second);
  });
const hum = (hertz: number, amplitude: number) => (second: number) =>
  amplitude * Math.sin(2 * Math.PI * hertz * second);

test('an electrode is connected, flat, at the rail, or without samples', () => {
  const judged = (values: Float64Array, railed = 0): string => {
    const { good, text } = judgeElectrode({ name: 'C3', values, railed });
    return `${good} ${text}`;
  };
  assert.equal(judged(eeg()), 'true connected');
  assert.match(judged(new Float64Array(1250).fill(187_500), 1), /^false 100 % at the rail: .*reference/);
  assert.match(judged(new Float64Array(1250).fill(12)), /^false flat \(0\.00 µV\)/);
  assert.match(judged(new Float64Array(0)), /^false no samples/);
});

test('the signal is measured by its size and by its hum, which is told in µV', () => {
  const judged = (values: Float64Array): string => {
    const { good, text } = judgeSignal({ name: 'C3 - M2', values, railed: 0 }, rate);
    return `${good} ${text}`;
  };
  assert.match(judged(eeg()), /^true 1\d µV$/);
  assert.match(judged(eeg(hum(50, 100))), /^false 7\d µV, of it 100 µV hum of 50 Hz: connect the ground/);
  assert.match(judged(eeg(hum(60, 80))), /of it 80 µV hum of 60 Hz/);
  assert.match(judged(eeg(hum(1, 1000))), /^false 7\d\d µV: larger than EEG/);
  assert.match(judged(new Float64Array(1250)), /^false flat/);
});

test('which mains a place has is heard, and is 50 Hz where nothing hums', () => {
  assert.equal(mainsOf(eeg(hum(60, 5)), rate), 60);
  assert.equal(mainsOf(eeg(hum(50, 5)), rate), 50);
  assert.equal(mainsOf(eeg(), rate), 50);
});
