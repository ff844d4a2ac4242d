import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { EdvsEmulator, type EdvsEmulatorOptions } from './emulator.js';
import { timestampModes } from './protocol.js';
import { EdvsSession } from './session.js';
import { EdvsSource } from './source.js';

async function condition(holds: () => boolean): Promise<void> {
  const until = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > until) throw new Error('it did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function emulator(t: TestContext, options: EdvsEmulatorOptions): EdvsEmulator {
  const board = new EdvsEmulator(options);
  t.after(() => board.stop());
  return board;
}

/** What 4 Mbaud carry at 6 bytes an event is 66 thousand a second. */
const emulated: EdvsEmulatorOptions = { firmware: 'new', rate: 66_000, seed: 1, lose: 0 };
const frames = { window: { durationUs: 10_000 }, columns: 16, rows: 16, waiting: 64 };

test('an eDVS on a real terminal at the rate of 4 Mbaud: every event arrives, in every mode of its clock', async (t) => {
  for (const timestamps of timestampModes) {
    const board = emulator(t, emulated);
    const notices: string[] = [];
    const source = new EdvsSource(
      { port: board.path, timestamps, ...frames },
      () => undefined,
      ({ text }) => notices.push(text),
    );
    t.after(() => source.stop());
    source.start();
    await condition(() => source.counts.events > 20_000);
    await source.stop();
    board.stop();
    assert.deepEqual(notices, [`${board.path}: the eDVS delivers.`]);
    const { discardedBytes, outside, timeErrors } = source.counts;
    assert.deepEqual(
      { discardedBytes, outside, timeErrors, overrun: board.counts.overrun },
      { discardedBytes: 0, outside: 0, timeErrors: 0, overrun: 0 },
      timestamps,
    );
    assert.ok(source.counts.events <= board.counts.events);
  }
});

test('a byte lost on the line costs the event that it belonged to', async (t) => {
  const board = emulator(t, { ...emulated, lose: 0.0005 });
  const source = new EdvsSource(
    { port: board.path, ...frames },
    () => undefined,
    () => undefined,
  );
  t.after(() => source.stop());
  source.start();
  await condition(() => source.counts.events > 40_000);
  const { events, discardedBytes } = source.counts;
  await source.stop();
  board.stop();
  const lost = discardedBytes / 5; // what is left of an event of six
  const expected = 6 * 0.0005 * events;
  assert.ok(Math.abs(lost - expected) < 0.3 * expected, `${lost} events of ${events}, ${expected} expected`);
});

test('axond emulate edvs tells its port, and its counts at the end', async (t) => {
  const axond = fileURLToPath(new URL('../../../runtime/cli/axond.js', import.meta.url));
  const board = spawn(process.execPath, [axond, 'emulate', 'edvs', '--json', '--rate', '5000'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => board.kill());
  let text = '';
  board.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await condition(() => text.includes('\n'));
  const { port } = JSON.parse(text) as { port: string };
  const source = new EdvsSource(
    { port, ...frames },
    () => undefined,
    () => undefined,
  );
  t.after(() => source.stop());
  source.start();
  await condition(() => source.counts.frames > 3);
  board.stdin.end();
  await condition(() => text.trim().split('\n').length === 2);
  const counts = JSON.parse(text.trim().split('\n')[1]!) as { events: number; lostBytes: number };
  assert.ok(counts.events >= source.counts.events && counts.lostBytes === 0);
});

test('a port that is not there is told once, with the fix; the eDVS is found when it is plugged in, and again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-edvs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const port = join(folder, 'ttyEdvs');
  const notices: string[] = [];
  const source = new EdvsSource(
    { port, ...frames },
    () => undefined,
    ({ text }) => notices.push(text),
  );
  t.after(() => source.stop());
  source.start();
  await condition(() => notices.length === 1);
  assert.match(
    notices[0]!,
    new RegExp(`^${port}: there is no such port\\. Plug the device in, or correct source\\.port`),
  );
  let board = emulator(t, { ...emulated, link: port });
  await condition(() => source.counts.events > 1000);
  board.stop();
  await condition(() => notices.length >= 3);
  board = emulator(t, { ...emulated, link: port });
  await condition(() => notices.filter((text) => text.endsWith('delivers.')).length === 2);
  await source.stop();
  board.stop();
});

test('the dialogue: stop, mode, start; events begin behind the echo, and no answer is told with what to look at', () => {
  const session = new EdvsSession('24bit', 'old');
  session.open(0);
  assert.equal(session.outgoing, 'E-\n!E2\nE+\n');
  const text = Buffer.from('\x85\x03-E-\r\n!E2\nEE+\r\n\x81\x02', 'latin1');
  assert.equal(session.push(text, text.length), text.length - 2);
  assert.ok(session.streaming);
  session.open(0);
  session.outgoing = '';
  session.tick(999_999);
  assert.deepEqual([session.outgoing, session.notice], ['', '']);
  session.tick(1_000_000);
  assert.equal(
    session.notice,
    'no answer from the eDVS (asked 2 times). Is it this port, this baud rate, and is it on?',
  );
  assert.equal(session.outgoing, 'E-\n!E2\nE+\n');
  assert.throws(() => new EdvsSession('delta', 'old'), /timestamps: delta is not known to old firmware/);
});
