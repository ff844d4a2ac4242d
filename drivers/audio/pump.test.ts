import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno } from './pcm.js';
import { Pump } from './pump.js';
import { Value, Word, values, words } from './shared.js';
import { SimulatedCard } from './simulated-card.test.fixture.js';
import type { Sound } from './sound.js';

/** 500 frames, none of them silent, each its own. */
const samples = Float64Array.from({ length: 500 }, (_, i) => (i + 1) / 1024);
const sound: Sound = { name: 'ramp', left: samples, right: samples, rmsDbfs: -30, peak: 0.5 };
const played = Array.from(samples, (value) => Math.round(value * 2 ** 15));

class Rig {
  readonly card = new SimulatedCard();
  readonly words = new Int32Array(words);
  readonly values = new Float64Array(values);
  readonly pump = new Pump(this.card, [sound], this.words, this.values, () => this.card.nowUs);
  #pulse = 0;

  constructor() {
    this.pump.start();
  }

  ask(gain = 1): number {
    this.words[Word.variant] = 0;
    this.values[Value.gain] = gain;
    Atomics.store(this.words, Word.requested, ++this.#pulse);
    return this.#pulse;
  }

  /** As `AudioOutput.stop` does it. */
  stop(): void {
    Atomics.store(this.words, Word.cancelled, this.#pulse);
    this.card.drop();
  }

  /** The pump runs when it wants to, or up to `lateUs` after that. */
  run(us: number, lateUs: (step: number) => number = () => 0): void {
    const untilUs = this.card.nowUs + us;
    for (let step = 0; this.card.nowUs < untilUs; step++) this.card.advance(this.pump.step() + lateUs(step));
  }

  word(place: number): number {
    return this.words[place] as number;
  }

  get loud(): number[] {
    return this.card.heard.filter((sample) => sample !== 0);
  }
}

test('a pulse sounds whole, at the moment that the card was asked for, whatever its clock', () => {
  for (const ppm of [-200, 0, 200]) {
    const rig = new Rig();
    rig.card.ppm = ppm;
    rig.card.extraDelay = 48;
    rig.run(3e6);
    const askedUs = rig.card.nowUs;
    const framesBefore = rig.card.heard.length;
    const pulse = rig.ask();
    rig.run(50e3);
    assert.deepEqual(rig.loud, played);
    assert.equal(rig.word(Word.begun), pulse);
    assert.equal(rig.word(Word.finished), pulse);
    assert.equal(rig.word(Word.underruns), 0, 'no underrun in 3 s of silence');
    const startedUs = rig.values[Value.startedUs] as number;
    const heardUs = ((rig.card.heard.indexOf(played[0] as number) - framesBefore) * 1e6) / 48_000 + askedUs;
    // The card's own 48 frames are not in its queue, and belong to the delay.
    assert.ok(Math.abs(startedUs - heardUs - 1000) < 30, `${startedUs - heardUs} us`);
    assert.ok(startedUs - askedUs < 10e3 + 2667);
    assert.equal(rig.values[Value.endsUs], startedUs + (500 * 1e6) / 48_000);
  }
});

test('the pump may come up to two periods late', () => {
  const rig = new Rig();
  rig.ask();
  rig.run(1e6, (step) => (step % 7) * 700);
  assert.deepEqual(rig.loud, played);
  assert.equal(rig.word(Word.underruns), 0);
});

test('R-23 an underrun is repaired and counted; a pulse that it cut is not taken up again', () => {
  const rig = new Rig();
  rig.run(20e3);
  const pulse = rig.ask();
  rig.run(6e3);
  rig.card.advance(30e3);
  rig.run(100e3);
  assert.equal(rig.word(Word.underruns), 1);
  assert.equal(rig.word(Word.finished), pulse);
  assert.deepEqual(rig.loud, played.slice(0, rig.loud.length));
  assert.ok(rig.loud.length < 500);
  assert.equal(rig.card.state, 'running');
  const before = rig.loud.length;
  rig.ask();
  rig.run(50e3);
  assert.deepEqual(rig.loud.slice(before), played, 'and the next one is whole');
});

test('R-23 five underruns within ten minutes are a fault, five in an hour are not', () => {
  const underrun = (rig: Rig, pauseUs: number): void => {
    rig.card.advance(30e3);
    rig.run(10e3);
    // Nothing else happens meanwhile: only the clock that the pump reads goes on.
    rig.card.nowUs += pauseUs;
  };
  const bad = new Rig();
  for (let n = 0; n < 4; n++) underrun(bad, 1e6);
  assert.equal(bad.pump.failure, 0);
  underrun(bad, 1e6);
  assert.equal(bad.pump.failure, Errno.pipe);
  assert.equal(bad.card.state, 'setup', 'and the card is silent');
  const good = new Rig();
  for (let n = 0; n < 6; n++) underrun(good, 160e6);
  assert.equal(good.pump.failure, 0);
});

test('R-16 after a stop no sample of the pulse sounds, wherever the pump was', () => {
  // The stop falls before, within and after the write of each period of the pulse.
  for (let writes = 1; writes < 8; writes++) {
    const rig = new Rig();
    rig.run(20e3);
    rig.ask();
    let left = writes;
    let heardAtStop = -1;
    rig.card.onWrite = () => {
      if (--left !== 0) return;
      rig.stop();
      heardAtStop = rig.loud.length;
    };
    rig.run(100e3);
    assert.ok(heardAtStop >= 0);
    assert.equal(rig.loud.length, heardAtStop, `${writes} periods`);
    rig.card.onWrite = undefined;
    assert.equal(rig.card.state, 'running', 'on silence');
    assert.equal(rig.word(Word.underruns), 0, 'a stop is no underrun');
    rig.ask();
    rig.run(50e3);
    assert.deepEqual(rig.loud.slice(heardAtStop), played);
  }
});

test('a pulse that is asked for right behind a stop sounds whole', () => {
  for (const hasRoomAtRest of [false, true]) {
    const rig = new Rig();
    rig.card.hasRoomAtRest = hasRoomAtRest;
    rig.ask();
    rig.run(6e3);
    rig.stop();
    const before = rig.loud.length;
    const pulse = rig.ask();
    rig.run(100e3);
    assert.equal(rig.word(Word.begun), pulse);
    assert.deepEqual(rig.loud.slice(before), played);
  }
});

test('a pulse that was stopped before it began never begins', () => {
  const rig = new Rig();
  rig.ask();
  rig.stop();
  rig.run(50e3);
  assert.equal(rig.loud.length, 0);
  assert.equal(rig.word(Word.begun), 0);
});

test('R-27 a sham takes the same calls at the same times and is silent', () => {
  const calls = (gain: number): { at: readonly number[]; loud: number } => {
    const rig = new Rig();
    const at: number[] = [];
    rig.card.onWrite = () => at.push(rig.card.nowUs);
    rig.run(20e3);
    rig.ask(gain);
    rig.run(100e3);
    return { at: [...at, ...rig.values.subarray(1), ...rig.words], loud: rig.loud.length };
  };
  const [real, sham] = [calls(1), calls(0)];
  assert.deepEqual(sham.at, real.at);
  assert.equal(sham.loud, 0);
  assert.equal(real.loud, 500);
});

test('R-23 a card that is pulled out is a fault; one that was suspended goes on', () => {
  const gone = new Rig();
  gone.ask();
  gone.run(6e3);
  gone.card.fault = Errno.nodev;
  gone.run(10e3);
  assert.equal(gone.pump.failure, Errno.nodev);
  assert.equal(gone.word(Word.finished), 1);
  const slept = new Rig();
  slept.run(10e3);
  slept.card.fault = Errno.suspended;
  slept.run(10e3);
  assert.equal(slept.pump.failure, 0);
  slept.ask();
  slept.run(50e3);
  assert.deepEqual(slept.loud, played);
});
