import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../supervisor/status.js';
import { renderScreen } from './screen.js';

const status: Status = {
  name: 'bedside-1',
  verb: 'run',
  recording: 'a.db',
  runningSeconds: 3661,
  source: {
    device: 'cyton',
    port: '/dev/ttyUSB0',
    state: 'streaming',
    notice: '',
    samples: 1000,
    gaps: 1,
    lostFrames: 4,
    discardedBytes: 0,
    duplicates: 0,
    driftPpm: -0.2,
  },
  place: null,
  night: null,
  detections: 3,
  stimulation: {
    armed: true,
    armedForSeconds: 600,
    holding: ['settling'],
    stimuli: 2,
    refusals: 1,
    lastStimulus: 'S3',
    lastRefusal: 'R7',
    lastReasons: ['movement'],
    actuator: 'light',
    guardian: 'ready',
    budget: { state: 'known', left: null },
  },
  alarms: [],
  ringLosses: { samples: 0, decisions: 0, commands: 0 },
  recorder: { state: 'recording', lagMs: 0, head: null },
  mqtt: null,
  dashboard: null,
  realtime: '',
  processes: { core: 1, guardian: 2, link: null },
};
const trace = {
  name: 'trace',
  unit: 'µV',
  rate: 250,
  values: Float32Array.from({ length: 500 }, (_, n) => 40 * Math.sin(n / 5)),
};

test('the screen fits the terminal, and says state, counts and reasons', () => {
  for (const [width, height] of [
    [80, 24],
    [200, 60],
    [40, 20],
  ] as const) {
    const lines = renderScreen(status, trace, [{ atSeconds: 5, text: 'spindle detected (1)' }], width, height);
    assert.ok(lines.length <= height && lines.every((line) => line.length <= Math.min(width, 120)));
  }
  const text = renderScreen(status, trace, [], 120, 40).join('\n');
  assert.match(text, /bedside-1 · 1:01:01/);
  assert.match(text, /ARMED for 0:10:00, waits: settling/);
  assert.match(text, /3 detections, 2 stimuli, 1 refusals/);
  assert.match(text, /trace, ±50 µV/);
});

test('losses are shown, and a gap in the trace is drawn as one', () => {
  const text = renderScreen(
    { ...status, ringLosses: { samples: 7 } },
    { ...trace, values: [NaN, NaN] },
    [],
    80,
    24,
  ).join('\n');
  assert.match(text, /7 LOST IN RINGS/);
  assert.doesNotMatch(text, /[\u2801-\u28ff]/);
});
