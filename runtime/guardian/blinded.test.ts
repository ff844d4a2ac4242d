import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ReceiptState, type Condition, type StudyPlan } from '../contracts.js';
import { monotonicUs } from '../monotonic.js';
import { encodeAllocation } from '../study/allocation.js';
import { writeSealed } from '../study/sealed-files.js';
import { restCode, startCode, startRig, type GuardianRig } from './guardian.test.fixture.js';
import { readSeal } from './seal.js';

/** A real guardian with a sealed file; what comes out of it, as it comes out. */

interface Sealed {
  readonly study: StudyPlan;
  readonly sha256: string;
}

/** One participant, one night. */
async function sealed(t: TestContext, condition: Condition): Promise<Sealed> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-study-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const allocation = join(folder, 'cue.sealed');
  const text = encodeAllocation({
    study: 'cue',
    made: '2026-11-28T09:00:00.000Z',
    nonce: '5a'.repeat(32),
    participants: ['P001'],
    nights: 1,
    blocks: 1,
    blockSeconds: null,
    rows: [{ participant: 'P001', night: 1, block: 1, condition }],
  });
  const sha256 = await writeSealed(allocation, text);
  return { study: { name: 'cue', participant: 'P001', night: 1, allocation, continue: false }, sha256 };
}

async function rigFor(t: TestContext, { study, sha256 }: Sealed, run = 'a'): Promise<GuardianRig> {
  const rig = await startRig({ night: { study, sha256, run, boot: 'boot', locks: [] } });
  t.after(() => rig.close());
  await until('the guardian to be ready', () => rig.causes.includes('ready'));
  return rig;
}

async function until(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
  const deadlineUs = monotonicUs() + withinMs * 1000;
  while (!condition()) {
    if (monotonicUs() > deadlineUs) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function check(rig: GuardianRig): Promise<readonly string[]> {
  const number = rig.answers.length + 1;
  rig.ask(number);
  await until('an answer', () => rig.answers.length === number);
  return rig.answers.at(-1)!.reasons;
}

/** Fires once, and waits for the end. */
async function fire(rig: GuardianRig, command: number): Promise<void> {
  rig.tellCore(`fire ${command} 20000`);
  const isOver = (state: number): boolean => state >= ReceiptState.ended;
  await until('the end', () => rig.receipts.some((receipt) => receipt.command === command && isOver(receipt.state)));
}

test('R-27 real puts bytes on the wire, sham puts none, and nothing else differs in what the guardian says and logs', async (t) => {
  const said: string[] = [];
  for (const [condition, bytes] of [
    ['real', [restCode, startCode, restCode]],
    ['sham', [restCode]],
  ] as const) {
    const rig = await rigFor(t, await sealed(t, condition));
    assert.deepEqual(await check(rig), []);
    await fire(rig, 1);
    // What a pseudo-terminal still has to hand over comes before the answer to a question asked later.
    await check(rig);
    await until('the bytes', () => rig.bytes().length >= bytes.length);
    assert.deepEqual(rig.bytes(), bytes);
    const receipts = rig.receipts.map(({ command, state, evidence }) => ({ command, state, evidence }));
    const words = JSON.stringify([receipts, rig.causes, rig.answers, rig.deliveries()]);
    said.push(words.replaceAll(/\d+\.\d+/g, 'TIME').replaceAll(/pts\/\d+/g, 'PTY'));
    assert.deepEqual(
      receipts.map(({ state }) => state),
      [ReceiptState.accepted, ReceiptState.started, ReceiptState.ended],
    );
  }
  assert.equal(said[0], said[1]);
  assert.doesNotMatch(said[0] ?? '', /real|sham/);
});

test('R-27 a night that was not taken fires nothing: the guardian stops at the first command', async (t) => {
  const rig = await rigFor(t, await sealed(t, 'real'));
  await fire(rig, 1);
  assert.deepEqual(
    rig.receipts.map(({ state, evidence }) => [state, evidence]),
    [[ReceiptState.refused, 'the condition is not known']],
  );
  await until('word of it', () => rig.causes.at(-1) === 'condition');
  assert.deepEqual(rig.bytes(), [restCode]);
});

test('R-28 the night is on disk before the answer; killed, it is another run’s only on purpose; unused, it is given back', async (t) => {
  const night = await sealed(t, 'real');
  const uses = (): string => readFileSync(`${night.study.allocation}.uses`, 'utf8');
  const unused = await rigFor(t, night, 'unused');
  assert.deepEqual(await check(unused), []);
  assert.match(uses(), /"run":"unused"/);
  await unused.close();
  assert.match(uses(), /"use":"released"/);

  const killed = await rigFor(t, night, 'killed');
  assert.deepEqual(await check(killed), []);
  await fire(killed, 1);
  process.kill(killed.guardianPid, 'SIGKILL');
  await until('its end', () => killed.ended() !== '');

  const other = await rigFor(t, night, 'other');
  const [reason = '', ...more] = await check(other);
  assert.match(reason, /^study: night 1 of P001 was begun by killed \(.*\)\. .*axond run --continue/);
  assert.deepEqual(more, []);
  await fire(other, 1);
  assert.equal(other.receipts.at(-1)?.state, ReceiptState.refused);

  const continued = await rigFor(t, { ...night, study: { ...night.study, continue: true } }, 'continued');
  assert.deepEqual(await check(continued), []);
  await fire(continued, 1);
  await until('its byte', () => continued.bytes().includes(startCode));
});

test('R-28 the core learns the SHA-256 of the sealed file, or why there is none', async (t) => {
  const { study, sha256 } = await sealed(t, 'sham');
  assert.deepEqual(await readSeal(study.allocation), { sha256, fault: '' });
  const { sha256: none, fault } = await readSeal(`${study.allocation}2`);
  assert.equal(none, null);
  assert.match(fault, /cue\.sealed2: there is no such file\. Put the sealed file there\.$/);
});
