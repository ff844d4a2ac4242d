import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readNightLog, type NightEntry } from '../runtime/study/night-log.js';
import { temporaryFolder } from './axond-process.js';
import { OwnTerminal, withoutTerminal } from './own-terminal.js';
import { writeShamAllocation } from './sham-allocation.js';

/** A bed with its protocol, and somebody who sits there at a terminal. */

export const atTerminal = { skip: withoutTerminal() };

export interface Room {
  readonly folder: string;
  readonly port: string;
  readonly environment: Record<string, string>;
  /** The command of the service. */
  readonly run: readonly string[];
  evening(...more: string[]): OwnTerminal;
  log(): NightEntry[];
}

export async function room(t: TestContext): Promise<Room> {
  const folder = temporaryFolder();
  const port = join(folder, 'cyton');
  const file = join(folder, 'protocol.yaml');
  writeFileSync(
    file,
    `preset: demo\ndevice: { name: bed, record: ${folder} }\nsource: { port: ${port} }\n` +
      `study: { name: cue, allocation: ${join(folder, 'cue.sealed')} }\n`,
  );
  await writeShamAllocation(join(folder, 'cue.sealed'), { study: 'cue', participant: 'P001', nights: 1 });
  const environment = { RUNTIME_DIRECTORY: join(folder, 'run') };
  return {
    folder,
    port,
    environment,
    run: ['run', '--config', file, '--json'],
    evening: (...more) =>
      new OwnTerminal(t, ['night', 'P001', '--night', '1', '--config', file, '--by', 'AM', ...more], environment),
    log: () => readNightLog(readFileSync(join(folder, 'cue-P001-01.night'), 'utf8')).map(({ entry }) => entry),
  };
}

/** Answers what a machine and a person who watches are asked, until it asks this. */
export async function answersUntil(seat: OwnTerminal, last: RegExp): Promise<void> {
  const answers: readonly [RegExp, string][] = [
    [/Code of the participant: $/, 'P001'],
    [/Enter measures, s skips it.*: $/, 's'],
    [/Was it seen\?.* $/, 'y'],
    [/f goes on \(recorded as failed\): $/, 'f'],
    [/Is that right\? .* $/, 'y'],
    [/Window \[9h\]: $/, ''],
    [/Type bed: $/, 'bed'],
  ];
  for (;;) {
    await seat.shows(new RegExp([last, ...answers.map(([prompt]) => prompt)].map(({ source }) => source).join('|')));
    if (last.test(seat.shown)) return;
    const [, answer = ''] = answers.find(([prompt]) => prompt.test(seat.shown)) ?? [];
    seat.type(`${answer}\n`);
  }
}

/** Processes of axond that know this folder: all that an evening may have left behind. */
export function leftIn(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false; // Gone meanwhile.
    }
  });
}
