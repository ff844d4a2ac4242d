import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacks, type RunStatus } from './run-beginning.js';

const status = (samples: number, guardian: string, ...holding: string[]): RunStatus => ({
  source: { samples, notice: 'waiting for /dev/ttyUSB0' },
  stimulation: { armed: false, guardian, holding },
  night: null,
});

test('an evening waits a minute for a run that answers, reads samples and has its guardian, and then says what is missing', () => {
  const each: [RunStatus | undefined, number | undefined, RegExp][] = [
    [undefined, undefined, /^The run does not answer yet\.$/],
    [status(0, 'ready', 'clock'), undefined, /^The run has no samples yet\. waiting for \/dev\/ttyUSB0$/],
    [status(500, 'starting', 'clock'), 59_000, /^Its guardian is not ready yet\.$/],
  ];
  for (const [found, sampledMs, missing] of each) {
    assert.equal(lacks(found, 59_000, sampledMs), undefined, String(missing));
    assert.match(lacks(found, 61_000, sampledMs) ?? '', missing);
  }
});

test('what a run does not know in its first seconds is waited for; what it does not come to know is for the arming to refuse', () => {
  assert.equal(lacks(status(1, 'ready', 'clock', 'sleep'), 500, 9000), undefined);
  assert.equal(lacks(status(1, 'ready', 'sleep'), 500, 0), '');
  assert.equal(lacks(status(1, 'ready', 'clock'), 500, 10_000), '');
  // Also where the first sample came late.
  assert.equal(lacks(status(1, 'ready', 'clock'), 65_000, 2000), undefined);
  assert.equal(lacks({ ...status(1, 'ready'), stimulation: null }, 500, 0), '');
});
