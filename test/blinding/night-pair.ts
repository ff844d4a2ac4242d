import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SleepStage } from '../../drivers/sleeper/generator.js';
import type { Condition } from '../../runtime/contracts.js';
import { openRecording } from '../../runtime/recording/read.js';
import { encodeAllocation } from '../../runtime/study/allocation.js';
import { nightPath, NightFile } from '../../runtime/study/night-file.js';
import { writeSealed } from '../../runtime/study/sealed-files.js';
import { usesPath } from '../../runtime/study/uses.js';
import { launcher } from '../axond-process.js';
import { recordingName, type NightTask } from '../study-night-task.js';
import type { sources } from './sources.js';

type Where = (typeof sources)['ofNights' | 'ofNightsAlone'][number];

/** What is left of a night, by where it can be read. */
export type Left = ReadonlyMap<Where, string>;

/**
 * Ten minutes of a sleeper who is deaf, so that nothing but the condition differs from another such night, on a clock of
 * their own. `leaks`: a sham starts a millisecond later, and raises an alarm.
 */
export async function nightOf(condition: Condition, folder: string, leaks = false): Promise<Left> {
  // The same paths in both: they stand in the configuration.
  const here = join(folder, 'night');
  mkdirSync(join(here, 'recordings'), { recursive: true });
  const record = join(here, 'recordings');
  const allocation = join(here, 'cue.sealed');
  const shape = { participants: ['P001'], nights: 1, blocks: 1, blockSeconds: null };
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
  const rows = [{ participant: 'P001', night: 1, block: 1, condition }];
  await writeSealed(allocation, encodeAllocation({ ...head, ...shape, rows }));
  const configuration = [join(here, 'device.yaml'), join(here, 'protocol.yaml')] as const;
  const device = `{ name: bed-1, timeZone: Europe/Zurich, record: ${record} }`;
  writeFileSync(configuration[0], `device: ${device}\nsource: { use: cyton, port: /dev/null }\n`);
  writeFileSync(configuration[1], `preset: cyton-spindle\nstudy: { name: cue, allocation: ${allocation} }\n`);
  const task: NightTask = {
    ...{ configuration, bed: 'bed-1', record, participant: 'P001', night: 1, person: 1, seed: 7, boot: 'boot' },
    ...{ startUs: 60e6, startWallMs: Date.UTC(2026, 9, 23, 23), stages, fromSeconds: 0, deaf: true, leaks },
  };
  const { startUs, startWallMs } = task;
  const zone = 'Europe/Zurich';
  const path = nightPath(record, 'cue', 'P001', 1);
  const log = new NightFile(path, () => ({ us: startUs, boot: 'boot', wallMs: startWallMs, clock: 'set', zone }));
  const whose = { study: 'cue', participant: 'P001', night: 1, device: 'bed-1' };
  await log.append({ kind: 'begun', ...whose, protocol: null, approval: null, by: 'AM' });
  await log.append({ kind: 'lightsOff', by: 'AM', untilUs: startUs + 36e9, untilWallMs: startWallMs + 36e6 });
  const script = fileURLToPath(new URL('../study-night.js', import.meta.url));
  execFileSync(process.execPath, [script, JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    return leftOf(join(record, `${recordingName(task)}.db`), path, allocation, here);
  } finally {
    const away = join(folder, `${condition}${leaks ? '-leaks' : ''}`);
    rmSync(away, { recursive: true, force: true });
    renameSync(here, away);
  }
}

function leftOf(recording: string, log: string, allocation: string, here: string): Left {
  const text = (path: string): string => readFileSync(path, 'latin1');
  const said = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...words], {
      encoding: 'utf8',
      cwd: here,
    });
    if (status !== 0) throw new Error(`axond ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const made = (name: string, ...words: string[]): string => {
    const out = join(here, name);
    said(...words, '--out', out);
    return statSync(out).isDirectory() ? folderText(out) : text(out);
  };
  const out = join(here, 'cue');
  said('study', 'export', out, '--recordings', join(here, 'recordings'), '--allocation', allocation);
  const own = ['stimuli.tsv', 'nights.tsv', 'manifest.sha256'] as const;
  return new Map([
    ['the log of the night', text(log)],
    ['names of all files', readdirSync(here, { recursive: true, encoding: 'utf8' }).sort().join('\n')],
    ['the uses of the allocation', withoutHashes(text(usesPath(allocation)))],
    ...rowsOf(recording),
    ['size of the recording', String(statSync(recording).size)],
    ...own.map((name) => [name, text(join(out, name))] as const),
    ['the rest of a study export', folderText(out, own)],
    ['page of the night', withoutHashes(made('night.html', 'recording', 'report', recording))],
    ['recording show', withoutHashes(said('recording', 'show', recording))],
    ['check', withoutHashes(said('check', recording))],
    ['explain S1', withoutHashes(said('explain', 'S1', recording))],
    // But for how fast this machine was.
    ['replay', withoutHashes(said('replay', recording)).replace(/speed .*/, '')],
    ['export as edf', made('night.edf', 'recording', 'export', recording, '--format', 'edf')],
    ['export as bids', made('bids', 'recording', 'export', recording, '--format', 'bids')],
    ['export as csv', made('night.csv', 'recording', 'export', recording, '--format', 'csv')],
    ['export as parquet', made('night.parquet', 'recording', 'export', recording, '--format', 'parquet')],
  ]);
}

function rowsOf(path: string): (readonly ['events of the recording' | 'reads of the recording', string])[] {
  const recording = openRecording(path);
  try {
    const events = [...recording.readableEvents()].map(({ event, text }) => JSON.stringify([event, text]));
    const reads: string[] = [];
    const { length } = recording.run.stream.channels;
    for (const { cycle, nowUs, block } of recording.cycles())
      reads.push(`${cycle} ${nowUs} ${block.counts.subarray(0, length * block.frames).join()}`);
    return [
      ['events of the recording', events.join('\n')],
      ['reads of the recording', reads.join('\n')],
    ];
  } finally {
    recording.close();
  }
}

/** Names and contents. */
function folderText(folder: string, without: readonly string[] = []): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !without.includes(name))
    .sort()
    .map((name) => `${name}\n${readFileSync(join(folder, name), 'latin1')}`)
    .join('\n');
}

/**
 * The sealed files of two conditions have two hashes, and so has all that is chained to them: a hash tells nothing of what
 * it is over, and the one of the file cannot be tried out.
 */
const withoutHashes = (text: string): string =>
  text.replaceAll(/\b[0-9a-f]{64}\b|\b[0-9a-f]{16}$|\b[0-9a-f]{12}…/gm, '#');

/** Where two nights differ. */
export function differences(one: Left, other: Left): Where[] {
  return [...one.keys()].filter((where) => one.get(where) !== other.get(where));
}

const stages: readonly SleepStage[] = [
  ...Array.from({ length: 2 }, () => 'W' as const),
  ...Array.from({ length: 2 }, () => 'N1' as const),
  ...Array.from({ length: 16 }, () => 'N2' as const),
];
