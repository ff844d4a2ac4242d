import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRecording } from '../runtime/recording/read.js';
import { encodeAllocation } from '../runtime/study/allocation.js';
import { readNightLog, type NightLine } from '../runtime/study/night-log.js';
import { writeSealed } from '../runtime/study/sealed-files.js';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

interface Status {
  source: { samples: number };
  stimulation: { armed: boolean; guardian: string } | null;
  night: { windowSeconds: number; adverse: boolean; rearmed: number } | null;
  alarms: { alarm: string; by: string; sinceWallMs: number }[];
}

/** `npm run night`: half a minute of real processes. */
test('R-50 R-51 R-54 R-60 a night with real processes: armed in its window, killed and armed again once, then not; its alarm outlives the next crash; what was silenced while its core hung, or was dead, does not come back; an adverse event that was written into its log when no run was there holds the run after it', async (t) => {
  const [record, runtime, sealed] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const allocation = join(sealed, 'cue.sealed');
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
  const shape = { participants: ['P001'], nights: 1, blocks: 1, blockSeconds: null };
  const rows = [{ participant: 'P001', night: 1, block: 1, condition: 'sham' as const }];
  await writeSealed(allocation, encodeAllocation({ ...head, ...shape, rows }));
  const port = join(record, 'cyton');
  startAxond(t, ['emulate', 'cyton', '--link', port], environment);
  const study = `study={ name: cue, participant: P001, night: 1, allocation: ${allocation}, rearm: { within: 2m, times: 1 } }`;
  const start = () =>
    startAxond(
      t,
      ['run', '--preset', 'demo', '--port', port, '--set', `device.record=${record}`, '--set', study, '--json'],
      environment,
    );
  const ask = (...parts: string[]): ReturnType<typeof axond> =>
    axond(t, [...parts, '--device', 'demo', '--json'], environment);
  const status = async (): Promise<Status | undefined> => {
    const { code, json } = await ask('status');
    return code === 0 ? (json as unknown as Status) : undefined;
  };
  const stands = async (): Promise<boolean> => {
    const now = await status();
    return now !== undefined && now.source.samples > 0 && now.stimulation?.guardian === 'ready';
  };
  const log = (): NightLine[] => readNightLog(readFileSync(join(record, 'cue-P001-01.night'), 'utf8'));
  const arm = async (): Promise<boolean> => (await ask('arm', '--for', '59m')).code === 0;
  let run = start();
  await until('the run', stands, 60_000);
  assert.match((await ask('arm', '--for', '59m')).stderr, /lights are not off/);
  assert.equal((await ask('mark', 'lightsOff', '--for', '1h', '--by', 'AM')).code, 0);
  assert.match((await ask('arm', '--for', '2h')).stderr, /longer than the window, of which 59 min are left/);
  await until('arming', arm, 60_000);

  const lightsAreOff = /: the lights are off at demo \(its window is open for another \d\d min\)/;
  assert.match((await axond(t, ['setup', 'sound'], environment)).stderr, lightsAreOff);
  run.child.kill('SIGKILL');
  await run.exited;
  const config = join(record, 'device.yaml');
  writeFileSync(config, `preset: demo\ndevice: { record: ${record} }\nsource: { port: ${port} }\n`);
  const byHand = await axond(t, ['setup', 'impedance', '--config', config], environment);
  assert.match(byHand.stderr, lightsAreOff, 'its log says so where no run is');
  run = start();
  await until('arming again', async () => (await status())?.stimulation?.armed === true, 60_000);
  assert.equal((await status())?.night?.rearmed, 1);
  const raised = (): NightLine | undefined =>
    log().find(({ entry }) => entry.kind === 'alarm' && entry.alarm === 'rearmed' && entry.state === 'raised');
  await until('its alarm', () => raised() !== undefined);

  run.child.kill('SIGKILL');
  await run.exited;
  run = start();
  await until('the third run', stands, 60_000);
  // Its night begins when its guardian is ready, and writes that on disk.
  const refused = (): string[] =>
    log().flatMap(({ entry }) => (entry.kind === 'rearmRefused' ? [entry.reasons.join()] : []));
  await until('its log', () => refused().length === 1);
  assert.match(refused()[0] ?? '', /study\.rearm\.times/);
  assert.equal((await status())?.stimulation?.armed, false);
  const latched = async () => (await status())?.alarms.find(({ alarm }) => alarm === 'rearmed');
  const { by, sinceWallMs } = (await latched()) ?? {};
  assert.deepEqual([by, sinceWallMs], ['', raised()?.wallMs], 'nobody has seen it yet');
  assert.equal((await ask('acknowledge', 'rearmed', '--by', 'AM')).code, 0);
  await until('an alarm that was seen and is over to go', async () => (await latched()) === undefined);

  await until('arming by hand', arm, 60_000);
  run.child.kill('SIGSTOP');
  assert.equal((await axond(t, ['silence'], environment)).code, 0);
  run.child.kill('SIGKILL');
  await run.exited;
  run = start();
  await until('the fourth run', stands, 60_000);
  await until('its log', () => refused().length === 2);
  assert.match(refused()[1] ?? '', /was silenced after it was armed/);

  await until('arming by hand', arm, 60_000);
  run.child.kill('SIGKILL');
  await run.exited;
  const between = await axond(t, ['silence'], environment);
  assert.match(
    between.stderr,
    /No axond is running here\.[^]* A run that begins now in \S+demo does not arm by itself\./,
  );
  run = start();
  await until('the fifth run', stands, 60_000);
  await until('its log', () => refused().length === 3);
  assert.match(refused()[2] ?? '', /somebody asked for rest after .* was armed, when no run may have heard it/);

  await until('arming by hand', arm, 60_000);
  assert.equal((await axond(t, ['silence'], environment)).code, 0);
  const ends = (): string[] => log().flatMap(({ entry }) => (entry.kind === 'disarmed' ? [entry.cause] : []));
  await until('the end of the arming in the log', () => ends().at(-1) === 'silence');

  assert.equal((await ask('mark', 'adverse', 'headache')).code, 0);
  const silenced = await status();
  assert.deepEqual([silenced?.stimulation?.guardian, silenced?.night?.adverse], ['silenced', true]);
  run.child.kill('SIGINT');
  assert.equal(await run.exited, 0, run.stderr());
  assert.deepEqual(
    log().flatMap(({ entry }) => (entry.kind === 'run' ? [entry.state] : entry.kind === 'mark' ? [entry.mark] : [])),
    ['began', 'gone', 'began', 'gone', 'began', 'gone', 'began', 'gone', 'began', 'adverse', 'ended'],
  );
  const parts = readdirSync(record).filter((name) => name.endsWith('.db'));
  const nights = parts.sort().map((name) => {
    const file = openRecording(join(record, name));
    file.close();
    return [file.run.study?.participant, file.run.study?.night, file.run.study?.continued];
  });
  assert.deepEqual(nights, [
    ['P001', 1, false],
    ['P001', 1, true],
    ['P001', 1, true],
    ['P001', 1, true],
    ['P001', 1, true],
  ]);

  const file = join(record, 'cue-P001-01.night');
  const later = (...words: string[]): ReturnType<typeof axond> =>
    axond(t, ['mark', ...words, '--log', file], environment);
  assert.equal((await later('clear', 'slept on', '--by', 'AM')).code, 0);
  assert.equal((await later('adverse', 'dizzy', 'at breakfast')).code, 0);
  run = start();
  await until('the sixth run', stands, 60_000);
  assert.equal((await status())?.night?.adverse, true);
  assert.match((await ask('arm', '--for', '5m')).stderr, /held by an adverse event \(dizzy at breakfast\)/);
  assert.match((await later('note', 'x')).stderr, /demo: its run has this night .* leave --log out/);
  const whole = await axond(t, ['check', file, '--json'], environment);
  assert.equal(whole.code, 0, whole.stderr);
  assert.equal(whole.json['lines'], log().length);
});
