import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { compileRun, type RunPlan } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import { silencedLine } from '../guardian/delivery-lines.js';
import { monotonicUs } from '../monotonic.js';
import { NightFile, nightPath } from '../study/night-file.js';
import type { NightEntry } from '../study/night-log.js';
import { leaveRestCall } from '../study/rest-call.js';
import { RunMemory } from './memory.js';
import { createPlaces } from './places.js';
import { RunArming } from './run-arming.js';
import { readBootId } from './run-file.js';
import { beginNight, findNight, nightTime, type FoundNight } from './run-night.js';

const study = { name: 'cue', participant: 'P017', night: 3, allocation: '/nowhere', continue: false };
const begun: NightEntry = {
  kind: 'begun',
  study: 'cue',
  participant: 'P017',
  night: 3,
  device: 'bedside-1',
  protocol: null,
  approval: null,
  by: '',
};
const run = (state: 'began' | 'ended'): NightEntry => ({ kind: 'run', recording: 'run-1', state, detail: '' });
const armed: NightEntry = { kind: 'armed', by: '', rearmed: 0 };
const lightsOn: NightEntry = { kind: 'lightsOn', by: '' };
const lightsOff = (): NightEntry => {
  return { kind: 'lightsOff', by: '', untilUs: monotonicUs() + 3600e6, untilWallMs: Date.now() + 3600e3 };
};

function planIn(record: string): RunPlan {
  const text = `device: { name: bedside-1, record: ${record} }\nsource: { use: cyton, port: /dev/ttyUSB0 }\n`;
  return compileRun(loadConfiguration({ files: [{ name: 'p.yaml', text }] }).configuration);
}

async function found(entries: readonly NightEntry[], deliveries?: string): Promise<FoundNight> {
  const record = mkdtempSync(join(tmpdir(), 'axond-run-night-'));
  const plan = planIn(record);
  const file = new NightFile(nightPath(record, 'cue', 'P017', 3), () => nightTime(plan));
  for (const entry of [begun, ...entries]) await file.append(entry);
  if (deliveries !== undefined) writeFileSync(join(record, 'run-1.deliveries'), deliveries);
  return findNight(plan, study);
}

test('R-50 a run goes on with a night whose window is open, however the one before ended; not with one that has none, or was not begun', async () => {
  const each: [entries: readonly NightEntry[], goesOn: boolean][] = [
    [[run('began'), lightsOff()], true],
    [[run('began'), lightsOff(), armed, { kind: 'disarmed', cause: 'shutdown' }, run('ended')], true],
    [[run('began'), lightsOff(), lightsOn, run('ended')], false],
    [[run('began'), run('ended')], false],
    [[lightsOff()], false],
  ];
  for (const [entries, goesOn] of each) {
    assert.equal((await found(entries)).goesOn, goesOn, entries.map(({ kind }) => kind).join());
  }
});

test('R-51 what the guardian of the run before has written of a silence is found', async () => {
  const entries = [run('began'), lightsOff(), armed];
  assert.equal((await found(entries, silencedLine(70) + silencedLine(90.5))).before?.silencedUs, 90.5);
  assert.equal((await found(entries)).before?.silencedUs, -Infinity);
  assert.equal((await found([...entries, run('ended')])).before, undefined);
});

test('R-51 a call for rest that found no run is found by the next one; one that cannot be read counts as of now', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-rest-call-'));
  t.after(() => {
    delete process.env['RUNTIME_DIRECTORY'];
    rmSync(folder, { recursive: true });
  });
  process.env['RUNTIME_DIRECTORY'] = folder;
  const places = createPlaces('bedside-1').folder;
  const entries = [run('began'), lightsOff(), armed];
  assert.equal((await found(entries)).before?.restCall, undefined);
  const earlierUs = monotonicUs();
  leaveRestCall(places, readBootId());
  assert.deepEqual(readdirSync(places), ['rest-call']);
  const call = (await found(entries)).before?.restCall;
  assert.ok(call && call.us >= earlierUs && call.us <= monotonicUs());
  assert.equal(call.boot, readBootId());
  for (const text of ['', '{"us":"now"}', '{}']) {
    writeFileSync(join(places, 'rest-call'), text);
    assert.deepEqual((await found(entries)).before?.restCall, { us: Infinity, boot: readBootId() }, text);
  }
});

test('R-16 R-51 a run that was silenced or disarmed before it has its night is not armed again by itself', async () => {
  for (const isDisarmed of [true, false]) {
    const before = { recording: 'run-1', sinceSeconds: 5, silencedUs: -Infinity };
    const night: FoundNight = { ...(await found([run('began'), lightsOff(), armed])), before };
    const plan = planIn(dirname(night.file.path));
    const memory = new RunMemory(1);
    const source = { samples: 0, notice: '', device: '', port: '', state: 'closed' } as const;
    const counts = { gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0, driftPpm: 0 };
    const none = { stimulator: undefined, recorder: undefined, lock: undefined, night: undefined };
    const arming = new RunArming(
      plan,
      memory,
      () => none,
      () => ({ source: { ...source, ...counts }, stimulation: null }),
    );
    if (isDisarmed) arming.silenced();
    const rearming = { ...study, rearm: { withinUs: 120e6, times: 3 } };
    await beginNight(night, 'run-2.db', undefined, {
      plan,
      study: rearming,
      memory,
      arming,
      stimulator: () => undefined,
      silenceSocket: '/nowhere',
      mark: () => undefined,
      log: pino({ enabled: false }),
    });
    await night.file.append(lightsOn);
    const ended = night.file.lines.some(({ entry }) => entry.kind === 'disarmed' && entry.cause === 'request');
    assert.equal(ended, isDisarmed);
  }
});
