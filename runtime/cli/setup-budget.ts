import { Command } from 'commander';
import type { Budget } from '../recorder/budget.js';
import { budgetPath, readBudget, resetBudget } from '../recorder/budget-file.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface BudgetOptions {
  state: string;
  reset?: true;
  by?: string;
  reason?: string;
  json?: true;
}

export function budgetCommand(): Command {
  return new Command('budget')
    .description('What was given in the last hour, in 24 hours and in each night; or begin to count anew, on record')
    .option('--state <FOLDER>', 'device.state; without one `state` in the folder of the recordings', 'recordings/state')
    .option(
      '--reset',
      'forget what was given: where budget.db is missing or damaged, or when nobody sleeps here any more',
    )
    .option('--by <NAME>', 'who resets')
    .option('--reason <TEXT>', 'why')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond setup budget --state recordings/state --reset --by "A. Meyer" --reason "new card, last night read from the log"',
    )
    .action((options: BudgetOptions) => {
      const budget = refusing(() => (options.reset ? reset(options) : readBudget(options.state)));
      if (!budget)
        throw new Failure(`${budgetPath(options.state)}: there is none. The first run that stimulates makes it.`);
      const value = {
        state: options.state,
        ...budget.counts(),
        unfinished: budget.unfinished ?? null,
        resets: budget.resets,
      };
      if (options.json) printJson(value);
      else print(...sheet(budget));
    });
}

function reset({ state, by = '', reason = '' }: BudgetOptions): Budget {
  if (by === '' || reason === '') throw new UsageError('--reset: say who and why, with --by NAME and --reason TEXT.');
  return resetBudget(state, by, reason, Date.now());
}

function refusing<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new Failure(error.message);
  }
}

function sheet(budget: Budget): string[] {
  const { hour, day, nights } = budget.counts();
  return [
    `last hour   ${hour} stimuli`,
    `24 hours    ${day} stimuli; while the machine is off no time passes`,
    ...Object.entries(nights).map(([night, stimuli]) => `night       ${night}: ${stimuli} stimuli`),
    ...(budget.unfinished === undefined ? [] : [`unfinished  ${budget.unfinished} still runs, or was killed`]),
    ...budget.resets.map(
      ({ wallMs, by, reason }) => `reset       ${new Date(wallMs).toISOString()} by ${by}: ${reason}`,
    ),
  ];
}
