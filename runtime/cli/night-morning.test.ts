import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Recorded } from '../recording/recording.test.fixture.js';
import { NightFile, nightPath } from '../study/night-file.js';
import type { NightEntry } from '../study/night-log.js';
import { serveControl } from '../supervisor/control-socket.js';
import { createPlaces } from '../supervisor/places.js';
import { runCommand } from './command.test.fixture.js';
import { closeNight } from './night-morning.js';
import { nightCommand } from './night.js';
import { Failure, UsageError } from './output.js';

const which = { study: 'cue', participant: 'P017', night: 3, timeZone: 'UTC' };
const unsaid = { by: '', lost: '' };
const am = { by: 'AM', lost: '' };
const begun: NightEntry = {
  kind: 'begun',
  ...{ study: 'cue', participant: 'P017', night: 3 },
  ...{ device: 'bed-1', protocol: null, approval: null, by: 'AM' },
};

/** A night whose run has gone within its window; its recording goes on in a second one. */
async function gone(t: TestContext): Promise<{ folder: string; file: NightFile }> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-morning-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let us = 0;
  const now = (): ReturnType<ConstructorParameters<typeof NightFile>[1]> => {
    return { us: us++, boot: 'b1', wallMs: 1e12, clock: 'set', zone: 'Europe/Berlin' };
  };
  const file = new NightFile(nightPath(folder, 'cue', 'P017', 3), now);
  await file.append(begun);
  await file.append({ kind: 'run', recording: 'one', state: 'began', detail: '' });
  await file.append({ kind: 'lightsOff', by: 'AM', untilUs: 1e9, untilWallMs: 1e12 });
  for (const [name, night] of [
    ['one', 3],
    ['two', 3],
    ['other', 2],
  ] as const) {
    const study = { name: 'cue', participant: 'P017', night, continued: false, sha256: null };
    const recorded = new Recorded(join(folder, `${name}.db`), 1, { study });
    // 75 s and 0.2 s.
    recorded.stream(name === 'one' ? 18_750 : 50);
    recorded.close();
  }
  return { folder, file };
}

test('lights on closes the window, notes that the run is gone, and checks every recording of the night', async (t) => {
  const { folder, file } = await gone(t);
  const closed = await closeNight({ ...which, folder }, am);
  assert.deepEqual([closed.outcome, closed.reason], ['complete', '']);
  assert.deepEqual(
    closed.recordings.map((path) => path.slice(folder.length + 1)),
    ['one.db', 'two.db'],
  );
  // Nobody has to know the rate to see that it was short.
  assert.deepEqual(
    closed.lines.slice(0, 2).map((line) => line.slice(line.indexOf('.db: ') + 5)),
    ['18750 frames (0 h 1 min), 0 stimuli', '50 frames (0 h 0 min), 0 stimuli'],
  );
  const lines = await file.read();
  assert.deepEqual(
    lines.slice(3).map(({ entry }) => entry),
    [
      { kind: 'run', recording: 'one', state: 'gone', detail: '' },
      { kind: 'lightsOn', by: 'AM' },
      { kind: 'closed', outcome: 'complete', reason: '' },
    ],
  );
  // In the zone of its night, not of where it was closed.
  assert.equal(lines.at(-1)?.zone, 'Europe/Berlin');
  await assert.rejects(closeNight({ ...which, folder }, unsaid), /closed already/);
});

test('a night whose recording is damaged or gone is lost, with the reason; an encrypted one is not', async (t) => {
  const { folder, file } = await gone(t);
  writeFileSync(join(folder, 'one.db'), 'no database');
  const { outcome, reason } = await closeNight({ ...which, folder }, unsaid);
  assert.equal(outcome, 'lost');
  assert.match(reason, /one\.db/);
  assert.deepEqual(file.lines.length, 3);
  const missing = await gone(t);
  rmSync(join(missing.folder, 'one.db'));
  assert.match((await closeNight({ ...which, folder: missing.folder }, unsaid)).reason, /one\.db: is not there/);
  const sealed = await gone(t);
  rmSync(join(sealed.folder, 'one.db'));
  writeFileSync(join(sealed.folder, 'one.db.age'), '');
  const closed = await closeNight({ ...which, folder: sealed.folder }, unsaid);
  assert.equal(closed.outcome, 'complete');
  assert.match(closed.lines.join('\n'), /one: is encrypted, and was not checked here/);
});

test('a night that somebody gives up is lost with their reason, and what was found behind it', async (t) => {
  const { folder, file } = await gone(t);
  const lost = 'the electrode broke';
  const closed = await closeNight({ ...which, folder }, { by: 'AM', lost });
  assert.deepEqual([closed.outcome, closed.reason, closed.recordings.length], ['lost', lost, 2]);
  assert.match(closed.lines.at(-1) ?? '', /closed: lost \(the electrode broke\)\./);
  assert.deepEqual((await file.read()).at(-1)?.entry, { kind: 'closed', outcome: 'lost', reason: lost });
  const damaged = await gone(t);
  rmSync(join(damaged.folder, 'one.db'));
  const { reason } = await closeNight({ ...which, folder: damaged.folder }, { by: '', lost });
  assert.match(reason, /^the electrode broke; .*one\.db: is not there\.$/);
  // Nothing was recorded.
  const begunOnly = await gone(t);
  rmSync(begunOnly.file.path);
  await begunOnly.file.append(begun);
  for (const name of ['one', 'two']) rmSync(join(begunOnly.folder, `${name}.db`));
  const nothing = await closeNight({ ...which, folder: begunOnly.folder }, { by: '', lost });
  assert.equal(nothing.reason, 'the electrode broke; nothing was recorded.');
});

/** A run that records this night, until it is asked to stop; all that was asked of it. */
async function running(t: TestContext, bed: string, recording: string): Promise<string[]> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  t.after(() => child.kill());
  const asked: string[] = [];
  const server = await serveControl(createPlaces(bed).control, ({ verb }) => {
    asked.push(verb);
    if (verb === 'stop') child.kill();
    return Promise.resolve({ ok: true, value: { recording, processes: { core: child.pid } } });
  });
  t.after(() => server.close());
  return asked;
}

test('of several beds on one machine lights on ends the night of the one that is named, and asks for a name', async (t) => {
  const [one, two] = [await gone(t), await gone(t)];
  const before = process.env['RUNTIME_DIRECTORY'];
  process.env['RUNTIME_DIRECTORY'] = join(one.folder, 'run');
  t.after(() => {
    if (before === undefined) delete process.env['RUNTIME_DIRECTORY'];
    else process.env['RUNTIME_DIRECTORY'] = before;
  });
  const first = await running(t, 'bed-1', join(one.folder, 'one.db'));
  const second = await running(t, 'bed-2', join(two.folder, 'one.db'));
  const lightsOn = (...words: string[]): Promise<string> => runCommand(t, nightCommand(), '--lights-on', ...words);
  await assert.rejects(
    lightsOn(),
    (error) => error instanceof UsageError && /^--device: several run here: bed-1, bed-2\./.test(error.message),
  );
  await assert.rejects(lightsOn('--device', 'bed-9'), /No run of bed-9 is here\. Here run bed-1, bed-2\. Name/);
  assert.deepEqual([first, second], [[], []], 'nothing was asked of either');
  assert.match(await lightsOn('--device', 'bed-2', '--by', 'AM'), /Night 3 of P017 is closed: complete\./);
  assert.deepEqual([first, second], [[], ['status', 'mark', 'stop']]);
  const isClosed = async ({ file }: typeof one): Promise<boolean> =>
    (await file.read()).some(({ entry }) => entry.kind === 'closed');
  assert.deepEqual([await isClosed(one), await isClosed(two)], [false, true]);
});

test('a device is named with lights on alone, and not beside a configuration that names its own', async (t) => {
  for (const words of [
    ['P017', '--night', '3', '--config', 'none.yaml', '--device', 'bed-1'],
    ['P017', '--night', '3', '--config', 'none.yaml', '--lights-on', '--device', 'bed-1'],
  ])
    await assert.rejects(
      runCommand(t, nightCommand(), ...words),
      (error) => error instanceof UsageError && error.message.includes('--device belongs to --lights-on'),
    );
});

test('a reason belongs to lights on, and says something', async (t) => {
  const refused = (...words: string[]): Promise<unknown> =>
    runCommand(t, nightCommand(), ...words).catch((error: unknown) => error);
  for (const words of [
    ['P017', '--night', '3', '--config', 'none.yaml', '--lost', 'the electrode broke'],
    ['--lights-on', '--lost', ' '],
    ['--lights-on', '--lost', 'x'.repeat(1001)],
  ]) {
    const error = await refused(...words);
    assert.ok(error instanceof UsageError && error.message.includes('--lost'), String(error));
  }
});

test('a night that nobody has begun cannot be closed', async (t) => {
  const { folder } = await gone(t);
  await assert.rejects(closeNight({ ...which, folder, night: 9 }, unsaid), Failure);
});
