import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventCode } from '../loop/records.js';
import { recordLength } from '../contracts.js';
import { Budget } from './budget.js';
import { LeaseKeeper } from './lease-keeper.js';

const hour = 3600e6;
const loose = { perHour: 1000, perNight: 1000 };

function begun(night = '', boot = 'a', nowUs = 0): Budget {
  const budget = Budget.first();
  budget.continueIn(boot, nowUs);
  budget.begin('night.db', night);
  return budget;
}

/** A new start after the last run's end or death, at this time of this boot's clock. */
function again(budget: Budget, boot: string, nowUs: number, night = ''): Budget {
  const next = Budget.parse(budget.toText());
  next.continueIn(boot, nowUs);
  next.recover([], nowUs);
  next.begin('again.db', night);
  return next;
}

test('R-20 what was given counts for an hour, and for 24 hours, by the clock of the machine', () => {
  const budget = begun();
  budget.give(1, 1e6);
  budget.give(2, 2e6);
  const at = (us: number): number[] => {
    const { hour, day } = budget.left(loose, 0, us);
    return [1000 - hour, 1000 - day];
  };
  assert.deepEqual(at(2e6), [2, 2]);
  assert.deepEqual(at(hour + 1e6), [1, 2]);
  assert.deepEqual(at(hour + 2e6), [0, 2]);
  assert.deepEqual(at(24 * hour + 2e6 - 1), [0, 1]);
  assert.deepEqual(at(24 * hour + 2e6), [0, 0]);
});

test('R-20 the same boot goes on, and in another one the time between counts as none, whatever its clock says', () => {
  const budget = begun();
  budget.give(1, 10e6);
  budget.finish(20e6);
  assert.equal(again(budget, 'a', 10e6 + hour).left(loose, 0, 10e6 + hour).hour, 1000);
  for (const clock of [0, 5e6, 50 * hour]) {
    const next = again(budget, 'b', clock);
    assert.equal(next.left(loose, 0, clock + hour - 10e6 - 1).hour, 999, 'ten seconds had gone before');
    assert.equal(next.left(loose, 0, clock + hour - 10e6).hour, 1000);
    assert.deepEqual(again(budget, 'b', clock).past(clock), [{ atUs: clock - 10e6, stimuli: 1, night: false }]);
  }
  // Who cannot tell which boot it is has none to go on with; and a clock that ran backwards is another one.
  const nameless = begun('', 'unknown');
  nameless.give(1, 0);
  nameless.finish(0);
  assert.equal(again(nameless, 'unknown', 2 * hour).left(loose, 0, 2 * hour).hour, 999);
  assert.equal(again(budget, 'a', 5e6).left(loose, 0, 5e6 + hour - 10e6 - 1).hour, 999);
});

test('R-20 a night is counted by its name, over days and recordings; without a name only hours count', () => {
  const budget = begun('s/P1/2');
  for (let n = 1; n <= 5; n++) budget.give(n, n * 1e6);
  budget.finish(10e6);
  const limits = { perHour: 100, perNight: 100 };
  const later = 30 * hour;
  const left = (night: string): unknown => again(budget, 'a', later, night).left(limits, 2, later);
  assert.deepEqual(left('s/P1/2'), { hour: 98, day: 98, night: 93 });
  assert.deepEqual(left('s/P1/3'), { hour: 98, day: 98, night: 98 });
  assert.deepEqual(left(''), { hour: 98, day: 98, night: null });
  const past = again(budget, 'a', later, 's/P1/2').past(later);
  assert.deepEqual(past, [{ atUs: 5e6, stimuli: 5, night: true }]);
});

test('R-20 what is older than an hour is kept by the minute, always at the later time, and none is lost', () => {
  const budget = begun();
  for (let n = 1; n <= 600; n++) budget.give(n, n * 1e6 + 500e3);
  const past = again(budget, 'a', 2 * hour).past(2 * hour);
  assert.deepEqual(
    past.map(({ atUs, stimuli }) => [atUs / 1e6, stimuli]),
    Array.from({ length: 11 }, (_, minute) => [
      Math.min(minute * 60 + 59.5, 600.5),
      minute === 0 ? 59 : minute === 10 ? 1 : 60,
    ]),
  );
});

test('R-20 of a killed run what is proven keeps its time, and the rest of its leases counts at their end, or now', () => {
  const open = { lease: 1, stimuli: 6, used: 2, untilUs: 60e6 };
  const killed = (): Budget => {
    const budget = begun();
    budget.give(1, 1e6);
    budget.give(2, 2e6);
    budget.hold([open, { lease: 2, stimuli: 3, used: 0, untilUs: 90e6 }], 5e6);
    return Budget.parse(budget.toText());
  };
  const recovered = (nowUs: number): unknown[] => {
    const budget = killed();
    budget.continueIn('a', nowUs);
    const proven = [1, 2, 3, 4].map((command) => ({ command, atUs: command * 1e6 }));
    assert.deepEqual(budget.recover(proven, nowUs), { proven: 2, possible: 5 });
    budget.begin('b', '');
    return budget.past(nowUs).map(({ atUs, stimuli }) => [atUs / 1e6, stimuli]);
  };
  const proven = [1, 2, 3, 4].map((second) => [second, 1]);
  assert.deepEqual(recovered(1000e6), [...proven, [90, 5]]);
  assert.deepEqual(recovered(30e6), [...proven, [30, 5]]);
  const budget = killed();
  assert.deepEqual(budget.recover([], 5e6), { proven: 0, possible: 7 });
});

test('R-20 a night of whoever withdraws counts as before under another name, apart from every other night', () => {
  const budget = begun('s/P1/1');
  budget.give(1, 1e6);
  budget.finish(2e6);
  for (const [n, night] of ['s/P1/2', 's/P10/1', 't/P1/1', 's/P2/1'].entries()) {
    budget.begin('b.db', night);
    for (let command = 1; command <= n + 2; command++) budget.give(command, (10 * n + 10 + command) * 1e6);
    budget.finish((10 * n + 20) * 1e6);
  }
  // Its run was killed, and has leases that may have been used.
  budget.begin('c.db', 's/P1/2');
  budget.hold([{ lease: 1, stimuli: 7, used: 0, untilUs: 90e6 }], 80e6);
  const before = budget.counts();
  assert.ok(budget.names('s', 'P1'));
  budget.unname('s', 'P1');
  const others = { 's/P10/1': 3, 't/P1/1': 4, 's/P2/1': 5 };
  assert.deepEqual(budget.counts(), { ...before, nights: { 'withdrawn/1': 1, 'withdrawn/2': 2, ...others } });
  assert.ok(!budget.names('s', 'P1'));
  budget.unname('s', 'P2');
  budget.recover([], 100e6);
  assert.deepEqual(budget.counts().nights, {
    ...{ 'withdrawn/1': 1, 'withdrawn/2': 9, 's/P10/1': 3, 't/P1/1': 4, 'withdrawn/3': 5 },
  });
  const { hour, day } = again(budget, 'a', 101e6, 's/P3/1').left(loose, 0, 101e6);
  assert.deepEqual([hour, day], [1000 - 22, 1000 - 22]);
});

test('R-20 a text that is no budget is refused by name', () => {
  assert.throws(() => Budget.parse('{"version":1}'), /bootId/);
  assert.throws(() => Budget.parse(Budget.first().toText().replace('"given":[]', '"given":[{"atUs":1}]')), /stimuli/);
  assert.throws(() => Budget.parse('nonsense'));
});

// ── A world with crashes, boots and clocks of their own ─────────────────────────────────────────────────────────────

const limits = { perHour: 8, perNight: 20 };
const perMinute = 3;

/** Machine, recorder, loop and guardian, as far as leases and budgets go. True time never stands still. */
class World {
  /** When each stimulus was really delivered, and since when it counts after a reset. */
  delivered: number[] = [];
  trueUs = 0;
  #saved = Budget.first().toText();
  #boot = 0;
  #bootUs = 0;
  #keeper: LeaseKeeper | undefined;
  #command = 0;
  #lease = { number: 0, left: 0, untilUs: -Infinity };
  #armed = false;
  /** Events that the recorder has not drained yet: a crash loses them. */
  #ring: Float64Array[] = [];
  /** What the recording and the guardian's log prove of this run. */
  #proven: { command: number; atUs: number }[] = [];

  get #now(): number {
    return this.trueUs - this.#bootUs;
  }

  start(): void {
    if (this.#keeper) return;
    const budget = Budget.parse(this.#saved);
    budget.continueIn(`boot ${this.#boot}`, this.#now);
    budget.recover(this.#proven, this.#now);
    budget.begin('run.db', '');
    this.#saved = budget.toText();
    this.#keeper = new LeaseKeeper(budget, limits);
    this.#past = budget.past(this.#now).flatMap(({ atUs, stimuli }) => new Array<number>(stimuli).fill(atUs));
    this.#command = 0;
    this.#proven = [];
    this.#ring = [];
    this.#armed = false;
    this.#lease = { number: 0, left: 0, untilUs: -Infinity };
  }

  #past: number[] = [];

  #event(kind: number, ...fields: number[]): void {
    const record = new Float64Array(recordLength);
    record.set([kind, 0, 0, this.#now, ...fields]);
    this.#ring.push(record);
  }

  arm(on: boolean): void {
    if (!this.#keeper) return;
    this.#armed = on;
    if (on) this.#event(EventCode.armed, this.#now + hour, perMinute, limits.perHour, limits.perNight, 0, 0);
    else {
      this.#lease.left = 0;
      this.#event(EventCode.disarmed, 0);
    }
  }

  /** The recorder's step; `dies` between the reservation and the message. */
  record(dies: boolean): void {
    if (!this.#keeper) return;
    for (const record of this.#ring.splice(0)) this.#keeper.observe(record);
    const lease = this.#keeper.due(this.#now, this.#now);
    if (!lease) return;
    this.#saved = this.#keeper.budget.toText();
    if (dies) {
      this.crash(false);
      return;
    }
    const taken = this.#armed ? lease.stimuli : 0;
    if (taken > 0) this.#lease = { number: lease.lease, left: taken, untilUs: lease.untilUs };
    this.#event(EventCode.lease, lease.lease, taken, lease.untilUs);
  }

  /** The gate, as little of it as matters here: limits over this run and what it was told of before. */
  request(recorded: boolean): void {
    const within = (us: number): number => this.#past.filter((at) => at > this.#now - us).length;
    if (!this.#keeper || !this.#armed || !(this.#lease.left >= 1) || !(this.#now < this.#lease.untilUs)) return;
    if (within(60e6) >= perMinute || within(hour) >= limits.perHour || within(24 * hour) >= limits.perNight) return;
    this.#lease.left--;
    this.#past.push(this.#now);
    this.delivered.push(this.trueUs);
    this.#event(EventCode.permit, 0, ++this.#command, 0, 0, this.#lease.number);
    if (recorded) this.#proven.push({ command: this.#command, atUs: this.#now });
  }

  crash(boots: boolean): void {
    this.#keeper = undefined;
    if (!boots) return;
    this.#boot++;
    // Some machines' clocks begin far ahead.
    this.#bootUs = this.trueUs - (this.#boot % 2) * 90 * hour;
  }

  stop(): void {
    if (!this.#keeper) return;
    this.arm(false);
    for (const record of this.#ring.splice(0)) this.#keeper.observe(record);
    this.#keeper.budget.finish(this.#now);
    this.#saved = this.#keeper.budget.toText();
    this.#keeper = undefined;
  }

  reset(): void {
    if (this.#keeper) return;
    const budget = Budget.parse(this.#saved);
    budget.reset('somebody', 'test', 0);
    this.#saved = budget.toText();
    this.delivered = [];
  }

  most(us: number): number {
    return Math.max(
      0,
      ...this.delivered.map((end) => this.delivered.filter((at) => at > end - us && at <= end).length),
    );
  }
}

const act = fc.oneof(
  { weight: 80, arbitrary: fc.record({ do: fc.constant('request' as const), flag: fc.boolean() }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('record' as const), flag: fc.constant(false) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('record' as const), flag: fc.constant(true) }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('arm' as const), flag: fc.constant(true) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('arm' as const), flag: fc.constant(false) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'stop' as const), flag: fc.boolean() }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant('start' as const), flag: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), flag: fc.boolean() }) },
);
const wait = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 6e6 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 60e6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1500e6 }) },
);
const steps = fc.array(fc.tuple(act, wait), { minLength: 100, maxLength: 300, size: 'max' });

/** The greatest number of stimuli that any sequence delivered in all. */
function tryWorlds(runs: number): number {
  let most = 0;
  fc.assert(
    fc.property(steps, (sequence) => {
      const world = new World();
      world.start();
      world.arm(true);
      for (const [{ do: what, flag }, waitUs] of sequence) {
        world.trueUs += waitUs;
        world[what](flag);
        if (what === 'start') world.arm(true);
      }
      assert.ok(world.most(hour) <= limits.perHour, `${world.most(hour)} in an hour`);
      assert.ok(world.most(24 * hour) <= limits.perNight, `${world.most(24 * hour)} in 24 hours`);
      most = Math.max(most, world.delivered.length);
    }),
    { numRuns: runs },
  );
  return most;
}

test('R-20 no hour and no 24 hours hold more than their limit, over crashes, restarts, boots and resets', () => {
  assert.ok(tryWorlds(300) > limits.perHour, 'the worlds stimulate enough to reach a limit');
});
