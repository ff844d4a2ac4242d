import { userInfo } from 'node:os';
import { Command } from 'commander';
import { ExportError } from '../recording/export/edf-scale.js';
import { RecordingError } from '../recording/read.js';
import { planWithdrawal, withdraw } from '../study/withdraw.js';
import { withdrawnPath } from '../study/withdrawn.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { Terminal } from './terminal.js';

interface WithdrawOptions {
  by: string;
  reason: string;
  recordings: string;
  study?: string;
  yes?: true;
  json?: true;
}

export function studyWithdrawCommand(): Command {
  return new Command('withdraw')
    .description('Delete all of a participant: recordings, logs of nights, exports that are known. A note is left')
    .argument('<code>', 'whose, for example P017')
    .requiredOption('--by <NAME>', 'who deletes')
    .requiredOption('--reason <TEXT>', 'why; it is kept: say nothing of the person')
    .option('--recordings <FOLDER>', 'recordings and logs of the nights', 'recordings')
    .option('--study <NAME>', 'which one, where the folder holds several')
    .option('--yes', 'do not ask for the code again')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond study withdraw P017 --by "A. Meyer" --reason "consent withdrawn" --recordings /var/lib/axond',
    )
    .action(withdrawOne);
}

async function withdrawOne(code: string, { recordings, study, yes, json, by, reason }: WithdrawOptions): Promise<void> {
  for (const [option, value] of [['--by', by] as const, ['--reason', reason] as const]) {
    if (value.trim() === '') throw new UsageError(`${option}: is empty. It goes on record.`);
  }
  try {
    const plan = await planWithdrawal(recordings, study, code);
    const { nights, files, exports } = plan;
    const planned = `${nights.length} nights of ${code} in ${plan.study}: ${files.length} files, ${exports.length} exports`;
    if (!yes) {
      const terminal = new Terminal();
      try {
        terminal.say(`Deletes ${planned}. They cannot be brought back.`);
        const typed = await terminal.ask('Type the code again: ');
        if (typed !== code) throw new Failure(`${typed || 'nothing'} is not ${code}: nothing was deleted.`);
      } finally {
        terminal.close();
      }
    }
    const { deleted, elsewhere } = await withdraw(plan, {
      ...{ at: new Date().toISOString(), by, reason, user: userInfo().username },
    });
    const tombstone = withdrawnPath(recordings, plan.study, code);
    if (json) {
      printJson({ study: plan.study, participant: code, nights, deleted, exports, elsewhere, tombstone });
      return;
    }
    print(
      `${planned}: deleted`,
      `noted in    ${tombstone}; nothing is recorded under that code any more`,
      ...elsewhere.map((copy) => `ELSEWHERE   ${copy}: delete there what is theirs`),
    );
  } catch (error) {
    const known = error instanceof ExportError || error instanceof RecordingError;
    throw known ? new Failure(error.message) : error;
  }
}
