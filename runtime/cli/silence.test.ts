import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { serveControl } from '../supervisor/control-socket.js';
import { createPlaces } from '../supervisor/places.js';
import { runCommand } from './command.test.fixture.js';
import { disarmCommand, markCommand } from './control.js';
import { silenceCommand } from './silence.js';

test('R-16 silence that finds no guardian, for one is just being started, disarms the run, and says that it was not heard', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const silence = (): Promise<string> => runCommand(t, silenceCommand(), '--socket', join(folder, 'silence.sock'));
  await assert.rejects(
    silence(),
    /no guardian listens there, so none of ours can stimulate now\. A run that begins now does not arm by itself\.$/,
  );
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
  const folder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  const before = process.env['RUNTIME_DIRECTORY'];
  process.env['RUNTIME_DIRECTORY'] = folder;
  t.after(() => {
    if (before === undefined) delete process.env['RUNTIME_DIRECTORY'];
    else process.env['RUNTIME_DIRECTORY'] = before;
    rmSync(folder, { recursive: true });
  });
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
    await assert.rejects(runCommand(t, command, ...words), / A run that begins now does not arm by itself\.$/);
    const which = words.includes('--device') ? ['bed'] : ['bed', 'other'];
    assert.deepEqual(
      calls(),
      ['bed', 'other', ...which.map((name) => `${name}/rest-call`)].toSorted(),
      words.join(' '),
    );
    rmSync(folder, { recursive: true });
  }
  createPlaces('bed');
  await assert.rejects(runCommand(t, markCommand(), 'awake'), /No axond is running here\.[^]*--socket\.$/);
  assert.deepEqual(calls(), ['bed']);
});
