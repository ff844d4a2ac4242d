import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyncTrain } from './sync-train.js';

class Bench {
  nowUs = 10e6;
  fault = '';
  draw = 0.5;
  readonly calls: string[] = [];
  readonly marks: { text: string; atUs: number }[] = [];
  readonly train = new SyncTrain(10, {
    open: () => {
      if (this.fault !== '') throw new Error(this.fault);
      this.calls.push('open');
      return {
        ready: true,
        raise: (number) => {
          if (this.fault !== '') throw new Error(this.fault);
          this.nowUs += 30;
          this.calls.push(`raise ${number}`);
        },
        lower: () => this.calls.push('lower'),
        close: () => this.calls.push('close'),
      };
    },
    nowUs: () => this.nowUs,
    random: () => this.draw,
    mark: (text, atUs) => this.marks.push({ text, atUs }),
    tell: () => undefined,
  });

  /** Calls every 50 ms. */
  run(seconds: number): this {
    for (let beat = 0; beat < seconds * 20; beat++) {
      this.train.beat();
      this.nowUs += 50e3;
    }
    return this;
  }
}

test('each pulse lasts from one call to the next, and stands in the recording at the middle of what it took', () => {
  const bench = new Bench().run(1);
  assert.deepEqual(bench.calls, ['open', 'raise 1', 'lower']);
  assert.deepEqual(bench.marks, [{ text: 'sync 1 within 15 us', atUs: 10e6 + 15 }]);
});

test('intervals go from a half to one and a half of what was asked for, by the draw', () => {
  for (const [draw, seconds] of [
    [0, 5],
    [0.25, 7.5],
    [0.999, 14.99],
  ] as const) {
    const bench = new Bench();
    bench.draw = draw;
    const [first, second] = bench.run(20).marks;
    const interval = ((second?.atUs ?? NaN) - (first?.atUs ?? NaN)) / 1e6;
    assert.ok(interval >= seconds && interval < seconds + 0.06, `${draw}: ${interval}`);
  }
});

test('R-47 what is gone is tried again once a second, told once, and is low when the run ends', () => {
  const bench = new Bench().run(1);
  bench.fault = 'gpio: line 5 is in use. See who holds it: gpioinfo.';
  bench.run(30);
  assert.deepEqual(
    bench.marks.slice(1).map(({ text }) => text),
    [`sync: ${bench.fault}`],
  );
  bench.fault = '';
  bench.run(20);
  assert.ok(bench.calls.includes('raise 2'));
  bench.train.close();
  assert.equal(bench.calls.at(-1), 'close');
  const count = bench.calls.length;
  bench.run(30);
  assert.equal(bench.calls.length, count);
});
