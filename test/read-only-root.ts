import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcher, temporaryFolder } from './axond-process.js';

/**
 * `$1` is the only folder that can be written to; the rest is a command. Mounts of a namespace of its own: an ordinary user
 * may do that where the kernel lets users have namespaces. What a mount was forbidden stays forbidden.
 */
const readOnly = `
set -e
folder=$1; shift
mount --make-rprivate /
mount --bind "$folder" "$folder"
while read -r _ _ _ _ at flags _; do
  case "$at" in "$folder"|/proc|/proc/*|/sys|/sys/*) continue;; esac
  keep=
  for flag in $(echo "$flags" | tr , ' '); do
    case "$flag" in nosuid|nodev|noexec|noatime|nodiratime|relatime) keep="$keep,$flag";; esac
  done
  mount -o "remount,bind,ro$keep" "$at"
done < /proc/self/mountinfo
if touch /tmp/axond-writes-here 2>/dev/null; then echo "the root is not read-only" >&2; exit 99; fi
exec "$@"`;

test('with everything read-only but its own folders it runs and records as ever, and says nothing of it', async (t) => {
  const folder = temporaryFolder();
  const inNamespace = ['-rm', 'sh', '-c', readOnly, 'sh', folder];
  if (spawnSync('unshare', [...inNamespace, 'true']).status !== 0) {
    t.skip('this kernel lets nobody have mounts of their own');
    return;
  }
  const record = join(folder, 'recordings');
  mkdirSync(join(folder, 'run'));
  const sets = [`device.record=${record}`, `device.state=${join(folder, 'state')}`, 'device.dashboard={ port: 0 }'];
  const demo = ['demo', '--seconds', '2', '--json', ...sets.flatMap((set) => ['--set', set])];
  const child = spawn('unshare', [...inNamespace, process.execPath, launcher, ...demo], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, RUNTIME_DIRECTORY: join(folder, 'run') },
  });
  t.after(() => child.kill('SIGKILL'));
  let [told, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, said);
  const { samples, recording } = JSON.parse(told.trim().split('\n').at(-1) ?? '') as {
    samples: number;
    recording: string;
  };
  assert.ok(samples > 300, `${samples} samples`);
  assert.ok(readdirSync(record).some((name) => recording.endsWith(name)));
  assert.doesNotMatch(said, /EROFS|read-only|EACCES|cannot be (written|created)/i);
});
