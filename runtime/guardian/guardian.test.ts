import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPty } from '../../drivers/serial/pty.js';
import { ReceiptState } from '../contracts.js';
import { monotonicUs } from '../monotonic.js';
import { restCode, startCode, startRig, type GuardianRig } from './guardian.test.fixture.js';
import { silenceGuardian } from './silence.js';
import type { StopInputPlan } from './stop-input.js';

async function until(what: string, condition: () => boolean, withinMs = 15_000): Promise<void> {
  const deadlineUs = monotonicUs() + withinMs * 1000;
  while (!condition()) {
    if (monotonicUs() > deadlineUs) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A guardian that is ready, with a core that beats. */
async function readyRig(t: TestContext, stopInput?: StopInputPlan): Promise<GuardianRig> {
  const rig = await startRig(stopInput && { stopInput });
  t.after(() => rig.close());
  await until('the guardian to be ready', () => rig.causes.includes('ready'));
  await assertBytes(rig, [restCode]);
  return rig;
}

/** The same, within a stimulus of a second. */
async function firingRig(t: TestContext, stopInput?: StopInputPlan): Promise<GuardianRig> {
  const rig = await readyRig(t, stopInput);
  rig.tellCore('fire 1 1000000');
  await until('the start byte', () => rig.bytes().includes(startCode));
  return rig;
}

/** What followed the start byte. */
const afterStart = (rig: GuardianRig): readonly number[] => rig.bytes().slice(2);
const states = (rig: GuardianRig, wanted: number): ReceiptState[] =>
  rig.receipts.filter(({ command }) => command === wanted).map(({ state }) => state);

/**
 * A pseudo-terminal hands bytes over by a kernel thread of its own, so that one may come after the word of it on the
 * guardian's standard output.
 */
async function assertBytes(rig: GuardianRig, expected: readonly number[]): Promise<void> {
  await until(`${expected.length} bytes`, () => changes(rig.bytes()).length >= expected.length);
  assert.deepEqual(changes(rig.bytes()), expected);
}

/** Rest may be said twice in a row: by each of the two threads. */
const changes = (bytes: readonly number[]): number[] => bytes.filter((byte, place) => byte !== bytes[place - 1]);

/** Fires again, and shows that nothing comes of it. */
async function assertLatched(rig: GuardianRig): Promise<void> {
  rig.tellCore('fire 2 1000');
  await until('an answer to the second command', () => states(rig, 2).length > 0);
  const [state, ...more] = states(rig, 2);
  assert.ok(state === ReceiptState.refused || state === ReceiptState.dropped);
  assert.deepEqual(more, []);
  await assertBytes(rig, [restCode, startCode, restCode]);
}

test('R-14 R-18 a stimulus starts, ends by itself at its duration, and both are in the log', async (t) => {
  const rig = await readyRig(t);
  rig.tellCore('fire 1 200000');
  await until('the end', () => states(rig, 1).includes(ReceiptState.ended));
  await assertBytes(rig, [restCode, startCode, restCode]);
  assert.deepEqual(states(rig, 1), [ReceiptState.accepted, ReceiptState.started, ReceiptState.ended]);
  const [accepted, started, ended] = rig.receipts;
  const lastedUs = ended!.atUs - started!.atUs;
  t.diagnostic(`a stimulus of 200 ms lasted ${(lastedUs / 1000).toFixed(2)} ms`);
  assert.ok(accepted!.atUs <= started!.atUs);
  // The clock that the end waits for counts whole milliseconds.
  assert.ok(lastedUs > 198e3 && lastedUs < 700e3, String(lastedUs));
  assert.match(started!.evidence, /^byte 129 on .* for command 1$/);
  // The end is told before it is noted.
  await until('the end in the log', () => rig.deliveries().length === 3);
  const log = rig.deliveries().map((line) => line.split(' '));
  assert.deepEqual([log[0]![0], log[0]![2]], ['1', '?']);
  assert.ok(Number(log[0]![1]) <= started!.atUs);
  assert.deepEqual(log[1], ['1', String(started!.atUs), '-']);
  assert.deepEqual([log[2]![0], log[2]![2]], ['1', String(ended!.atUs)]);
});

test('R-15 the core killed within a stimulus: rest', async (t) => {
  const rig = await firingRig(t);
  const killedUs = monotonicUs();
  process.kill(rig.corePid, 'SIGKILL');
  await until('the rest byte', () => afterStart(rig).includes(restCode));
  const tookMs = (monotonicUs() - killedUs) / 1000;
  t.diagnostic(`from SIGKILL to the rest byte: ${tookMs.toFixed(2)} ms`);
  // The requirement's 50 ms are measured by test/kill-guardian.ts; this machine may be busy with other tests.
  assert.ok(tookMs < 500, `${tookMs} ms`);
  await until('the guardian to leave', () => rig.ended() !== '');
  assert.equal(states(rig, 1).at(-1), ReceiptState.ended);
  assert.equal(existsSync(rig.silenceSocket), false);
});

test('R-13 the core stopped within a stimulus: rest; going on: ready, and fires again', async (t) => {
  const rig = await firingRig(t);
  const stoppedUs = monotonicUs();
  process.kill(rig.corePid, 'SIGSTOP');
  await until('the rest byte', () => afterStart(rig).includes(restCode));
  t.diagnostic(`from SIGSTOP to the rest byte: ${((monotonicUs() - stoppedUs) / 1000).toFixed(2)} ms`);
  await until('word of the lost beats', () => rig.causes.includes('beats-lost'));
  process.kill(rig.corePid, 'SIGCONT');
  await until('word of the return', () => rig.causes.at(-1) === 'ready');
  assert.equal(states(rig, 1).at(-1), ReceiptState.ended);
  // Refused until its rules permit: the stimulus before it was to last a second.
  let command = 2;
  rig.tellCore(`fire ${command} 1000`);
  await until('another stimulus', () => {
    const last = states(rig, command).at(-1);
    const refused = last === ReceiptState.refused || last === ReceiptState.dropped;
    if (refused) rig.tellCore(`fire ${++command} 1000`);
    return last === ReceiptState.ended;
  });
  const [first, second] = rig.receipts.filter(({ state }) => state === ReceiptState.started);
  assert.ok(second!.atUs - first!.atUs >= 1e6);
  await assertBytes(rig, [restCode, startCode, restCode, startCode, restCode]);
});

test('R-13 a core that stays stopped for a second latches the guardian', async (t) => {
  const rig = await firingRig(t);
  process.kill(rig.corePid, 'SIGSTOP');
  await until('latching', () => rig.causes.at(-1) === 'latched');
  process.kill(rig.corePid, 'SIGCONT');
  await assertLatched(rig);
});

test('R-16 silence past a stopped core: at rest when it answers, and latched', async (t) => {
  const rig = await firingRig(t);
  process.kill(rig.corePid, 'SIGSTOP');
  assert.equal(await silenceGuardian(rig.silenceSocket), 'at rest');
  await assertBytes(rig, [restCode, startCode, restCode]);
  process.kill(rig.corePid, 'SIGCONT');
  await until('word of it', () => rig.causes.at(-1) === 'silenced');
  await assertLatched(rig);
  assert.equal(rig.causes.at(-1), 'silenced');
});

test('R-16 SIGUSR1 past a stopped core: rest, and latched', async (t) => {
  const rig = await firingRig(t);
  process.kill(rig.corePid, 'SIGSTOP');
  process.kill(rig.guardianPid, 'SIGUSR1');
  await until('the rest byte', () => afterStart(rig).includes(restCode));
  process.kill(rig.corePid, 'SIGCONT');
  await until('word of it', () => rig.causes.at(-1) === 'silenced');
  await assertLatched(rig);
});

test('R-12 garbage in the channel: rest, and latched', async (t) => {
  const rig = await firingRig(t);
  rig.tellCore('garbage');
  await until('word of it', () => rig.causes.at(-1) === 'channel');
  await assertBytes(rig, [restCode, startCode, restCode]);
  assert.equal(states(rig, 1).at(-1), ReceiptState.ended);
});

test('R-14 SIGTERM within a stimulus: rest before it leaves', async (t) => {
  const rig = await firingRig(t);
  process.kill(rig.guardianPid, 'SIGTERM');
  await until('the guardian to leave', () => rig.ended() !== '');
  await assertBytes(rig, [restCode, startCode, restCode]);
});

test('R-10 a command that breaks a hard limit is refused by the guardian itself', async (t) => {
  const rig = await readyRig(t);
  rig.tellCore('fire 1 1000001');
  rig.tellCore('fire 2 1000');
  rig.tellCore('fire 2 1000');
  rig.tellCore('fire 3 1000');
  await until('all answers', () => states(rig, 3).length > 0 && states(rig, 2).includes(ReceiptState.ended));
  const refused = rig.receipts.filter(({ state }) => state === ReceiptState.refused);
  assert.deepEqual(
    refused.map(({ command, evidence }) => [command, evidence]),
    [
      [1, 'duration'],
      [2, 'replayed'],
      [3, 'interval'],
    ],
  );
  await assertBytes(rig, [restCode, startCode, restCode]);
});

test('R-24 the stop input brings rest past a stopped core, and latches; its other bytes do nothing', async (t) => {
  const button = openPty();
  t.after(() => button.close());
  const rig = await firingRig(t, { use: 'serial', port: button.path, baudRate: 9600, byte: 0x53 });
  writeSync(button.master, Uint8Array.of(0x54));
  rig.ask(1);
  await until('an answer', () => rig.answers.length === 1);
  assert.deepEqual(rig.answers[0]!.reasons, []);
  assert.deepEqual(afterStart(rig), []);
  process.kill(rig.corePid, 'SIGSTOP');
  writeSync(button.master, Uint8Array.of(0x53));
  await until('the rest byte', () => afterStart(rig).includes(restCode));
  process.kill(rig.corePid, 'SIGCONT');
  await until('word of it', () => rig.causes.at(-1) === 'silenced');
  await assertLatched(rig);
});

test('R-24 a stop input that is unplugged has been pressed, and is a reason against arming until it is back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const port = join(folder, 'button');
  const button = openPty(port);
  const rig = await firingRig(t, { use: 'serial', port, baudRate: 9600 });
  button.close();
  await until('word of it', () => rig.causes.at(-1) === 'silenced');
  assert.deepEqual(afterStart(rig)[0], restCode);
  rig.ask(1);
  await until('an answer', () => rig.answers.length === 1);
  assert.match(
    rig.answers[0]!.reasons.join(),
    /^\S+button: the stop input cannot be opened \(.*\)\. Plug it in, or correct/,
  );
  const back = openPty(port);
  t.after(() => back.close());
  rig.ask(2);
  await until('another answer', () => rig.answers.length === 2);
  assert.deepEqual(rig.answers[1]!.reasons, []);
});

test('R-24 what is no serial port is refused as a stop input', async (t) => {
  const rig = await readyRig(t, { use: 'serial', port: '/dev/null', baudRate: 9600 });
  rig.ask(1);
  await until('an answer', () => rig.answers.length === 1);
  assert.match(rig.answers[0]!.reasons.join(), /^\/dev\/null: the stop input cannot be opened/);
});

test('R-22 a question is answered with its number and all that speaks against arming', async (t) => {
  const rig = await readyRig(t);
  rig.ask(3);
  rig.ask(4);
  await until('both answers', () => rig.answers.length === 2);
  assert.deepEqual(rig.answers, [
    { check: 3, reasons: [] },
    { check: 4, reasons: [] },
  ]);
});

test('R-10 the kind bench, with its loose limits, opens nothing but a pseudo-terminal', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const port = join(folder, 'ttyUSB0');
  writeFileSync(port, '');
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  for (const path of [port, '/dev/null']) {
    const names = { fifo: 'f', silenceSocket: 's', pidFile: 'p', deliveries: join(folder, 'd') };
    const options = JSON.stringify({ ...names, actuator: { use: 'bench', port: path } });
    const { status, stderr } = spawnSync(process.execPath, [main, options], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`${path}: is no pseudo-terminal\\. The actuator kind bench opens nothing else\\.`));
  }
});

test('R-14 a guardian that is killed within a stimulus leaves the trigger box at rest', async (t) => {
  const rig = await firingRig(t);
  const killedUs = monotonicUs();
  process.kill(rig.guardianPid, 'SIGKILL');
  await until('the rest byte', () => afterStart(rig).length > 0);
  t.diagnostic(`from SIGKILL of the guardian to the rest byte: ${(monotonicUs() - killedUs) / 1000} ms`);
  await assertBytes(rig, [restCode, startCode, restCode]);
});

test('R-14 a guardian that is stopped by a signal is killed in the end, and leaves the trigger box at rest', async (t) => {
  const rig = await firingRig(t);
  process.kill(rig.guardianPid, 'SIGSTOP');
  await rig.stopGuardian();
  assert.match(rig.ended(), /SIGKILL/);
  await until('the rest byte', () => afterStart(rig).length > 0);
  await assertBytes(rig, [restCode, startCode, restCode]);
});
