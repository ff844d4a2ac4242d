import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Copy } from './copies.js';
import { chooseDeletions, deletionRules, type StoredRecording } from './storage.js';

const copyOf = (kind: Copy['kind'], wallMs: number): Copy => ({
  ...{ kind, format: 'edf', to: '/media/usb/a.edf', bytes: 1, sha256: null, wallMs },
});

function night(day: number, more: Partial<StoredRecording> = {}): StoredRecording {
  return { file: `${day}.db`, bytes: 100, writtenMs: day, copies: [copyOf('exported', day)], inUse: false, ...more };
}

const files = (chosen: readonly StoredRecording[]): string[] => chosen.map(({ file }) => file);

test('within the budget and with room nothing is deleted, whatever has copies', () => {
  const nights = [night(1), night(2)];
  const chosen = chooseDeletions(nights, { budgetBytes: 200, delete: 'exported' }, 50, 50);
  assert.deepEqual(chosen, { delete: [], lackingBytes: 0 });
});

test('the oldest that has a copy goes first, and no more of them than it takes', () => {
  const nights = [night(3), night(1, { copies: [] }), night(2), night(4)];
  const policy = { budgetBytes: 250, delete: 'exported' } as const;
  assert.deepEqual(files(chooseDeletions(nights, policy, 1e9, 0).delete), ['2.db', '3.db']);
  const forRoom = chooseDeletions(nights, { ...policy, budgetBytes: Infinity }, 20, 100);
  assert.deepEqual([files(forRoom.delete), forRoom.lackingBytes], [['2.db'], -20]);
});

test('R-40 what may not be deleted is told as what is lacking', () => {
  const nights = [night(1, { copies: [] }), night(2, { inUse: true }), night(3, { copies: [copyOf('exported', 2)] })];
  assert.deepEqual(chooseDeletions(nights, { budgetBytes: 100, delete: 'exported' }, 1e9, 0), {
    delete: [],
    lackingBytes: 200,
  });
  const uploaded = [night(1), night(2, { copies: [copyOf('uploaded', 5)] })];
  const chosen = chooseDeletions(uploaded, { budgetBytes: 0, delete: 'uploaded' }, 1e9, 0);
  assert.deepEqual([files(chosen.delete), chosen.lackingBytes], [['2.db'], 100]);
  assert.deepEqual(chooseDeletions(uploaded, { budgetBytes: 0, delete: 'never' }, 0, 1e9).delete, []);
});

test('R-40 whatever stands in the folder: only copied ones go, none of a newer one before an older one, none too many', () => {
  const recording = fc.record({
    file: fc.string(),
    bytes: fc.nat(1000),
    writtenMs: fc.nat(50),
    copies: fc.array(fc.record({ kind: fc.constantFrom('exported' as const, 'uploaded' as const), day: fc.nat(60) })),
    inUse: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(recording),
      fc.constantFrom(...deletionRules),
      fc.nat(5000),
      fc.nat(5000),
      fc.nat(5000),
      (given, rule, budgetBytes, free, wanted) => {
        const stored = given.map((one) => ({ ...one, copies: one.copies.map(({ kind, day }) => copyOf(kind, day)) }));
        const { delete: gone, lackingBytes } = chooseDeletions(stored, { budgetBytes, delete: rule }, free, wanted);
        const may = stored.filter(
          ({ inUse, copies, writtenMs }) =>
            !inUse &&
            copies.some(
              ({ kind, wallMs }) =>
                wallMs >= writtenMs && (rule === 'exported' || (rule === 'uploaded' && kind === 'uploaded')),
            ),
        );
        assert.ok(gone.every((one) => may.some((other) => other === one)));
        const kept = may.filter((one) => gone.every((other) => other !== one));
        assert.ok(gone.every(({ writtenMs }) => kept.every((one) => one.writtenMs >= writtenMs)));
        const needed = Math.max(stored.reduce((sum, { bytes }) => sum + bytes, 0) - budgetBytes, wanted - free);
        const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0);
        assert.equal(lackingBytes, needed - freed);
        assert.ok(gone.length === 0 || freed - (gone.at(-1)?.bytes ?? 0) < needed);
        if (lackingBytes > 0) assert.equal(gone.length, may.length);
      },
    ),
  );
});
