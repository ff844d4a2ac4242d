import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { DetectionPhase, ReceiptState, type Condition } from '../contracts.js';
import { elementsOf } from '../evaluate/report/well-formed.test.fixture.js';
import { EventCode } from '../loop/records.js';
import { checkRecording } from '../recording/check.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';
import { parseHead } from '../recording/table-chains.js';
import { encodeAllocation } from '../study/allocation.js';
import { writeSealed } from '../study/sealed-files.js';
import { unblind } from '../study/unblind.js';
import { runJson } from './command.test.fixture.js';
import { Failure } from './output.js';
import { reportCommand } from './recording-report.js';

const rate = 250;
const stimuli = [10, 25.5, 40, 41.2, 70, 85].map((seconds) => seconds * rate);

/** Two minutes of a study's night, with a wave of 40 µV in the 2.5 s behind each stimulus that was real. */
async function recordNight(t: TestContext, condition: Condition) {
  const path = temporaryPath(t);
  const allocation = join(dirname(path), 'cue.sealed');
  const text = encodeAllocation({
    study: 'cue',
    made: '2026-11-28T09:00:00.000Z',
    nonce: '5a'.repeat(32),
    participants: ['P001'],
    nights: 1,
    blocks: 1,
    blockSeconds: null,
    rows: [{ participant: 'P001', night: 1, block: 1, condition }],
  });
  const sha256 = await writeSealed(allocation, text);
  const study = { name: 'cue', participant: 'P001', night: 1, continued: false, sha256 };
  const recorded = new Recorded(path, 1, { study });
  const counts = (n: number): number => {
    const evoked = stimuli.some((at) => n > at && n <= at + 2.5 * rate) && condition === 'real';
    const wave = (hertz: number): number => Math.sin((2 * Math.PI * hertz * n) / rate);
    return Math.round((30 * wave(1) + 10 * wave(9) + 5 * wave(13.3) + (evoked ? 40 : 0)) / 0.02235);
  };
  let command = 0;
  for (let n = 0; n < 120 * rate; n += 10) {
    const us = 1e6 + (n + 10) * 4000;
    recorded.push(
      Array.from({ length: 10 }, (_, place) => ({ counts: [counts(n + place)], counter: 0, flags: 0 })),
      us,
    );
    if (stimuli.some((at) => at >= n && at < n + 10)) {
      command++;
      if (command === 1) recorded.lease(1, 50);
      recorded.record(EventCode.detection, 0, DetectionPhase.confirmed, n - 100, n, NaN, 2);
      recorded.record(EventCode.request, command, 0, n - 100, 0, 1e12);
      recorded.record(EventCode.permit, command, command, 0, 0, 1);
      recorded.record(EventCode.receipt, command, ReceiptState.accepted, us + 150, us);
      recorded.record(EventCode.receipt, command, ReceiptState.started, us + 1000 * command, us);
      recorded.record(EventCode.receipt, command, ReceiptState.ended, us + 50_000, us);
      recorded.record(EventCode.phase, command, -30, condition === 'real' ? -45 : 120);
    } else if (n % 2500 === 0) recorded.record(EventCode.refusal, 100 + n, n % 5000 === 0 ? 0b1 : 0b10001);
    recorded.drain();
  }
  recorded.close();
  return { path, allocation };
}

async function pageOf(t: TestContext, path: string, ...more: string[]): Promise<string> {
  const out = join(dirname(path), 'night.html');
  await runJson(t, reportCommand(), path, '--out', out, ...more);
  return readFileSync(out, 'utf8');
}

test('R-27 before unblinding the page of a real and that of a sham night are the same bytes', async (t) => {
  const real = await recordNight(t, 'real');
  const sham = await recordNight(t, 'sham');
  const page = await pageOf(t, real.path);
  // Two recordings have two heads, whatever is in them; a hash tells nothing of what it is over.
  const withoutHead = (text: string): string => text.replace(/\d+:[0-9a-f]{64}/g, '');
  assert.equal(withoutHead(page), withoutHead(await pageOf(t, sham.path)));
  assert.match(page, /Blinded: nothing here is split by condition/);
  assert.doesNotMatch(page, /sham stimuli|real stimuli|Locked to the stimulus|Seen in hindsight/);
  elementsOf(page.replace(/^<!DOCTYPE html>\n/, ''));
});

test('the numbers of the page are those that SQLite counts in the file', async (t) => {
  const { path } = await recordNight(t, 'sham');
  const page = await pageOf(t, path);
  const db = new Database(path, { readonly: true });
  const count = (where: string): number =>
    db.prepare<[], number>(`select count(*) from event where ${where}`).pluck().get() ?? NaN;
  const row = (name: string): string | undefined => new RegExp(`<th>${name}</th><td>([^<]*)</td>`).exec(page)?.[1];
  assert.equal(row('stimuli'), String(count("kind = 'receipt' and json_extract(fields, '$.state') = 1")));
  assert.equal(row('refusals'), String(count("kind = 'refusal'")));
  assert.equal(row('detections, spindle'), String(count("kind = 'detection'")));
  const perHour = count("kind = 'refusal' and json_extract(fields, '$.reasons') & 16");
  assert.match(page, new RegExp(`>per-hour</text><rect[^>]*></rect><text[^>]*>${perHour}</text>`));
  db.close();
  // Commands 1 to 6 started 1 to 6 ms behind their permits, at seconds 10 to 85; numpy.percentile says the same.
  assert.match(page, /to the start<\/th><td>6<\/td><td>1\.25<\/td><td>3\.50<\/td><td>5\.75<\/td><td>6\.00<\/td>/);
  assert.match(page, /most in a minute<\/th><td>5<\/td>/);
  assert.match(page, /<th>time<\/th><td>0:02:00<\/td>/);
});

test('R-42 the page holds the head that the recording is checked against later', async (t) => {
  const { path } = await recordNight(t, 'sham');
  const [, text = ''] = /<th>head of the recording<\/th><td>(\d+:[0-9a-f]{64}), over/.exec(await pageOf(t, path)) ?? [];
  const head = parseHead(text);
  assert.ok(head, text);
  assert.doesNotMatch(checkRecording(path, head).faults.join(), /seal/);
  assert.match(checkRecording(path, { ...head, hash: 'ab' }).faults.join(), /seal \d+ is [0-9a-f]{64}, not ab/);
});

test('conditions are shown when they were opened on record, and not before', async (t) => {
  const { path, allocation } = await recordNight(t, 'real');
  const refused = await pageOf(t, path, '--allocation', allocation).catch((error: unknown) => error);
  assert.ok(refused instanceof Failure, String(refused));
  assert.match(refused.message, /^P001 in cue has not been unblinded\. .*axond study unblind --participant P001\.$/);
  const who = { allocation, participant: 'P001', by: 'A. Meyer', reason: 'end of the study', user: 'u', at: 'now' };
  await unblind(who, { recordings: path });
  const page = await pageOf(t, path, '--allocation', allocation);
  assert.match(page, /6 stimuli were real/);
  assert.match(page, /Locked to the stimulus/);
  assert.match(page, /Seen in hindsight, real: 6 stimuli, mean -45°, resultant length 1\.00/);
  elementsOf(page.replace(/^<!DOCTYPE html>\n/, ''));
});

test('the hours of the page are those on the wall, also behind a clock change', async (t) => {
  const path = temporaryPath(t);
  // In Berlin clocks go back at 01:00 UTC, a minute into the recording.
  const configuration = 'device: { timeZone: Europe/Berlin }\nsource: { use: cyton }\n';
  const recorded = new Recorded(path, 1, { configuration, startUs: 1e6, startWallMs: Date.UTC(2026, 9, 25, 0, 59) });
  recorded.stream(120 * rate);
  recorded.close();
  const hours = (await pageOf(t, path)).match(/\b0\d:\d\d:\d\d(?=<\/text>)/g) ?? [];
  assert.deepEqual(hours.slice(0, 2), ['02:59:00', '02:59:10']);
  assert.deepEqual(hours.slice(5, 8), ['02:59:50', '02:00:00', '02:00:10']);
});

test('the reporting list is there item by item, and says what is not recorded; phases achieved only once opened', async (t) => {
  const { path, allocation } = await recordNight(t, 'sham');
  const cells = (page: string): Map<string, string> =>
    new Map(
      [...page.matchAll(/<tr><th>([^<]*)<\/th><td>([^<]*)<\/td><\/tr>/g)].map(([, item = '', value = '']) => [
        item,
        value,
      ]),
    );
  const blinded = cells(await pageOf(t, path));
  // The list of closedloop stimulation that the owners gave, in their order.
  const items = [
    'Montage and reference',
    'Filter and delay',
    'Detection rule and threshold',
    'Phase target',
    'Phase foreseen',
    'Phase achieved',
    'Stimuli by stage',
    'Intervals between stimuli',
    'Level',
    'Calibration',
    'Latency and jitter of the device',
    'Gate rules',
    'Arousals after stimuli',
    'Sham scheme',
    'Blinding check',
    'Missing data',
  ];
  assert.deepEqual(
    [...blinded.keys()].filter((item) => items.includes(item)),
    items,
  );
  assert.match(blinded.get('Filter and delay') ?? '', /filters at 13\.5 Hz: none, for there are none$/);
  assert.equal(blinded.get('Phase foreseen'), 'mean -30.0°, SD 0.0°, resultant length 1.000, n 6');
  assert.equal(blinded.get('Phase achieved'), 'not shown while the participant is blinded');
  for (const item of ['Level', 'Calibration', 'Latency and jitter of the device', 'Blinding check']) {
    assert.equal(blinded.get(item), 'not recorded', item);
  }
  assert.match(blinded.get('Sham scheme') ?? '', /sealed allocation, applied in the guardian.*night 1 of P001/);
  assert.match(blinded.get('Stimuli by stage') ?? '', /^6 in all/);
  // Intervals of 15.5, 14.5, 1.2, 28.8 and 15 s, a millisecond longer each, in reads of 40 ms.
  assert.match(blinded.get('Intervals between stimuli') ?? '', /median 15\.0\d s.* n 5$/);
  const who = { participant: 'P001', by: 'A. Meyer', reason: 'analysis', user: 'a', at: '2026-11-29T09:00:00.000Z' };
  await unblind({ ...who, allocation }, { recordings: path });
  assert.equal(
    cells(await pageOf(t, path, '--allocation', allocation)).get('Phase achieved'),
    'sham: mean 120.0°, SD 0.0°, resultant length 1.000, n 6',
  );
});
