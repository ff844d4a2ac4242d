import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../systemd/${name}`, import.meta.url)), 'utf8');

/**
 * A machine with a running axond and a udev, as the scripts see them: their own text, with a /run and programs that note
 * how they were called.
 */
function machine(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'axond-scripts-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [run, programs, calls] = [join(root, 'run'), join(root, 'bin'), join(root, 'calls')];
  for (const folder of [programs, join(run, 'systemd/system'), join(run, 'udev/control')]) {
    mkdirSync(folder, { recursive: true });
  }
  for (const name of ['systemctl', 'systemd-sysusers', 'systemd-tmpfiles', 'udevadm']) {
    const program = join(programs, name);
    const answer = 'if [ "$1" = list-units ]; then echo "axond.service loaded active running axond"; fi';
    writeFileSync(program, `#!/bin/sh\necho "${name} $*" >> ${calls}\n${answer}\n`);
    chmodSync(program, 0o755);
  }
  /** What a script has called. */
  const script = (name: string, ...parameters: string[]): string[] => {
    rmSync(calls, { force: true });
    const text = source(`packaging/debian/${name}`)
      .replace(/\/usr\/lib\/systemd|\/tmp\/axond-/g, `${root}/none`)
      .replaceAll('/run/', `${run}/`);
    const env = { PATH: `${programs}:/usr/bin:/bin` };
    const { status, stderr } = spawnSync('/bin/sh', ['-c', text, name, ...parameters], { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [];
  };
  return { script };
}

const starts = (calls: string[]): string[] => calls.filter((call) => call.startsWith('systemctl start'));
const start = ['systemctl start --no-block axond.service'];

test('what ran before an upgrade runs again, once', (t) => {
  const { script } = machine(t);
  assert.ok(script('prerm', 'upgrade', '2').includes('systemctl stop axond.service'));
  script('postrm', 'upgrade', '2');
  assert.deepEqual(starts(script('postinst', 'configure', '1')), start);
  assert.deepEqual(starts(script('postinst', 'configure', '1')), []);
});

test('what ran before it was removed does not start when the package is installed again', (t) => {
  const { script } = machine(t);
  assert.ok(script('prerm', 'remove').includes('systemctl stop axond.service'));
  script('postrm', 'remove');
  assert.deepEqual(starts(script('postinst', 'configure', '1')), []);
});

test('what ran before a removal that was given up runs again', (t) => {
  const { script } = machine(t);
  script('prerm', 'remove');
  assert.deepEqual(starts(script('postinst', 'abort-remove')), start);
});

test('the rules hold for what is plugged in already: it is told as if it came now, in every subsystem that they name', (t) => {
  const rules = source('65-axond.rules');
  const actions = new Set([...rules.matchAll(/ACTION=="(\w+)"/g)].map(([, action]) => action));
  const subsystems = new Set([...rules.matchAll(/SUBSYSTEM[!=]="([\w-]+)"/g)].map(([, subsystem]) => subsystem));
  assert.deepEqual([[...actions], [...subsystems].sort()], [['add'], ['gpio', 'spidev', 'tty', 'usb', 'usb-serial']]);
  const [called = '', ...more] = machine(t)
    .script('postinst', 'configure')
    .filter((call) => call.startsWith('udevadm trigger'));
  assert.deepEqual(more, []);
  const wanted = [...actions].map((action) => `--action=${action}`);
  for (const subsystem of subsystems) wanted.push(`--subsystem-match=${subsystem}`);
  assert.deepEqual(called.split(' ').slice(2).sort(), wanted.sort());
});
