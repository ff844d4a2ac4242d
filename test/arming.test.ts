import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { disarmCauses } from '../runtime/contracts.js';
import { decodeEvent } from '../runtime/loop/records.js';
import { openRecording } from '../runtime/recording/read.js';
import { drawRows, encodeAllocation } from '../runtime/study/allocation.js';
import { writeSealed } from '../runtime/study/sealed-files.js';
import { axond, startAxond, statusOf, temporaryFolder, until } from './axond-process.js';

interface Status {
  source: { samples: number };
  stimulation: { armed: boolean; armedForSeconds: number };
}

test('R-01 arming is refused with all reasons, names its device, ends at its time and does not survive a restart', async (t) => {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const port = join(record, 'cyton');
  const start = (...more: string[]) =>
    startAxond(
      t,
      ['run', '--preset', 'demo', '--port', port, '--set', `device.record=${record}`, '--json', ...more],
      environment,
    );
  const ask = (...parts: string[]): ReturnType<typeof axond> => axond(t, [...parts, '--json'], environment);
  const status = async (): Promise<Status | undefined> => (await statusOf(runtime, 'demo')) as Status | undefined;
  const run = start();
  await until('the control socket', async () => (await status()) !== undefined);

  // Nothing is connected yet, the night has 25 hours, and the limit is looser than the preset's.
  const refused = await ask('arm', '--device', 'demo', '--for', '25h', '--limit', 'perNight=100000');
  assert.equal(refused.code, 1);
  for (const reason of [
    /for: 90000 s is not within 24 h/,
    /perNight: 100000 is above/,
    /source: cyton on .* no sample/,
  ])
    assert.match(refused.stderr, reason);

  const emulator = startAxond(t, ['emulate', 'cyton', '--link', port]);
  await until(
    'the first samples',
    async () => existsSync(port) && ((await status())?.source.samples ?? 0) > 500,
    60_000,
  );
  assert.equal((await ask('arm', '--for', '1h')).code, 2, 'without a terminal somebody must name the device');
  assert.match(
    (await ask('arm', '--device', 'demo', '--for', '1h', '--limit', 'gain=1dB')).stderr,
    /gain: 1 dB is above/,
  );
  assert.equal((await status())?.stimulation.armed, false);

  // A busy machine may need a guardian more than one try.
  const arm = (...parts: string[]) =>
    until('arming', async () => (await ask('arm', '--yes', ...parts)).code === 0, 60_000);
  await arm('--for', '3s', '--limit', 'gain=-6dB');
  await until('the end of its time', async () => (await status())?.stimulation.armed === false);
  // One that stalls between the two may have disarmed again.
  await until('an arming that is seen', async () => {
    await arm('--for', '1h');
    return (await status())?.stimulation.armed === true;
  });

  const [first = ''] = readdirSync(record).filter((name) => name.endsWith('.db'));
  const events = () => {
    const recording = openRecording(join(record, first));
    const all = [...recording.events()].map((event) => decodeEvent(event));
    recording.close();
    return all;
  };
  const armings = () =>
    events().flatMap((event) => (event?.kind === 'armed' ? [(event.untilUs - event.us) / 1e6] : []));
  // What is armed is seen at once, and is on disk a quarter of a second later.
  await until('both armings on disk', () => armings().length >= 2);

  // Killed, and started anew with another configuration: there is no reload, and every start is disarmed.
  run.child.kill('SIGKILL');
  await run.exited;
  start('--set', 'gate.perMinute=3');
  await until('the second run', async () => ((await status())?.source.samples ?? 0) > 0, 60_000);
  assert.equal((await status())?.stimulation.armed, false);
  emulator.child.kill('SIGINT');

  const forSeconds = armings()[0]!;
  assert.ok(forSeconds > 2 && forSeconds <= 3, `armed for ${forSeconds} s`);
  const ends = events().flatMap((event) => (event?.kind === 'disarmed' ? [disarmCauses[event.cause]] : []));
  // A machine that stalls so long that the guardian latches disarms earlier; one that does not, at its time.
  assert.ok(ends[0] === 'expired' || ends[0] === 'guardian', ends.join());
});

test('R-48 a run that differs from its lock says so when it starts, and is not armed', async (t) => {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const sealed = join(record, 'cue.sealed');
  const shape = { participants: ['P001'], nights: 1, blocks: 1 };
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32), blockSeconds: null };
  await writeSealed(sealed, encodeAllocation({ ...head, ...shape, rows: drawRows(shape, () => 0) }));
  const protocol = join(record, 'protocol.yaml');
  const study = `study: { name: cue, allocation: ${sealed} }`;
  writeFileSync(protocol, `preset: demo\ndevice: { record: ${record} }\nsource: { port: ${record}/cyton }\n${study}\n`);
  const lock = ['study', 'lock', protocol, '--approval', '2026-014', '--by', 'A. Meyer'];
  assert.equal((await axond(t, lock, environment)).code, 0);
  const night = ['--participant', 'P001', '--night', '1', '--set', 'gate.perMinute=8'];
  const run = startAxond(t, ['run', '--config', protocol, ...night, '--json'], environment);
  const difference = /study: gate\.perMinute is 8, locked as 12 \(approval 2026-014, by A\. Meyer\)/;
  await until('the start', () => difference.test(run.stderr()), 60_000);
  let refused = { stderr: '' };
  await until('an answer', async () => {
    refused = await axond(t, ['arm', '--device', 'demo', '--for', '1h'], environment);
    return /has given no sample/.test(refused.stderr) && !/guardian: not ready/.test(refused.stderr);
  });
  assert.match(refused.stderr, difference);
  assert.doesNotMatch(refused.stderr, /was locked/);
  run.child.kill('SIGINT');
  await run.exited;

  // Without its lock the guardian remembers that there was one, as no night has begun yet.
  rmSync(join(record, 'state/study/cue.lock'));
  const later = startAxond(t, ['run', '--config', protocol, ...night.slice(0, 4), '--json'], environment);
  await until('another answer', async () => {
    refused = await axond(t, ['arm', '--device', 'demo', '--for', '1h'], environment);
    return /has given no sample/.test(refused.stderr) && !/guardian: not ready/.test(refused.stderr);
  });
  assert.match(refused.stderr, /study: cue was locked \([0-9a-f]{12}…\), and there is none now\. Put its file back\./);
  later.child.kill('SIGINT');
  await later.exited;

  const [first = ''] = readdirSync(record).filter((name) => name.endsWith('.db'));
  const recording = openRecording(join(record, first));
  const { lock: kept } = recording.run.study ?? {};
  recording.close();
  assert.deepEqual([kept?.version, kept?.approval], [1, '2026-014']);
});
