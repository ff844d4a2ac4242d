import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  begunEntry,
  columnsOf,
  emptyStudy,
  exported,
  nightLog,
  tableOf,
  writeRecording,
  type Studied,
} from './study-export.test.fixture.js';

const participants = ['P001', 'P002', 'P003'];
const allocated = (t: TestContext): Promise<Studied> =>
  emptyStudy(t, {
    ...{ participants, nights: 1, blocks: 1, blockSeconds: null },
    rows: participants.map((participant) => ({ participant, night: 1, block: 1, condition: 'sham' })),
  });

/** Day and time on the wall, as the header of a BDF file has them. */
const headerTime = (out: string, participant: string, stem: string): string =>
  readFileSync(join(out, `sub-${participant}`, 'ses-01', 'eeg', `${stem}_eeg.bdf`)).toString('latin1', 168, 184);

const stimulusOnsets = (out: string, stem: string): string[] =>
  tableOf(join(out, 'sub-P001', 'ses-01', 'eeg', `${stem}_events.tsv`)).flatMap((row) =>
    row['trial_type'] === 'stimulus' ? [row['onset'] ?? ''] : [],
  );

test('R-57 a night across the autumn clock change is exported in its order, each minute of it as long as it was', async (t) => {
  const study = await allocated(t);
  // 2026-10-25 in Berlin: at 03:00 summer time, 01:00 UTC, it is 02:00. The first recording ends 30 s later, so that its
  // end stands before its start on the wall; the second begins two minutes after that.
  const startMs = Date.UTC(2026, 9, 25, 0, 59, 30);
  const configuration = `
source: { use: cyton, port: /dev/ttyUSB0 }
device: { name: bed-1, timeZone: Europe/Berlin }
signals: { c3: { from: c0 } }
detectors: { spindle: { use: threshold, signal: c3, level: 90uV } }
actuators: { sound: { use: virtual } }
`;
  const at = (startUs: number) => ({ startUs, run: { configuration, startWallMs: startMs + startUs / 1000 } });
  writeRecording(study, { name: 'late', participant: 'P001', continued: true, ...at(180e6), stimuli: [20] });
  writeRecording(study, { name: 'midnight', participant: 'P001', ...at(0), stimuli: [20, 40] });
  const lights = (us: number) => ({ us, wallMs: startMs + us / 1000, clock: 'set' as const, zone: 'Europe/Berlin' });
  writeFileSync(
    join(study.recordings, 'cue-P001-01.night'),
    nightLog([
      [begunEntry('P001', 1), lights(0)],
      [{ kind: 'lightsOff', by: 'AM', untilUs: 36e9, untilWallMs: startMs + 36e6 }, lights(0)],
      [{ kind: 'lightsOn', by: 'AM' }, lights(240e6)],
      [{ kind: 'closed', outcome: 'complete', reason: '' }, lights(240e6)],
    ]),
  );
  const out = join(study.folder, 'cue');
  await exported(t, study, out);
  assert.deepEqual(columnsOf(tableOf(join(out, 'stimuli.tsv')), 'run', 'id', 'time', 'time_zone', 'interval'), [
    ['1', 'S1', '2026-10-25T00:59:50.042Z', 'Europe/Berlin', 'n/a'],
    ['1', 'S2', '2026-10-25T01:00:10.042Z', 'Europe/Berlin', '20'],
    ['2', 'S1', '2026-10-25T01:02:50.042Z', 'Europe/Berlin', '160'],
  ]);
  const columns = ['recordings', 'start', 'end', 'lights_off', 'lights_on', 'recorded', 'between', 'time_zone'];
  assert.deepEqual(columnsOf(tableOf(join(out, 'nights.tsv')), ...columns), [
    [
      ...['midnight; late', '2026-10-25T00:59:30.000Z', '2026-10-25T01:03:30.000Z'],
      ...['2026-10-25T00:59:30.000Z', '2026-10-25T01:03:30.000Z', '2.000', '2.000', 'Europe/Berlin'],
    ],
  ]);
  const scans = tableOf(join(out, 'sub-P001', 'ses-01', 'sub-P001_ses-01_scans.tsv'));
  assert.deepEqual(columnsOf(scans, 'filename', 'acq_time'), [
    ['eeg/sub-P001_ses-01_task-cue_run-01_eeg.bdf', '2026-10-25T00:59:30.004Z'],
    ['eeg/sub-P001_ses-01_task-cue_run-02_eeg.bdf', '2026-10-25T01:02:30.004Z'],
  ]);
  // The header alone is of the wall: 02:59:30 summer time, and three minutes later 02:02:30 winter time.
  const [first, second] = ['run-01', 'run-02'].map((run) => `sub-P001_ses-01_task-cue_${run}`);
  assert.equal(headerTime(out, 'P001', first ?? ''), '25.10.2602.59.30');
  assert.equal(headerTime(out, 'P001', second ?? ''), '25.10.2602.02.30');
  assert.deepEqual(stimulusOnsets(out, first ?? ''), ['20.038', '40.038']);
});

test('R-57 a board without a clock: what one recording knows of the time holds for all of its boot', async (t) => {
  const study = await allocated(t);
  // It begins in 1970. Somebody sets the clock 30 s into the second recording, to the true time.
  const bootMs = Date.UTC(2026, 9, 24, 22, 0);
  const unset = (startUs: number) => ({ startUs, run: { startWallMs: startUs / 1000, wallClock: 'unset' as const } });
  writeRecording(study, { name: 'a', participant: 'P001', ...unset(20e6), stimuli: [20, 40] });
  const anchors = [[30, bootMs + 170e3 + 30e3]] as const;
  writeRecording(study, { name: 'b', participant: 'P001', ...unset(170e6), stimuli: [20], anchors });
  // Nobody sets that of the second bed.
  writeRecording(study, { name: 'c', participant: 'P002', ...unset(20e6), stimuli: [20, 40] });
  // That of the third one was set in the last seconds of its recording, and the log alone has seen it.
  writeRecording(study, { name: 'd', participant: 'P003', ...unset(20e6), stimuli: [20] });
  const line = (us: number, clock: 'set' | 'unset') =>
    ({ us, clock, wallMs: clock === 'set' ? bootMs + us / 1000 : us / 1000 }) as const;
  writeFileSync(
    join(study.recordings, 'cue-P001-01.night'),
    nightLog([
      [begunEntry('P001', 1), line(10e6, 'unset')],
      [{ kind: 'lightsOff', by: 'AM', untilUs: 36e9, untilWallMs: 36e6 }, line(15e6, 'unset')],
      [{ kind: 'lightsOn', by: 'AM' }, line(230e6, 'set')],
      [{ kind: 'closed', outcome: 'complete', reason: '' }, line(231e6, 'set')],
    ]),
  );
  writeFileSync(
    join(study.recordings, 'cue-P003-01.night'),
    nightLog([
      [begunEntry('P003', 1), line(10e6, 'unset')],
      [{ kind: 'closed', outcome: 'lost', reason: 'went home' }, line(79e6, 'set')],
    ]),
  );
  const out = join(study.folder, 'cue');
  await exported(t, study, out);
  assert.deepEqual(columnsOf(tableOf(join(out, 'stimuli.tsv')), 'participant_id', 'run', 'id', 'time', 'interval'), [
    ['sub-P001', '1', 'S1', '2026-10-24T22:00:40.042Z', 'n/a'],
    ['sub-P001', '1', 'S2', '2026-10-24T22:01:00.042Z', '20'],
    ['sub-P001', '2', 'S1', '2026-10-24T22:03:10.042Z', '130'],
    ['sub-P002', '1', 'S1', 'n/a', 'n/a'],
    ['sub-P002', '1', 'S2', 'n/a', '20'],
    ['sub-P003', '1', 'S1', '2026-10-24T22:00:40.042Z', 'n/a'],
  ]);
  const columns = ['start', 'end', 'lights_off', 'lights_on', 'recorded', 'between'];
  assert.deepEqual(columnsOf(tableOf(join(out, 'nights.tsv')), ...columns), [
    [
      ...['2026-10-24T22:00:20.000Z', '2026-10-24T22:03:50.000Z'],
      ...['2026-10-24T22:00:15.000Z', '2026-10-24T22:03:50.000Z', '2.000', '1.500'],
    ],
    ['n/a', 'n/a', 'n/a', 'n/a', '1.000', '0.000'],
    ['2026-10-24T22:00:20.000Z', '2026-10-24T22:01:20.000Z', 'n/a', 'n/a', '1.000', '0.000'],
  ]);
  const begun = (participant: string) =>
    columnsOf(tableOf(join(out, `sub-${participant}`, 'ses-01', `sub-${participant}_ses-01_scans.tsv`)), 'acq_time');
  assert.deepEqual(begun('P001'), [['2026-10-24T22:00:20.004Z'], ['2026-10-24T22:02:50.004Z']]);
  assert.deepEqual(begun('P002'), [['n/a']]);
  assert.equal(headerTime(out, 'P001', 'sub-P001_ses-01_task-cue_run-01'), '25.10.2600.00.20');
  assert.equal(headerTime(out, 'P002', 'sub-P002_ses-01_task-cue'), '01.01.8500.00.00');
});
