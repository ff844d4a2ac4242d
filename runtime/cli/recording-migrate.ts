import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { MigrationError, migrateRecording } from '../recording/migrate.js';
import { headText } from '../recording/table-chains.js';
import { UsageError, print, printJson } from './output.js';
import { axondVersion } from './version.js';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Bring recordings to the newest format. Each stands beside itself as it was, in FILE.v3.bak, before')
    .argument('<file...>', 'recordings (*.db) that nobody reads or writes now')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond recording migrate recordings/*.db')
    .action((files: string[], { json }: { json?: true }) => {
      for (const file of files) if (!existsSync(file)) throw new UsageError(`${file}: there is no such file.`);
      const results = files.map((file) => migrate(file));
      if (json) printJson({ ok: results.every(({ fault }) => fault === ''), recordings: results });
      else for (const result of results) print(line(result));
      if (results.some(({ fault }) => fault !== '')) process.exitCode = 1;
    });
}

interface Result {
  readonly file: string;
  readonly migrated: boolean;
  /** The recording as it was, and the head of what it is now; empty where nothing was done. */
  readonly backup: string;
  readonly head: string;
  readonly fault: string;
}

function migrate(file: string): Result {
  const nothing = { file, migrated: false, backup: '', head: '', fault: '' };
  try {
    const done = migrateRecording(file, { axond: axondVersion, wallMs: Date.now() });
    if (!done) return nothing;
    return { ...nothing, migrated: true, backup: done.backup, head: done.head ? headText(done.head) : '' };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { ...nothing, fault: error.message };
  }
}

function line({ file, migrated, backup, head, fault }: Result): string {
  if (fault !== '') return fault;
  return migrated
    ? `${file}: linked from now on, head ${head}; as it was: ${backup}`
    : `${file}: is of the newest format.`;
}
