import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoopEvent } from '../../contracts.js';
import { marksOf } from './marks.js';

test('what came before the first frame stands at it: readers leave out what is outside of the signal', () => {
  const armed = (index: number) => ({ event: { kind: 'armed', index } as LoopEvent, text: null });
  const stretches = [{ first: 500, end: 1000 }];
  const run = { detectors: [], variants: [], stream: { rate: 250 } };
  const marks = marksOf(
    run as unknown as Parameters<typeof marksOf>[0],
    [armed(499), armed(700)],
    new Map(),
    { stretches, gaps: [], suspect: [] },
    true,
  );
  assert.deepEqual(
    marks.map(({ kind, onset }) => [kind, onset]),
    [
      ['armed', 500],
      ['armed', 700],
      ['end', 1000],
    ],
  );
});
