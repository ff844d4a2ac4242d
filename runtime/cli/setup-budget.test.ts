import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BudgetFile, budgetPath } from '../recorder/budget-file.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { Failure, UsageError } from './output.js';
import { budgetCommand } from './setup-budget.js';

test('R-20 the budget is shown, and reset by name and reason only', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'axond-setup-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const run = (...words: string[]): Promise<string> => runCommand(t, budgetCommand(), '--state', state, ...words);
  await assert.rejects(run(), (error) => error instanceof Failure && /budget\.db: there is none/.test(error.message));
  const { file, budget } = BudgetFile.open(state, () => false);
  budget.continueIn('boot', 0);
  budget.begin('night.db', 'study/P017/1');
  budget.give(1, 1e6);
  file.save(budget.toText());
  file.close();
  assert.deepEqual(await runJson(t, budgetCommand(), '--state', state), {
    state,
    hour: 1,
    day: 1,
    nights: { 'study/P017/1': 1 },
    unfinished: 'night.db',
    resets: [],
  });
  truncateSync(budgetPath(state), 100);
  await assert.rejects(run(), (error) => error instanceof Failure && error.message.includes('is damaged'));
  await assert.rejects(run('--reset', '--by', 'Ada'), UsageError);
  assert.match(await run('--reset', '--by', 'Ada', '--reason', 'new card'), /by Ada: new card/);
});
