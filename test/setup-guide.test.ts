import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPty } from '../drivers/serial/pty.js';
import { axond, launcher, startAxond, temporaryFolder, until } from './axond-process.js';

test('axond setup at a terminal: from an emulated Cyton to files without fault', async (t) => {
  const folder = temporaryFolder();
  const port = join(folder, 'port');
  startAxond(t, ['emulate', 'cyton', '--link', port]);
  await until('the emulated board', () => existsSync(port), 60_000);

  const terminal = openPty();
  const seat = openSync(terminal.path, 'r+');
  t.after(() => terminal.close());
  const environment = { RUNTIME_DIRECTORY: join(folder, 'run'), TZ: 'Europe/Zurich' };
  const child = spawn(process.execPath, [launcher, 'setup'], {
    cwd: folder,
    stdio: [seat, 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  closeSync(seat);
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (shown += text));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const type = async (after: RegExp, line: string): Promise<string> => {
    await until(`${String(after)} in ${shown}`, () => after.test(shown), 60_000);
    const before = shown;
    shown = '';
    writeSync(terminal.master, `${line}\n`);
    return before;
  };

  await type(/Port: $/, join(folder, 'nothing'));
  assert.match(await type(/there is no such port[^]*Port: $/, port), /Plug the device in/);
  assert.match(await type(/Electrodes: $/, 'C3=1 M2=2'), /An OpenBCI Cyton answers there/);
  await type(/Signal \[C3 - M2\]: $/, '');
  await type(/skips it: $/, '');
  assert.match(await type(/goes on: $/, ''), /ok {4}C3: connected\n[^]*ok {4}M2: connected\n[^]*C3 - M2: \d+ µV/);
  await type(/Task \[1\]: $/, '2');
  await type(/Mains \[50\]: $/, 'back');
  await type(/Task \[2\]: $/, '');
  await type(/Mains \[50\]: $/, '');
  await type(/Name \[bedside-1\]: $/, '');
  await type(/Time zone \[Europe\/Zurich\]: $/, '');
  // What somebody wrote is not overwritten by an Enter too much.
  writeFileSync(join(folder, 'protocol.yaml'), 'mine');
  await type(/Folder \[.*\]: $/, '');
  await type(/Write them\?.* $/, 'y');
  assert.match(await type(/is there already[^]*Write them\?.* $/, 'replace'), /protocol\.yaml: is there already/);
  assert.equal(await exited, 0, shown);
  assert.equal(readFileSync(join(folder, 'protocol.yaml.before'), 'utf8'), 'mine');
  const files = ['device.yaml', 'protocol.yaml'].map((name) => join(folder, name));
  assert.ok(said.includes(`axond run --config ${files.join(' ')}`), said);

  const check = await axond(t, ['check', ...files]);
  assert.equal(check.code, 0, check.stdout);
  assert.match(readFileSync(join(folder, 'device.yaml'), 'utf8'), /timeZone: Europe\/Zurich/);
});

test('axond setup without a terminal refuses, and says how to go on', async (t) => {
  const { code, stderr } = await axond(t, ['setup']);
  assert.equal(code, 2);
  assert.match(stderr, /this is no terminal\. Write device\.yaml and protocol\.yaml by hand: axond help config/);
});
