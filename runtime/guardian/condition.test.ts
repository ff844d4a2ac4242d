import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, StudyPlan } from '../contracts.js';
import { AllocationError, type Allocation, type Row } from '../study/allocation.js';
import { encodeUse, readUses } from '../study/uses.js';
import { NightCondition, SharedCondition, conditionWords } from './condition.js';

const study: StudyPlan = { name: 'cue', participant: 'P001', night: 1, allocation: 'cue.sealed', continue: false };
const minutes = 60e6;

function row(participant: string, night: number, block: number, condition: Condition): Row {
  return { participant, night, block, condition };
}

const nights: Allocation = {
  study: 'cue',
  made: '2026-11-28T09:00:00.000Z',
  nonce: '00'.repeat(32),
  participants: ['P001', 'P002'],
  nights: 2,
  blocks: 1,
  blockSeconds: null,
  rows: [row('P001', 1, 1, 'sham'), row('P001', 2, 1, 'real'), row('P002', 1, 1, 'real'), row('P002', 2, 1, 'sham')],
};

/** Blocks of ten minutes: sham, real, real. */
const blocks: Allocation = {
  ...nights,
  participants: ['P001'],
  nights: 1,
  blocks: 3,
  blockSeconds: 600,
  rows: [row('P001', 1, 1, 'sham'), row('P001', 1, 2, 'real'), row('P001', 1, 3, 'real')],
};

/** A box with a sealed file, what is kept beside it, and a clock. Writes are refused while `full`. */
class Box {
  allocation: Allocation | undefined;
  sha256 = 'one';
  uses = '';
  nowUs = 1e9;
  full = false;
  /** Hashes of the versions of the study's lock. */
  locks: readonly string[] = [];

  constructor(allocation: Allocation) {
    this.allocation = allocation;
  }

  run(run: string, changes: Partial<StudyPlan> = {}, boot = 'boot-a', expected: string | null = 'one'): Guardian {
    return new Guardian(this, run, { ...study, ...changes }, boot, expected);
  }
}

/** A guardian's two sides. */
class Guardian {
  readonly night: NightCondition;
  readonly #shared: SharedCondition;

  constructor(box: Box, run: string, plan: StudyPlan, boot: string, sha256: string | null) {
    const words = new Int32Array(new SharedArrayBuffer(conditionWords * 4));
    this.#shared = new SharedCondition(words);
    const ports = {
      readSealed: async () => {
        await Promise.resolve();
        if (!box.allocation) throw new AllocationError('cue.sealed: there is no such file.');
        return { allocation: box.allocation, sha256: box.sha256 };
      },
      readUses: () => Promise.resolve(box.uses),
      append: async (text: string) => {
        await Promise.resolve();
        if (box.full) throw new Error('ENOSPC');
        box.uses += text;
      },
      nowUs: () => box.nowUs,
      wallTime: () => '2026-11-28T22:31:00.000Z',
    };
    this.night = new NightCondition({ study: plan, run, boot, sha256, locks: box.locks }, ports, words);
  }

  async refusal(): Promise<string> {
    const reasons = await this.night.check();
    assert.ok(reasons.length <= 1);
    const [reason = ''] = reasons;
    assert.doesNotMatch(reason, /sham|real/);
    return reason;
  }

  async armed(): Promise<this> {
    assert.equal(await this.refusal(), '');
    return this;
  }

  get condition(): Condition | 'unknown' {
    try {
      return this.#shared.condition();
    } catch {
      return 'unknown';
    }
  }

  async ticked(): Promise<string> {
    const before = this.night.tick();
    // Whatever it has begun is done when nothing waits any more.
    for (let n = 0; n < 20; n++) await Promise.resolve();
    return before + this.night.tick();
  }
}

test('R-27 the condition is that of the row, and is not known before the night is taken', async () => {
  for (const [participant, night, expected] of [
    ['P001', 1, 'sham'],
    ['P001', 2, 'real'],
    ['P002', 1, 'real'],
    ['P002', 2, 'sham'],
  ] as const) {
    const guardian = new Box(nights).run('a', { participant, night });
    assert.equal(guardian.condition, 'unknown');
    assert.equal((await guardian.armed()).condition, expected);
  }
});

test('R-28 what is missing, foreign or used refuses arming in one line, and nothing can be fired', async () => {
  const used = new Box(nights);
  const first = await used.run('a').armed();
  assert.equal(first.condition, 'sham');
  const missing = new Box(nights);
  missing.allocation = undefined;
  const damaged = new Box(nights);
  damaged.uses = '{"use":"taken"} 0000000000000000\n';
  const cases: [Box, Partial<StudyPlan>, RegExp][] = [
    [missing, {}, /^study: cue\.sealed: there is no such file\.$/],
    [new Box(nights), { name: 'other' }, /belongs to the study cue, not to other\. Correct study\.name or/],
    [new Box(nights), { participant: 'P117' }, /P117 is not in cue\.sealed \(P001 to P002\)\. Correct study\.part/],
    [new Box(nights), { night: 3 }, /night 3 is not in cue\.sealed \(1 to 2\)\. Correct study\.night/],
    [used, {}, /night 1 of P001 was begun by a \(2026-11-28T22:31:00\.000Z\)\. .* axond run --continue/],
    [damaged, {}, /cue\.sealed\.uses: is damaged in line 1\. Move it away/],
  ];
  for (const [box, changes, message] of cases) {
    const guardian = box.run('b', changes);
    assert.match(await guardian.refusal(), message);
    assert.equal(guardian.condition, 'unknown');
  }
  assert.equal(first.condition, 'sham');
});

test('R-28 a night is on disk as used before its condition is known; a full disk refuses arming', async () => {
  const box = new Box(nights);
  box.full = true;
  const guardian = box.run('a');
  assert.match(await guardian.refusal(), /ENOSPC/);
  assert.equal(guardian.condition, 'unknown');
  box.full = false;
  assert.equal((await guardian.armed()).condition, 'sham');
  assert.deepEqual(
    [...readUses(box.uses).values()].map(({ run }) => run),
    ['a'],
  );
});

test('R-28 another file than the one of this recording, or of an earlier night, refuses arming', async () => {
  const box = new Box(nights);
  const guardian = await box.run('a').armed();
  box.sha256 = 'two';
  assert.match(await guardian.refusal(), /cue\.sealed: is not the file with which this recording began\. Put that one/);
  assert.equal(guardian.condition, 'unknown');
  const another = box.run('b', { night: 2 }, 'boot-a', 'two');
  assert.match(await another.refusal(), /cue\.sealed: is not the file with which a was recorded\. Put that one back/);
  assert.match(await new Box(nights).run('a', {}, 'boot-a', null).refusal(), /with which this recording began/);
});

test('R-48 a study whose nights were recorded under a lock is not armed without it, nor under an older or another one', async () => {
  const box = new Box(nights);
  await box.run('early').armed();
  box.locks = ['first', 'second'];
  await box.run('a', { night: 2 }).armed();
  assert.match(box.uses, /"run":"a".*"lock":"second"/);
  for (const [locks, why] of [
    [[], /^study: a was recorded under a lock of cue \(second…\), and there is none now\. Put its file back\.$/],
    [['first'], /a was recorded under a lock of cue .*, and it is not among those here/],
    [['another'], /it is not among those here/],
  ] as const) {
    box.locks = locks;
    const guardian = box.run('b', { participant: 'P002' });
    assert.match(await guardian.refusal(), why);
    assert.equal(guardian.condition, 'unknown');
  }
  box.locks = ['first', 'second', 'third'];
  assert.equal((await box.run('b', { participant: 'P002' }).armed()).condition, 'real');
});

test('R-48 a study that was locked is not armed without that lock, though no night was recorded under it', async () => {
  const box = new Box(nights);
  for (const lock of ['first', 'second'])
    box.uses += encodeUse({ use: 'locked', lock, at: '2026-11-28T21:00:00.000Z' });
  for (const [locks, why] of [
    [[], /^study: cue was locked \(first…\), and there is none now\. Put its file back\.$/],
    [['first'], /cue was locked \(second…\), and it is not among those here/],
    [['another'], /it is not among those here/],
  ] as const) {
    box.locks = locks;
    assert.match(await box.run('a').refusal(), why);
  }
  box.locks = ['first', 'second'];
  assert.equal((await box.run('a').armed()).condition, 'sham');
});

test('R-28 the same run arms again and again, also by a guardian that was started anew', async () => {
  const box = new Box(nights);
  await box.run('a').armed();
  const { uses } = box;
  const again = await (await box.run('a').armed()).armed();
  assert.equal(again.condition, 'sham');
  assert.equal(box.uses, uses);
});

test('R-28 a night that another run has begun goes on only on purpose, with the condition of its row', async () => {
  const box = new Box(nights);
  await box.run('a').armed();
  assert.notEqual(await box.run('b').refusal(), '');
  const continued = await box.run('b', { continue: true }, 'boot-b').armed();
  assert.equal(continued.condition, 'sham');
  assert.match(box.uses.split('\n').at(-2) ?? '', /"run":"b".*"continued":true/);
  const spare = await new Box(nights).run('c', { continue: true }, 'boot-c').armed();
  assert.equal(spare.condition, 'sham');
});

test('R-28 two runs that take one night at once: one gets it', async () => {
  const box = new Box(nights);
  const both = await Promise.all([box.run('a').night.check(), box.run('b').night.check()]);
  assert.deepEqual(both.map((reasons) => reasons.length).sort(), [0, 1]);
});

test('R-28 a wrong participant who is noticed before the first stimulus gets the night back; after it, not', async () => {
  const box = new Box(nights);
  const wrong = await box.run('a').armed();
  await wrong.night.close();
  assert.equal(wrong.condition, 'unknown');
  const right = await box.run('b').armed();
  assert.equal(right.condition, 'sham');
  await right.night.close();
  assert.match(await box.run('c').refusal(), /was begun by b/);
});

test('R-28 a continued night and one that was not closed in order are not given back', async () => {
  const box = new Box(nights);
  await box.run('a').armed(); // and killed before a stimulus
  const continued = await box.run('b', { continue: true }).armed();
  await continued.night.close();
  assert.match(await box.run('c').refusal(), /was begun by b/);
});

test('R-27 blocks follow the time since the first arming, each on disk before its condition is known', async () => {
  const box = new Box(blocks);
  const guardian = await box.run('a').armed();
  const blockOnDisk = (): number | undefined => readUses(box.uses).get('P001 1')?.position.block;
  assert.deepEqual([guardian.condition, blockOnDisk()], ['sham', 1]);
  box.nowUs += 10 * minutes - 1;
  assert.equal(await guardian.ticked(), '');
  assert.deepEqual([guardian.condition, blockOnDisk()], ['sham', 1]);
  box.nowUs += 1;
  guardian.night.tick();
  assert.deepEqual([guardian.condition, blockOnDisk()], ['sham', 1]);
  assert.equal(await guardian.ticked(), '');
  assert.deepEqual([guardian.condition, blockOnDisk()], ['real', 2]);
  box.nowUs += 10 * minutes;
  await guardian.ticked();
  assert.deepEqual([guardian.condition, blockOnDisk()], ['real', 3]);
  box.nowUs += 10 * minutes;
  await guardian.ticked();
  assert.equal(guardian.condition, 'unknown');
  assert.match(await guardian.refusal(), /night 1 of P001 is over: its 3 blocks have passed/);
});

test('R-28 a block that cannot be kept on disk is not begun', async () => {
  const box = new Box(blocks);
  const guardian = await box.run('a').armed();
  box.full = true;
  box.nowUs += 10 * minutes;
  assert.match(await guardian.ticked(), /block 2 cannot be kept \(Error: ENOSPC\)\. Make room, and arm again/);
  assert.equal(guardian.condition, 'unknown');
  box.full = false;
  assert.equal((await guardian.armed()).condition, 'real');
});

test('R-28 after a crash the block is that of the time, after a reboot the one that was reached, never an earlier one', async () => {
  const box = new Box(blocks);
  await box.run('a').armed();
  box.nowUs += 12 * minutes;
  const sameBoot = await box.run('b', { continue: true }).armed();
  assert.equal(sameBoot.condition, 'real');
  box.nowUs = 5e6;
  const rebooted = await box.run('c', { continue: true }, 'boot-b').armed();
  assert.equal(rebooted.condition, 'real');
  assert.equal(readUses(box.uses).get('P001 1')?.position.block, 2);
  box.nowUs += 10 * minutes;
  await rebooted.ticked();
  assert.equal(readUses(box.uses).get('P001 1')?.position.block, 3);
  const spare = new Box(blocks);
  await spare.run('d', { continue: true, fromBlock: 2 }, 'boot-d').armed();
  assert.equal(readUses(spare.uses).get('P001 1')?.position.block, 2);
  const back = await box.run('e', { continue: true, fromBlock: 2 }, 'boot-b').armed();
  assert.equal(back.condition, 'real');
  assert.equal(readUses(box.uses).get('P001 1')?.position.block, 3);
});

test('R-28 nothing that is written beside the file tells a condition', async () => {
  const swapped = (allocation: Allocation): Allocation => ({
    ...allocation,
    rows: allocation.rows.map((each) => ({ ...each, condition: each.condition === 'real' ? 'sham' : 'real' })),
  });
  const written = async (allocation: Allocation): Promise<string> => {
    const box = new Box(allocation);
    const guardian = await box.run('a').armed();
    assert.notEqual(guardian.condition, 'unknown');
    box.nowUs += 10 * minutes;
    await guardian.ticked();
    await guardian.night.close();
    return box.uses;
  };
  for (const allocation of [nights, blocks])
    assert.equal(await written(allocation), await written(swapped(allocation)));
});
