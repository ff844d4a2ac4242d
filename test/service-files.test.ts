import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './axond-process.js';

const fileOf = (name: string): string => fileURLToPath(new URL(`../../systemd/${name}`, import.meta.url));
const present = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const without = (program: string): string | false => !present(program) && `${program} is not installed here`;

test('systemd knows every line of the unit', { skip: without('systemd-analyze') }, () => {
  // Its programs are not where they will be: paths of programs that exist take their place.
  const unit = readFileSync(fileOf('axond.service'), 'utf8')
    .replaceAll('/usr/lib/axond/node/bin/node', process.execPath)
    .replaceAll('/usr/bin/axond', '/bin/true');
  const path = join(temporaryFolder(), 'axond.service');
  writeFileSync(path, unit);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
  // Units of the machine itself may have faults of their own.
  assert.doesNotMatch(stderr, /axond/);
  assert.equal(status, 0, stderr);
});

test('the sandbox is rated below 2.5 by systemd-analyze', { skip: without('systemd-analyze') }, () => {
  const parameters = ['security', '--offline=true', '--threshold=24', '--no-pager', fileOf('axond.service')];
  const { status, stdout } = spawnSync('systemd-analyze', parameters, { encoding: 'utf8' });
  assert.equal(status, 0, stdout.split('\n').at(-2));
});

test('R-15 what ends the core leaves the guardian the time to bring to rest', () => {
  const unit = readFileSync(fileOf('axond.service'), 'utf8');
  // Guardian and what speaks after it take these two without dying; any other signal, or SIGKILL to what is left, kills them.
  for (const line of ['KillMode=control-group', 'KillSignal=SIGINT', 'WatchdogSignal=SIGTERM']) {
    assert.match(unit, new RegExp(`^${line}$`, 'm'));
  }
});

test('sysusers and tmpfiles make user, groups and folders', { skip: without('systemd-sysusers') }, () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'etc'));
  for (const [program, ...more] of [
    ['systemd-sysusers', fileOf('axond.sysusers')],
    ['systemd-tmpfiles', '--create', fileOf('axond.tmpfiles')],
  ] as const) {
    const { status, stderr } = spawnSync(program, [`--root=${root}`, ...more], { encoding: 'utf8' });
    // Without root nobody owns a folder but the one who runs this; that each line is understood is seen all the same.
    if (process.getuid?.() === 0) assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /[Ff]ailed to parse|Unknown|[Ii]nvalid/);
  }
  assert.match(readFileSync(join(root, 'etc/group'), 'utf8'), /^dialout:x:\d+:axond$/m);
});

const verifies = spawnSync('udevadm', ['verify', '--help'], { stdio: 'ignore' }).status === 0;
test('udev knows every line of the rules', { skip: !verifies && 'no udevadm 254 or newer is here' }, () => {
  const { status, stderr } = spawnSync('udevadm', ['verify', fileOf('65-axond.rules')], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
