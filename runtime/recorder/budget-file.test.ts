import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { giveAway, notGivenAway, skippedButForRoot } from '../recording/owner.test.fixture.js';
import { Budget } from './budget.js';
import { BudgetFile, BudgetInUse, budgetPath, readBudget, resetBudget, unnameNights } from './budget-file.js';
import { BudgetFailure } from './recorder.js';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-budget-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const never = (): boolean => false;

/** A budget with a night in it, closed. */
function written(folder: string): string {
  const { file, budget } = BudgetFile.open(folder, never);
  budget.continueIn('boot', 0);
  budget.begin('night.db', 'study/P017/1');
  for (let command = 1; command <= 200; command++) budget.give(command, command * 61e6);
  const text = budget.toText();
  file.save(text);
  file.close();
  return text;
}

test('R-20 an empty budget is made on the first start, and what is saved is there on the next', (t) => {
  const folder = join(temporaryFolder(t), 'state');
  const first = BudgetFile.open(folder, never);
  assert.equal(first.budget.toText(), Budget.first().toText());
  first.file.close();
  const text = written(folder);
  const { file, budget } = BudgetFile.open(folder, never);
  assert.equal(budget.toText(), text);
  file.close();
  assert.equal(readBudget(folder)?.toText(), text);
});

test('R-20 whoever withdraws is in no byte of the budget, and what they were given counts as before', (t) => {
  const folder = temporaryFolder(t);
  written(folder);
  const before = readBudget(folder)?.counts();
  const holds = (): string[] => readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes('P017'));
  assert.deepEqual(holds(), ['budget.db']);
  unnameNights(folder, 'study', 'P017');
  assert.deepEqual(holds(), []);
  const after = readBudget(folder)?.counts();
  assert.deepEqual(after, { ...before, nights: { 'withdrawn/1': 200 } });
  const { file } = BudgetFile.open(folder, never);
  assert.throws(() => unnameNights(folder, 'study', 'P018'), BudgetInUse);
  file.close();
});

test('R-20 a budget that is gone is exhausted: its mark, or recordings with stimuli, tell that there was one', (t) => {
  const folder = temporaryFolder(t);
  written(folder);
  rmSync(budgetPath(folder));
  assert.throws(
    () => BudgetFile.open(folder, never),
    /budget\.db: is missing, .* axond setup budget --state .* --reset --by NAME/,
  );
  const other = temporaryFolder(t);
  assert.throws(() => BudgetFile.open(other, () => true), BudgetFailure);
  assert.deepEqual(readdirSync(other), []);
});

test('R-20 a budget that is cut off or overwritten anywhere is exhausted, or still says exactly what it said', (t) => {
  const folder = temporaryFolder(t);
  const text = written(folder);
  const path = budgetPath(folder);
  const bytes = readFileSync(path);
  let refused = 0;
  const outcome = (): void => {
    try {
      const { file, budget } = BudgetFile.open(folder, never);
      file.close();
      assert.equal(budget.toText(), text);
    } catch (error) {
      assert.ok(error instanceof BudgetFailure, String(error));
      assert.match(error.message, /budget\.db: is damaged \(.*\).* --reset --by NAME --reason TEXT$/s);
      refused++;
    }
  };
  for (let at = 0; at < bytes.length; at += 512) {
    writeFileSync(path, bytes);
    truncateSync(path, at);
    outcome();
    assert.equal(refused, 1, `cut off at ${at}`);
    refused = 0;
  }
  for (let at = 0; at < bytes.length; at += 512) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xa5, at, at + 512);
    writeFileSync(path, damaged);
    outcome();
  }
  // A page that holds nothing may be overwritten.
  assert.ok(refused >= bytes.length / 512 / 2, `${refused} of ${bytes.length / 512} were refused`);
});

test('R-20 after a reset by name and reason counting begins anew; the damaged file is kept, and resets are remembered', (t) => {
  const folder = temporaryFolder(t);
  written(folder);
  truncateSync(budgetPath(folder), 1000);
  resetBudget(folder, 'Ada', 'card replaced', 1);
  resetBudget(folder, 'Ben', 'new study', 2);
  const { file, budget } = BudgetFile.open(folder, never);
  file.close();
  assert.deepEqual(budget.resets, [
    { wallMs: 1, by: 'Ada', reason: 'card replaced' },
    { wallMs: 2, by: 'Ben', reason: 'new study' },
  ]);
  budget.continueIn('boot', 0);
  budget.begin('next.db', 'study/P017/1');
  assert.deepEqual(budget.past(0), []);
  assert.ok(existsSync(`${budgetPath(folder)}.damaged-1`));
});

test('R-20 a folder that cannot be made is named, with what to do', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'state'), '');
  assert.throws(
    () => BudgetFile.open(join(folder, 'state'), never),
    (error) =>
      error instanceof BudgetFailure && /state\/budget\.db: cannot be made .* device\.state\.$/.test(error.message),
  );
});

test('R-20 a budget that cannot be written or made is a failure with its reason', (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(budgetPath(folder));
  assert.throws(() => BudgetFile.open(folder, never), BudgetFailure);
});

test('R-19 a run that is killed between reservation and message leaves the reservation, and lets go of the budget', async (t) => {
  const folder = temporaryFolder(t);
  const fixture = fileURLToPath(new URL('./grant-and-wait.test.fixture.js', import.meta.url));
  const child = spawn(process.execPath, [fixture, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.throws(
    () => BudgetFile.open(folder, never),
    (error) => error instanceof BudgetInUse && /another axond .* device\.state of its own/.test(error.message),
  );
  assert.throws(() => resetBudget(folder, 'Ada', 'impatient', 1), BudgetInUse);
  assert.equal(readBudget(folder)?.unfinished, 'killed.db', 'it can be read all the same');
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  const { file, budget } = BudgetFile.open(folder, never);
  file.close();
  budget.continueIn('this boot', 30e6);
  assert.deepEqual(budget.recover([], 30e6), { proven: 0, possible: 6 });
  budget.begin('next.db', '');
  assert.deepEqual(budget.past(100e6), [{ atUs: 30e6, stimuli: 6, night: false }]);
});

test(
  'R-20 a budget that root resets can be written by whom its folder belongs to',
  { skip: skippedButForRoot },
  (t) => {
    const folder = temporaryFolder(t);
    giveAway(folder);
    resetBudget(folder, 'Ada', 'card replaced', 1);
    assert.deepEqual(notGivenAway(folder), []);
    writeFileSync(budgetPath(folder), 'damaged');
    resetBudget(folder, 'Ada', 'damaged', 2);
    assert.deepEqual(notGivenAway(folder), []);
  },
);
