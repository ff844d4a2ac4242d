import { userInfo } from 'node:os';
import { Command } from 'commander';
import { ExportError } from '../recording/export/edf-scale.js';
import { budgetPath } from '../recorder/budget-file.js';
import { BudgetFailure } from '../recorder/recorder.js';
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
  state?: string[];
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
    .option(
      '--state <FOLDER...>',
      'device.state of beds, where no recording tells it any more (default: what the recordings say, and `state` beside them)',
    )
    .option('--yes', 'do not ask for the code again')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond study withdraw P017 --by "A. Meyer" --reason "consent withdrawn" --recordings /var/lib/axond',
    )
    .action(withdrawOne);
}

async function withdrawOne(code: string, options: WithdrawOptions): Promise<void> {
  const { recordings, study, state = [], yes, json, by, reason } = options;
  for (const [option, value] of [['--by', by] as const, ['--reason', reason] as const]) {
    if (value.trim() === '') throw new UsageError(`${option}: is empty. It goes on record.`);
  }
  try {
    const plan = await planWithdrawal(recordings, study, code, state);
    const { nights, files, exports, blotted, budgets, sealed } = plan;
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
    const { deleted, elsewhere, naming } = await withdraw(plan, {
      ...{ at: new Date().toISOString(), by, reason, user: userInfo().username },
    });
    const tombstone = withdrawnPath(recordings, plan.study, code);
    if (json) {
      const kept = { sealed, naming };
      printJson({ study: plan.study, participant: code, nights, deleted, exports, elsewhere, ...kept, tombstone });
      return;
    }
    print(
      `${planned}: deleted`,
      `noted in    ${tombstone}; nothing is recorded under that code any more`,
      ...blotted.map((path) => `blotted out ${path}: the code, in what else it tells`),
      ...budgets.map((bed) => `counts on   ${budgetPath(bed)}: what was given limits later nights, without the code`),
      ...sealed.map((path) => `STAYS       ${path}: the study needs it; it names nights by code`),
      ...naming.map((path) => `LOOK INTO   ${path}: it names ${code}, or cannot be read; delete there what is theirs`),
      ...elsewhere.map((copy) => `ELSEWHERE   ${copy}: delete there what is theirs`),
    );
  } catch (error) {
    const known = [ExportError, RecordingError, BudgetFailure].some((kind) => error instanceof kind);
    throw known && error instanceof Error ? new Failure(error.message) : error;
  }
}
