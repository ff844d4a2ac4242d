import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterDelays } from './filter-delays.js';

const bandpass = { use: 'bandpass', fromHz: 11, toHz: 16, order: 2, family: 'butterworth', norm: 'phase' } as const;

test('a signal has the delay of all stages that it went through, those of the signal that it is made from too', () => {
  const delays = filterDelays(
    {
      signals: [
        { name: 'c3', from: { derivation: 'C3 - M2' }, stages: [] },
        { name: 'half', from: { signal: 0 }, stages: [{ use: 'decimate', factor: 2 }] },
        { name: 'sigma', from: { signal: 1 }, stages: [bandpass] },
        { name: 'copy', from: { signal: 2 }, stages: [] },
        { name: 'own', from: { signal: 0 }, stages: [{ module: '/none.js', options: {} }, bandpass] },
        { name: 'behind', from: { signal: 4 }, stages: [bandpass] },
      ],
    },
    250,
  );
  // 14.8188 ms at 250 Hz and 88.9977 ms at 125 Hz, by SciPy: see signal/group-delay.test.ts.
  assert.deepEqual(
    delays.map(({ signal, seconds }) => [signal, (1000 * seconds).toFixed(3)]),
    [
      ['half', '14.819'],
      ['sigma', '103.816'],
      ['copy', '103.816'],
      ['own', 'NaN'],
      ['behind', 'NaN'],
    ],
  );
});
