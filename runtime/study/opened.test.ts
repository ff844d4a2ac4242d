import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { AllocationError, encodeAllocation, type Row } from './allocation.js';
import { openedConditions } from './opened.js';
import { writeSealed } from './sealed-files.js';
import { unblind } from './unblind.js';
import { encodeUse, usesPath, type UseEntry } from './uses.js';

/** Two blocks of ten minutes, sham first. */
async function sealed(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'axond-opened-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'cue.sealed');
  const rows = (['P001', 'P002'] as const).flatMap((participant): Row[] => [
    { participant, night: 1, block: 1, condition: participant === 'P001' ? 'sham' : 'real' },
    { participant, night: 1, block: 2, condition: participant === 'P001' ? 'real' : 'sham' },
  ]);
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
  const shape = { participants: ['P001', 'P002'], nights: 1, blocks: 2, blockSeconds: 600 };
  const sha256 = await writeSealed(path, encodeAllocation({ ...head, ...shape, rows }));
  const study = { name: 'cue', participant: 'P001', night: 1, continued: false, sha256 };
  return { path, sha256, run: { study, bootId: 'boot-a' } };
}

const who = { by: 'A. Meyer', reason: 'end', user: 'u', at: '2026-11-29T09:00:00.000Z' };
const refusal = async (opened: Promise<unknown>): Promise<string> => {
  const error: unknown = await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AllocationError, String(error));
  assert.doesNotMatch(error.message, /real|sham/);
  return error.message;
};

test('R-28 a condition is told when its participant was unblinded by this very file, and only then', async (t) => {
  const { path, sha256, run } = await sealed(t);
  assert.match(await refusal(openedConditions(path, run, 'night')), /^P001 in cue has not been unblinded\./);
  await unblind({ allocation: path, participant: 'P002', ...who }, { sha256 });
  assert.match(await refusal(openedConditions(path, run, 'night')), /^P001 in cue has not been unblinded\./);
  await unblind({ allocation: path, participant: 'P001', ...who }, { sha256 });
  assert.match(await refusal(openedConditions(path, run, 'night')), /says nothing of this night\. Copy it/);
  const other = { ...run, study: { ...run.study, sha256: 'e'.repeat(64) } };
  assert.match(await refusal(openedConditions(path, other, 'night')), /has not been unblinded/);
});

test('R-28 each stimulus has the condition of the block that it fell into, before and after the newest one', async (t) => {
  const { path, sha256, run } = await sealed(t);
  await unblind({ allocation: path, participant: 'P001', ...who }, { sha256 });
  const whose = { participant: 'P001', night: 1, run: 'night' };
  const position = { block: 1, blockUs: 100e6, boot: 'boot-a' };
  const taken: UseEntry = { use: 'taken', ...whose, allocation: sha256, at: who.at, continued: false, position };
  const second: UseEntry = { use: 'block', ...whose, position: { ...position, block: 2, blockUs: 700e6 } };
  for (const entries of [[taken], [taken, second]]) {
    writeFileSync(usesPath(path), entries.map(encodeUse).join(''));
    const conditionAt = await openedConditions(path, run, 'night');
    const told = [100e6, 699.9e6, 700e6, 1299e6].map(conditionAt);
    assert.deepEqual(told, ['sham', 'sham', 'real', 'real']);
    for (const outside of [99e6, 1301e6]) assert.throws(() => conditionAt(outside), AllocationError);
  }
  assert.match(await refusal(openedConditions(path, run, 'earlier')), /says only when those of night did/);
  // Another run goes on with the night in another boot; the earlier one is told by its own clock still.
  const later = { block: 2, blockUs: 50e6, boot: 'boot-b' };
  const goesOn: UseEntry = { ...taken, run: 'morning', continued: true, position: later };
  writeFileSync(usesPath(path), [taken, second, goesOn].map(encodeUse).join(''));
  assert.deepEqual([699.9e6, 700e6].map(await openedConditions(path, run, 'night')), ['sham', 'real']);
  assert.deepEqual([60e6].map(await openedConditions(path, { ...run, bootId: 'boot-b' }, 'morning')), ['real']);
  writeFileSync(usesPath(path), encodeUse(taken));
  assert.match(await refusal(openedConditions(path, { ...run, bootId: 'b' }, 'night')), /must say when the blocks/);
});
