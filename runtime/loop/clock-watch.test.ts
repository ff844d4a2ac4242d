import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockWatch } from './clock-watch.js';
import { EnvelopeClock } from './clock.js';

const rate = 250;

/** Frames of 4 ms through clock and watch, as the loop does it; `lateUs` is added to each arrival. */
class Bench {
  readonly watch = new ClockWatch(rate);
  readonly #clock = new EnvelopeClock(rate);
  #index = 0;
  #dueUs = 5e6;
  #nowUs = 0;

  play(seconds: number, lateUs = 0): string {
    const frames = seconds * rate;
    for (let frame = 0; frame < frames; frame++) {
      this.#dueUs += 4000;
      this.#nowUs = Math.max(this.#nowUs, this.#dueUs + lateUs); // arrivals keep their order
      this.watch.at(this.#nowUs);
      this.watch.frames(this.#index, this.#nowUs - this.#clock.timeOf(this.#index));
      this.#clock.observe(this.#index, this.#nowUs);
      this.#index++;
    }
    return this.watch.state(this.#nowUs);
  }
}

test('R-22 the clock is unknown until a second of samples has come, and then good', () => {
  const bench = new Bench();
  assert.equal(bench.watch.state(0), 'unknown');
  assert.equal(bench.play(0.9), 'unknown');
  assert.equal(bench.play(0.2), 'clear');
  bench.watch.restart();
  assert.equal(bench.watch.state(100e6), 'unknown');
});

test('R-22 samples out of a buffer, fresh by arrival and old by count, hold until the device is caught up', () => {
  const bench = new Bench();
  bench.play(20);
  assert.equal(bench.play(0.1, 140e3), 'clear');
  assert.equal(bench.play(0.1, 160e3), 'holds');
  assert.equal(bench.play(0.1), 'clear');
});

test('R-22 a machine clock that stepped forwards holds until the sample clock has found its line again', () => {
  const bench = new Bench();
  bench.play(130);
  assert.equal(bench.play(1, 1e6), 'holds');
  assert.equal(bench.play(100, 1e6), 'holds');
  assert.equal(bench.play(40, 1e6), 'clear');
});

test('R-22 a machine clock that ran backwards holds until ten seconds after the newest time it had shown', () => {
  const bench = new Bench();
  bench.play(20);
  const nowUs = 5e6 + 20e6;
  bench.watch.at(nowUs - 1);
  assert.equal(bench.watch.state(nowUs - 1), 'holds');
  assert.equal(bench.watch.state(nowUs + 9.9e6), 'holds');
  assert.equal(bench.watch.state(nowUs + 10e6), 'clear');
  bench.watch.at(NaN);
  assert.equal(bench.watch.state(NaN), 'holds');
});
