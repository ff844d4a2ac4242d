import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ReceiptState } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { noteCopy, type Copy } from '../recording/copies.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

function axond(...parameters: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...parameters], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

test('list and show: one closed, one killed, one that is none', (t) => {
  const path = temporaryPath(t);
  const folder = dirname(path);
  const recorded = new Recorded(path);
  recorded.texts.set(1, 'lights off');
  recorded.stream(2500);
  recorded.record(EventCode.detection, 0, 0, 2400, 2450, NaN, 3);
  recorded.record(EventCode.refusal, 1, 0b101);
  recorded.record(EventCode.receipt, 1, ReceiptState.started, 11, 9);
  recorded.record(EventCode.marker, 1);
  recorded.commit();
  copyFileSync(path, join(folder, 'killed.db'));
  copyFileSync(`${path}-wal`, join(folder, 'killed.db-wal'));
  recorded.close({ detections: 1, refusals: 1, stimuli: 1 });
  const copy: Copy = { kind: 'exported', format: 'edf', to: '/usb/night.edf', bytes: 9, sha256: null, wallMs: 1.8e12 };
  noteCopy(path, copy);
  writeFileSync(join(folder, 'other.db'), 'something else');

  const listed = axond('recording', 'list', folder, '--json');
  assert.equal(listed.code, 0, listed.stderr);
  const { recordings } = JSON.parse(listed.stdout) as { recordings: Record<string, unknown>[] };
  const [killed, night, other] = recordings;
  const counts = { name: 'bed-1', device: 'cyton', seconds: 10, samples: 2500, gaps: 0, detections: 1, stimuli: 1 };
  const started = '2023-11-14T22:13:20.000Z';
  const { packedBytes } = night ?? {};
  // One channel of 24 bits.
  const common = { ...counts, started, refusals: 1, packedBytes, rawBytes: 2500 * 3 };
  assert.deepEqual(night, {
    ...common,
    file: path,
    bytes: night?.['bytes'],
    copies: [copy],
    ending: 'closed',
    closed: true,
  });
  assert.deepEqual(killed, {
    ...common,
    file: join(folder, 'killed.db'),
    bytes: killed?.['bytes'],
    copies: [],
    ending: null,
    closed: false,
  });
  assert.match(String(other?.['fault']), /other\.db: cannot be opened as a recording/);

  const table = axond('recording', 'list', folder).stdout.split('\n');
  assert.match(
    table[0] ?? '',
    /started \(UTC\) +age +duration +name +device +samples +gaps +detected +stimuli +MB +copies +file/,
  );
  assert.match(
    table[1] ?? '',
    /2023-11-14 22:13:20 +\d+ d +0:00:10 +bed-1 +cyton +2500 +0 +1 +1 +\d+\.\d +none +killed\.db {2}\(not closed\)/,
  );
  assert.match(table[2] ?? '', / exported +night\.db$/);
  assert.match(table[3] ?? '', /cannot be read .*other\.db/);

  const shown = axond('recording', 'show', path);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /run +bed-1, axond run, version 0\.1\.0/);
  assert.match(shown.stdout, /size +0\.0 MB; samples take \d+ % of 0\.0 MB as 24-bit counts/);
  assert.match(shown.stdout, /copies +exported \(edf\) to \/usb\/night\.edf\n/);
  assert.match(shown.stdout, /decisions +1 detections, 1 stimuli, 1 refusals/);
  assert.match(shown.stdout, /10\.000 s {2}sample +2499 {2}marker +marker 1, "lights off"/);
  assert.match(shown.stdout, /detection +detector spindle, phase 0, onset 2400, confirmed 2450, end NaN, score 3\n/);
  assert.match(shown.stdout, /refusal +R1: request 1, reasons disarmed \+ interval\n/);
  assert.match(shown.stdout, /receipt +command 1, state started, atUs 11/);
  const json = JSON.parse(axond('recording', 'show', path, '--json').stdout) as Record<string, unknown>;
  assert.deepEqual([json['samples'], json['events'], json['closed']], [2500, 4, true]);
});

test('what is not there is wrong usage, what cannot be read a failure; both are named', (t) => {
  const path = temporaryPath(t);
  assert.match(axond('recording', 'list', `${path}.folder`).stderr, /night\.db\.folder: there is no such folder/);
  const absent = axond('recording', 'show', path);
  assert.deepEqual([absent.code, absent.stderr], [2, `${path}: there is no such file.\n`]);
  writeFileSync(path, 'something else');
  const other = axond('recording', 'show', path);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /night\.db: cannot be opened as a recording/);
});
