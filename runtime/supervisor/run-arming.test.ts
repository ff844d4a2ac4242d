import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunPlan } from '../config/compile.js';
import { RunMemory } from './memory.js';
import type { NightRun } from './night-run.js';
import { RunArming, type ArmingParts } from './run-arming.js';
import type { Status } from './status.js';

/** A run against which nothing speaks, and whose guardian takes its time. */
class Bench {
  readonly memory = new RunMemory(1);
  readonly written: string[] = [];
  isThere = true;
  answer: () => void = () => undefined;
  readonly #checked = new Promise<void>((resolve) => (this.answer = resolve));
  readonly arming: RunArming;

  constructor() {
    const limits = { intervalUs: 1e6, perMinute: 6, perHour: 60, perNight: 600 };
    const night = {
      reasons: [],
      windowSeconds: 3600,
      armed: () => Promise.resolve(this.written.push('armed')),
      disarming: (cause: string) => void this.written.push(`disarmed ${cause}`),
    } as unknown as NightRun;
    const stimulator = {
      ready: true,
      renew: () => true,
      becomesReady: () => Promise.resolve(true),
      check: () => this.#checked.then(() => []),
    } as unknown as NonNullable<ArmingParts['stimulator']>;
    this.arming = new RunArming(
      { name: 'bed-1', loop: { stimulation: { limits } }, source: {} } as unknown as RunPlan,
      this.memory,
      () => ({ stimulator, recorder: undefined, lock: undefined, night }),
      () => ({ source: { samples: 1 }, stimulation: { holding: [] } }) as unknown as Status,
    );
  }

  arm(): Promise<readonly string[]> {
    return this.arming.arm({ device: 'bed-1', forSeconds: 60 }, () => this.isThere);
  }

  /** Messages that the loop was given. */
  get told(): number {
    return mailbox - this.memory.requests.free();
  }
}
const mailbox = new RunMemory(1).requests.free();

test('R-01 nothing is armed for somebody who has gone before the answer', async () => {
  const bench = new Bench();
  const asked = bench.arm();
  bench.isThere = false;
  bench.answer();
  assert.deepEqual(await asked, ['whoever asked has gone.']);
  assert.equal(bench.told, 0);
  assert.deepEqual(bench.written, ['armed', 'disarmed unanswered']);
});

test('somebody who waits for the answer gets it when the loop was told', async () => {
  const bench = new Bench();
  const asked = bench.arm();
  bench.answer();
  assert.deepEqual(await asked, []);
  assert.equal(bench.told, 1);
  assert.deepEqual(bench.written, ['armed']);
});
