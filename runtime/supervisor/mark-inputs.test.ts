import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimedMark } from '../../drivers/marks/mark-input.js';
import { MarkInputs } from './mark-inputs.js';

/** One input, as a test moves it. */
class Bench {
  readonly told: string[] = [];
  readonly marked: TimedMark[] = [];
  readonly coming: TimedMark[] = [];
  /** What was done for the night. */
  readonly followed: string[] = [];
  /** Why it cannot be opened or read now. */
  fault = '';
  ready = true;
  room = Infinity;
  opened = 0;
  closed = 0;
  readonly inputs = new MarkInputs<{ line: number }>(
    { button: { line: 23 } },
    {
      open: (name, { line }) => {
        if (this.fault !== '') throw new Error(this.fault);
        assert.deepEqual([name, line], ['button', 23]);
        this.opened++;
        const take = (): TimedMark[] => {
          if (this.fault !== '') throw new Error(this.fault);
          return this.coming.splice(0);
        };
        const ready = (): boolean => this.ready;
        return {
          get ready() {
            return ready();
          },
          take,
          close: () => this.closed++,
        };
      },
      submit: (text, atUs) => {
        if (this.room-- < 1) return false;
        this.marked.push({ text, atUs });
        return true;
      },
      follow: (text) => text === 'adverse' && this.followed.push(text) > 0,
      tell: (line) => this.told.push(line),
    },
  );
}

test('marks pass with the time at which they were', () => {
  const bench = new Bench();
  bench.coming.push({ text: 'button', atUs: 5 }, { text: 'released', atUs: 9 });
  bench.inputs.beat(50e3);
  assert.deepEqual(bench.marked, [
    { text: 'button', atUs: 5 },
    { text: 'released', atUs: 9 },
  ]);
  assert.deepEqual(bench.told, ['marks button: ready']);
  assert.deepEqual(bench.inputs.status, [{ name: 'button', ready: true, problem: '', marks: 2 }]);
  bench.inputs.close();
  assert.equal(bench.closed, 1);
  bench.inputs.beat(10e6);
  assert.equal(bench.opened, 1, 'closed is for good');
});

test('an input that is gone is opened again once a second, and the recording tells from when to when it was away', () => {
  const bench = new Bench();
  bench.inputs.beat(0);
  bench.fault = 'gpio: line 23 is gone. Connect its chip again.';
  for (let ms = 50; ms < 3000; ms += 50) bench.inputs.beat(ms * 1000);
  assert.deepEqual([bench.opened, bench.closed], [1, 1]);
  assert.equal(bench.inputs.status[0]?.problem, bench.fault);
  bench.fault = '';
  for (let ms = 3000; ms <= 4000; ms += 50) bench.inputs.beat(ms * 1000);
  assert.equal(bench.opened, 2);
  assert.deepEqual(
    bench.marked.map(({ text, atUs }) => [text, atUs]),
    [
      ['marks button: gpio: line 23 is gone. Connect its chip again.', 0],
      ['marks button: ready again', 0],
    ],
  );
  assert.deepEqual(bench.inputs.status, [{ name: 'button', ready: true, problem: '', marks: 2 }]);
});

test('R-46 an input that has gone mad gets 50 marks a second at most, and how many were left out is told', () => {
  const bench = new Bench();
  for (let second = 0; second < 10; second++) {
    for (let beat = 0; beat < 20; beat++) {
      for (let n = 0; n < 1000; n++) bench.coming.push({ text: 'button', atUs: 1 });
      bench.inputs.beat(second * 1e6 + beat * 50e3);
    }
  }
  const lost = bench.marked.flatMap(
    ({ text }) => (/^marks button: (\d+) more were left out$/.exec(text) ?? [])[1] ?? [],
  );
  const passed = bench.marked.length - lost.length;
  assert.ok(passed <= 50 * 11 && passed >= 50 * 9, String(passed));
  assert.equal(lost.reduce((sum, count) => sum + Number(count), 0) + passed, 200_000);
});

test('R-46 what there is no room for waits, and is bounded', () => {
  const bench = new Bench();
  bench.room = 0;
  for (let second = 0; second < 20; second++) {
    for (let n = 0; n < 50; n++) bench.coming.push({ text: `${second * 50 + n}`, atUs: 1 });
    bench.inputs.beat(second * 1e6);
  }
  assert.equal(bench.marked.length, 0);
  bench.room = Infinity;
  bench.inputs.beat(21e6);
  assert.equal(bench.marked.length, 201);
  assert.equal(bench.marked[0]?.text, '800');
  assert.equal(bench.marked[200]?.text, 'marks button: 800 more were left out');
});

test('R-46 R-50 an adverse event at a button is followed at once by a run whose loop takes nothing, and its mark outlasts all others', () => {
  const bench = new Bench();
  bench.room = 0;
  bench.coming.push({ text: 'adverse', atUs: 7 });
  bench.inputs.beat(0);
  assert.deepEqual(bench.followed, ['adverse']);
  for (let second = 1; second < 20; second++) {
    for (let n = 0; n < 50; n++) bench.coming.push({ text: 'button', atUs: 1 });
    bench.inputs.beat(second * 1e6);
  }
  bench.room = Infinity;
  bench.inputs.beat(21e6);
  assert.equal(bench.marked[0]?.text, 'adverse');
  assert.equal(bench.marked.length, 201);
  assert.deepEqual(bench.followed, ['adverse']);
});

test('R-46 R-50 an adverse event is not lost among the marks of an input that has gone mad; what bounces counts once a second', () => {
  const bench = new Bench();
  for (let n = 0; n < 1000; n++) bench.coming.push({ text: 'button', atUs: 1 });
  bench.coming.push({ text: 'adverse', atUs: 2 });
  bench.inputs.beat(0);
  assert.deepEqual(bench.followed, ['adverse']);
  assert.ok(bench.marked.some(({ text }) => text === 'adverse'));
  for (let beat = 1; beat <= 40; beat++) {
    for (let n = 0; n < 10; n++) bench.coming.push({ text: 'adverse', atUs: beat });
    bench.inputs.beat(beat * 50e3);
  }
  // At 0, 1 and 2 s.
  assert.equal(bench.followed.length, 3);
});
