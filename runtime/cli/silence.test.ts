import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Command } from 'commander';
import { serveControl } from '../supervisor/control-socket.js';
import { createPlaces } from '../supervisor/places.js';
import { runCommand } from './command.test.fixture.js';
import { disarmCommand, markCommand } from './control.js';
import { nightCommand } from './night.js';
import { silenceCommand } from './silence.js';

/** Where sockets are looked for during one test. */
function runtimeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  const before = process.env['RUNTIME_DIRECTORY'];
  process.env['RUNTIME_DIRECTORY'] = folder;
  t.after(() => {
    if (before === undefined) delete process.env['RUNTIME_DIRECTORY'];
    else process.env['RUNTIME_DIRECTORY'] = before;
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test('R-16 silence that finds no guardian, for one is just being started, disarms the run, and says that it was not heard', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const silence = (): Promise<string> => runCommand(t, silenceCommand(), '--socket', join(folder, 'silence.sock'));
  await assert.rejects(silence(), /no guardian listens there, so none of ours can stimulate now\.$/);
  const asked: string[] = [];
  const server = await serveControl(join(folder, 'control.sock'), ({ verb }) => {
    asked.push(verb);
    return Promise.resolve({ ok: true, value: {} });
  });
  t.after(() => server.close());
  await assert.rejects(silence(), /no guardian listens there.*Its run is disarmed\.$/);
  assert.deepEqual(asked, ['disarm']);
});

test('R-51 whoever asks for rest while no run is there leaves that for the next one', async (t) => {
  const folder = runtimeFolder(t);
  const asked: [Command, ...string[]][] = [
    [silenceCommand()],
    [silenceCommand(), '--device', 'bed'],
    [disarmCommand()],
    [disarmCommand(), '--device', 'bed'],
    [markCommand(), 'adverse', 'headache'],
    [markCommand(), 'lightsOn', '--by', 'AM', '--device', 'bed'],
  ];
  const calls = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  // Nothing of it has run on this machine: there is nothing to arm again, and nobody is told that it was left.
  await assert.rejects(runCommand(t, disarmCommand(), '--device', 'bed'), /ENOENT|no axond/i);
  assert.deepEqual(calls(), []);
  for (const [command, ...words] of asked) {
    for (const name of ['bed', 'other']) createPlaces(name);
    await assert.rejects(
      runCommand(t, command, ...words),
      / A run that begins now in \/.+ does not arm by itself\.( It is not written down: [^.]*\.)?$/,
    );
    const which = words.includes('--device') ? ['bed'] : ['bed', 'other'];
    assert.deepEqual(
      calls(),
      ['bed', 'other', ...which.map((name) => `${name}/rest-call`)].toSorted(),
      words.join(' '),
    );
    rmSync(folder, { recursive: true });
  }
  // A mistyped socket is of none; a file beside the folders keeps nobody else from it.
  createPlaces('bed');
  writeFileSync(join(folder, 'a-file'), '');
  await assert.rejects(runCommand(t, disarmCommand(), '--socket', join(folder, 'contrl.sock')), /contrl\.sock/);
  await assert.rejects(
    runCommand(t, disarmCommand(), '--socket', join(folder, 'bed', 'control.sock')),
    /does not arm by itself/,
  );
  assert.deepEqual(calls(), ['a-file', 'bed', 'bed/rest-call']);
  rmSync(folder, { recursive: true });
  createPlaces('bed');
  await assert.rejects(runCommand(t, markCommand(), 'awake'), /No axond is running here\.[^]*--socket\.$/);
  assert.deepEqual(calls(), ['bed']);
});

test('R-51 a call that one device hears stands for those that do not run, too, and says which has heard it', async (t) => {
  const folder = runtimeFolder(t);
  createPlaces('dead');
  const { control, silence } = createPlaces('living');
  const server = await serveControl(control, () => Promise.resolve({ ok: true, value: { name: 'living' } }));
  const guardian = createServer((socket) => socket.end('at rest')).listen(silence);
  t.after(() => [server, guardian].forEach((one) => one.close()));
  for (const [command, said] of [
    [silenceCommand(), /^Guardian of living: at rest$/m],
    [disarmCommand(), /^Disarmed: living\.$/m],
  ] as const) {
    assert.match(await runCommand(t, command), said);
    for (const name of ['dead', 'living']) {
      assert.ok(existsSync(join(folder, name, 'rest-call')), name);
      rmSync(join(folder, name, 'rest-call'));
    }
  }
});

test('R-51 lights on is heard by a run that only begins, and by one that comes after a dead one', async (t) => {
  const folder = runtimeFolder(t);
  const call = join(folder, 'bed', 'rest-call');
  const { control } = createPlaces('bed');
  await assert.rejects(runCommand(t, nightCommand(), '--lights-on'), /^Error: No run is here\. A run that begins now/);
  assert.ok(existsSync(call));
  rmSync(call);
  const asked: string[] = [];
  const server = await serveControl(control, ({ verb }) => {
    asked.push(verb);
    return Promise.resolve({ ok: true, value: { recording: '/nowhere/bed.db', processes: { core: process.pid } } });
  });
  t.after(() => server.close());
  await assert.rejects(runCommand(t, nightCommand(), '--lights-on'), /only beginning\..* It is disarmed\.$/);
  assert.ok(existsSync(call));
  assert.deepEqual(asked, ['status', 'disarm']);
});
