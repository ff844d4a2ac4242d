import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Recorded } from '../recording/recording.test.fixture.js';
import { NightFile, nightPath } from '../study/night-file.js';
import type { NightEntry } from '../study/night-log.js';
import { closeNight } from './night-morning.js';
import { Failure } from './output.js';

const which = { study: 'cue', participant: 'P017', night: 3, timeZone: 'UTC' };
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
    recorded.stream(50);
    recorded.close();
  }
  return { folder, file };
}

test('lights on closes the window, notes that the run is gone, and checks every recording of the night', async (t) => {
  const { folder, file } = await gone(t);
  const closed = await closeNight({ ...which, folder }, 'AM');
  assert.deepEqual([closed.outcome, closed.reason], ['complete', '']);
  assert.deepEqual(
    closed.recordings.map((path) => path.slice(folder.length + 1)),
    ['one.db', 'two.db'],
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
  await assert.rejects(closeNight({ ...which, folder }, ''), /closed already/);
});

test('a night whose recording is damaged or gone is lost, with the reason; an encrypted one is not', async (t) => {
  const { folder, file } = await gone(t);
  writeFileSync(join(folder, 'one.db'), 'no database');
  const { outcome, reason } = await closeNight({ ...which, folder }, '');
  assert.equal(outcome, 'lost');
  assert.match(reason, /one\.db/);
  assert.deepEqual(file.lines.length, 3);
  const missing = await gone(t);
  rmSync(join(missing.folder, 'one.db'));
  assert.match((await closeNight({ ...which, folder: missing.folder }, '')).reason, /one\.db: is not there/);
  const sealed = await gone(t);
  rmSync(join(sealed.folder, 'one.db'));
  writeFileSync(join(sealed.folder, 'one.db.age'), '');
  const closed = await closeNight({ ...which, folder: sealed.folder }, '');
  assert.equal(closed.outcome, 'complete');
  assert.match(closed.lines.join('\n'), /one: is encrypted, and was not checked here/);
});

test('a night that nobody has begun cannot be closed', async (t) => {
  const { folder } = await gone(t);
  await assert.rejects(closeNight({ ...which, folder, night: 9 }, ''), Failure);
});
