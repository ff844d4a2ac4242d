import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState, guardianCauses } from '../contracts.js';
import { GuardianKeeper } from './guardian-keeper.js';

/** Everything that the keeper asks for, in order. */
class Bench {
  readonly asked: string[] = [];
  readonly posted: (readonly number[])[] = [];
  full = false;
  silenced = 0;
  readonly #timers: (() => void)[] = [];
  readonly keeper = new GuardianKeeper({
    start: () => void this.asked.push('start'),
    stop: () => void this.asked.push('stop'),
    after: (us, then) => {
      this.asked.push(`after ${us}`);
      this.#timers.push(then);
    },
    offer: (guardian) => void this.asked.push(`offer ${guardian}`),
    post: (_, fields) => {
      if (!this.full) this.posted.push(fields);
      return !this.full;
    },
    silenced: () => {
      this.silenced++;
    },
    say: () => undefined,
  });

  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  elapse(): void {
    for (const then of this.#timers.splice(0)) then();
  }
}

const exited = [0, guardianCauses.indexOf('exited')];

test('R-01 a guardian that ends by itself is told to the loop before the next one is started', () => {
  const bench = new Bench();
  bench.keeper.started();
  bench.keeper.state(true, 'ready');
  assert.deepEqual(bench.takeAsked(), ['offer 1']);
  bench.keeper.exited('killed');
  assert.deepEqual(bench.posted, [[1, 0], exited]);
  assert.deepEqual(bench.takeAsked(), ['offer 0', 'after 500000']);
  assert.equal(bench.keeper.ready, false);
  bench.elapse();
  bench.keeper.started();
  assert.deepEqual(bench.takeAsked(), ['start', 'offer 2']);
});

test('one that cannot be started is tried again', () => {
  const bench = new Bench();
  bench.keeper.started();
  bench.keeper.exited('killed');
  bench.elapse();
  bench.takeAsked();
  bench.keeper.failed('no space left on device');
  assert.deepEqual(bench.takeAsked(), ['after 500000']);
  bench.elapse();
  assert.deepEqual(bench.takeAsked(), ['start']);
});

test('what is heard of the guardian reaches the loop in its order, also past a mailbox that was full', () => {
  const bench = new Bench();
  bench.full = true;
  bench.keeper.receipt({ command: 1, state: ReceiptState.started, atUs: 5, evidence: '' });
  bench.keeper.state(false, 'silenced');
  bench.full = false;
  // Nothing overtakes what waits.
  bench.keeper.receipt({ command: 1, state: ReceiptState.ended, atUs: 6, evidence: '' });
  assert.deepEqual(bench.posted, []);
  bench.keeper.flush();
  assert.deepEqual(bench.posted, [
    [1, ReceiptState.started, 5],
    [0, guardianCauses.indexOf('silenced')],
    [1, ReceiptState.ended, 6],
  ]);
});

test('R-16 a silenced guardian is replaced when it is asked for, and not before', () => {
  const bench = new Bench();
  bench.keeper.started();
  bench.keeper.state(true, 'ready');
  assert.equal(bench.keeper.renew(), false);
  bench.keeper.state(false, 'silenced');
  bench.elapse();
  assert.deepEqual(bench.takeAsked(), ['offer 1']);
  assert.equal(bench.keeper.renew(), true);
  assert.equal(bench.keeper.renew(), false);
  assert.deepEqual(bench.takeAsked(), ['stop']);
  bench.keeper.exited('ended');
  assert.deepEqual(bench.takeAsked(), ['offer 0', 'start']);
});

test('what was ended for good stays so, also if it was about to be started again', () => {
  const bench = new Bench();
  bench.keeper.started();
  bench.keeper.exited('killed');
  bench.keeper.stop();
  bench.elapse();
  assert.deepEqual(bench.takeAsked(), ['offer 1', 'offer 0', 'after 500000', 'stop']);
});

test('R-16 that a person silenced it is told past the loop, which may hang; that it rests for another reason is not', () => {
  const bench = new Bench();
  bench.full = true;
  for (const cause of guardianCauses) bench.keeper.state(false, cause);
  assert.equal(bench.silenced, 1);
});
