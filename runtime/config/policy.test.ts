import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isModule } from '../loop/plan.js';
import { compileLoop } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';
import { patentNotes } from './patents.js';

const stream = { rate: 250, channels: [{ name: 'C3', unit: 'uV', scale: 1, railCounts: 1 }] };

const rest = `
signals: { c3: {} }
detectors:
  spindle: { use: band-power, signal: c3 }
  slow: { use: slow-oscillation, signal: c3 }
  asleep: { use: sleep-gate, signal: c3 }
  contact: { use: signal-quality, signal: c3 }
actuators: { light: { use: virtual }, box: { use: serial-trigger, port: /dev/ttyACM0, codes: [1, 2, 7] } }
gate: { interval: 1s, perMinute: 6, perHour: 60, perNight: 600 }
`;

function load(policy: string, actuator = 'light') {
  const text = `policy: ${policy}\nstimulus: { actuator: ${actuator}, duration: 50ms }\n${rest}`;
  return loadConfiguration({ files: [{ name: 'a.yaml', text }], stream }).configuration;
}

function planOf(policy: string, actuator?: string) {
  const plan = compileLoop(load(policy, actuator), stream).stimulation?.policy;
  assert.ok(plan && !isModule(plan));
  return plan;
}

function faultsOf(policy: string): string[] {
  try {
    load(policy);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.faults.map(({ key, rule, fix }) => `${key} ${rule}. ${fix}`);
  }
}

test('every key of a policy reaches its plan, names as places and times in seconds', () => {
  const policy = `{ use: delayed, after: spindle, delay: 0.5s, jitter: 200ms, refractory: 3s, expires: 50ms,
    since: { from: 0.4s, to: 6s }, coupling: { of: slow, from: -90deg, to: 45deg, within: 2s },
    train: { pulses: 3, interval: 1.5s }, cues: { order: shuffled, each: 20 },
    schedule: { afterSleep: { of: asleep, time: 10m }, pause: { on: [movement, sleep], detections: [slow], for: 30s },
      stopAfter: 200, windows: { on: 6s, off: 8s } } }`;
  assert.deepEqual(planOf(policy), {
    use: 'delayed',
    after: 0,
    delaySeconds: 0.3,
    delayUpToSeconds: 0.7,
    refractorySeconds: 3,
    expiresUs: 50_000,
    since: { fromSeconds: 0.4, toSeconds: 6 },
    coupling: { of: 1, fromDegrees: -90, toDegrees: 45, withinSeconds: 2 },
    train: { pulses: 3, intervalSeconds: 1.5 },
    cues: { count: 1, order: 'shuffled', each: 20 },
    schedule: {
      afterSleep: { of: 2, seconds: 600 },
      pause: { on: ['movement', 'sleep'], detections: [1], seconds: 30 },
      stopAfter: 200,
      windows: { onSeconds: 6, offSeconds: 8 },
    },
  });
  assert.deepEqual(planOf('{ use: periodic, every: 2s }'), { use: 'periodic', everySeconds: 2, expiresUs: 100_000 });
});

test('several stimuli come in turn, or as cues say, and have their names', () => {
  assert.deepEqual(planOf('{ use: periodic, every: 2s }', 'box').cues, { count: 3, order: 'sequence', each: Infinity });
  const shuffled = '{ use: immediate, after: spindle, cues: { order: shuffled, each: 5 } }';
  assert.deepEqual(planOf(shuffled, 'box').cues, { count: 3, order: 'shuffled', each: 5 });
  assert.deepEqual(compileLoop(load(shuffled, 'box'), stream).stimulation?.variants, ['1', '2', '7']);
  assert.equal(compileLoop(load(shuffled), stream).stimulation?.variants, undefined);
});

test('what cannot work is named, with its fix', () => {
  const immediate = (keys: string): string[] => faultsOf(`{ use: immediate, after: spindle, ${keys} }`);
  const cases: [string[], string][] = [
    [
      faultsOf('{ use: delayed, after: spindle, delay: 0.1s, jitter: 0.2s }'),
      'policy.jitter is more than the delay. Use the delay or less.',
    ],
    [immediate('since: { from: 6s, to: 1s }'), 'policy.since begins after its end. Write from below to.'],
    [immediate('train: { pulses: 1, interval: 2s }'), 'policy.train.pulses is below 2. Use 2 or more.'],
    [
      immediate('train: { pulses: 2, interval: 0.5s }'),
      'policy.train.interval is below 1s, the interval of the gate. Use 1s or more.',
    ],
    [faultsOf('{ use: periodic, every: 0.5s }'), 'policy.every is below 1s, the interval of the gate. Use 1s or more.'],
    [
      faultsOf('{ use: periodic, after: spindle, every: 2s }'),
      'policy.after belongs to no known key. There are use, every, expires, cues, schedule.',
    ],
    [
      immediate('schedule: { afterSleep: { of: spindle, time: 10m } }'),
      'policy.schedule.afterSleep.of estimates no sleep. Name a detector that uses sleep-gate.',
    ],
    [
      immediate('schedule: { afterSleep: { of: aslep, time: 10m } }'),
      'policy.schedule.afterSleep.of is not among the detectors. Did you mean asleep?',
    ],
    [
      immediate('schedule: { pause: { for: 30s } }'),
      'policy.schedule.pause waits for nothing. Name something under on or detections.',
    ],
    [
      immediate('schedule: { pause: { on: [moving], for: 30s } }'),
      'policy.schedule.pause.on.0 is none of saturation, flat, sleep, mains, movement, electrode, quality. Use one of these.',
    ],
    [
      immediate('schedule: { pause: { detections: [arousal], for: 30s } }'),
      'policy.schedule.pause.detections.0 is not among the detectors. There are spindle, slow, asleep, contact.',
    ],
    [
      immediate('schedule: { windows: { on: 6s } }'),
      'policy.schedule.windows.off is missing. Write for example off: 6s.',
    ],
    [immediate('schedule: { stopAfter: 0 }'), 'policy.schedule.stopAfter is below 1. Use 1 or more.'],
    [immediate('cues: { order: random }'), 'policy.cues.order is none of sequence, shuffled. Use one of these.'],
  ];
  for (const [found, expected] of cases) assert.deepEqual(found, [expected]);
});

test('a pause on what no detector judges is a fault', () => {
  const text = `policy: { use: immediate, after: spindle, schedule: { pause: { on: [movement], for: 30s } } }
stimulus: { actuator: light, duration: 50ms }
signals: { c3: {} }
detectors: { spindle: { use: band-power, signal: c3 }, asleep: { use: sleep-gate, signal: c3 } }
actuators: { light: { use: virtual } }
gate: { interval: 1s, perMinute: 6, perHour: 60, perNight: 600 }`;
  assert.throws(
    () => loadConfiguration({ files: [{ name: 'a.yaml', text }], stream }),
    /policy\.schedule\.pause\.on\.0: movement is judged by no detector\. Add a detector that judges it/,
  );
});

test('who times stimuli by the phase of slow oscillations is told of patents', () => {
  const told = (policy: string): boolean => patentNotes(load(policy)).length > 0;
  assert.equal(told('{ use: immediate, after: spindle }'), false);
  assert.equal(told('{ use: periodic, every: 2s }'), false);
  assert.equal(told('{ use: delayed, after: slow, delay: 0.5s }'), true);
  assert.equal(told('{ use: immediate, after: spindle, coupling: { of: slow, from: -90deg, to: 45deg } }'), true);
});
