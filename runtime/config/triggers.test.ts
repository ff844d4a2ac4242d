import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';
import { compileRun } from './compile.js';

function load(actuator: string, duration = '50ms', interval = '1.5s') {
  const text = `source: { use: cyton, port: /dev/ttyUSB0, electrodes: { C3: 1 } }
actuators: { out: ${actuator} }
signals: { c3: { from: C3 } }
detectors: { spindle: { use: band-power, signal: c3 } }
policy: { use: immediate, after: spindle }
stimulus: { actuator: out, duration: ${duration} }
gate: { interval: ${interval}, perMinute: 6, perHour: 120, perNight: 600 }
`;
  return loadConfiguration({ files: [{ name: 'study.yaml', text }] }).configuration;
}

function faultOf(actuator: string, ...times: string[]): string {
  try {
    load(actuator, ...times);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replace(/^study\.yaml:\d+:\d+ /, '');
    throw error;
  }
  return '';
}

test('triggers as people write them become what the guardian opens', () => {
  for (const [written, plan] of [
    ['{ use: gpio, line: 17 }', { use: 'gpio', lines: [17], activeLow: false, oneShot: false }],
    [
      '{ use: gpio, lines: [17, 27], chip: pinctrl-rp1, activeLow: true, oneShot: true }',
      { use: 'gpio', lines: [17, 27], chip: 'pinctrl-rp1', activeLow: true, oneShot: true },
    ],
    [
      '{ use: lan-trigger, address: 192.168.1.20, port: 5005 }',
      { use: 'lan-trigger', address: '192.168.1.20', port: 5005, codes: [1] },
    ],
    [
      '{ use: lan-trigger, address: 10.0.0.7, port: 9, codes: [on, 2], rest: 0 }',
      { use: 'lan-trigger', address: '10.0.0.7', port: 9, codes: ['on', 2], restCode: 0 },
    ],
    [
      '{ use: serial-trigger, port: /dev/ttyACM0, codes: [1, 2], rest: 0 }',
      { use: 'serial-trigger', port: '/dev/ttyACM0', baudRate: 115200, codes: [1, 2], restCode: 0 },
    ],
    [
      '{ use: bridge, port: /dev/ttyACM0 }',
      { use: 'bridge', port: '/dev/ttyACM0', baudRate: 921_600, amplitude: 1000 },
    ],
    [
      '{ use: bridge, port: /dev/ttyUSB0, baud: 115200, amplitude: 250 }',
      { use: 'bridge', port: '/dev/ttyUSB0', baudRate: 115_200, amplitude: 250 },
    ],
  ] as const) {
    assert.deepEqual(load(written).actuators['out'], plan);
  }
});

test('there is a duration for each variant that the actuator can tell apart', () => {
  const durations = (actuator: string) => compileRun(load(actuator, '80ms')).loop.stimulation?.durationsUs;
  assert.deepEqual(durations('{ use: gpio, lines: [17, 27] }'), [80e3, 80e3]);
  assert.deepEqual(durations('{ use: virtual }'), [80e3]);
});

test('R-30 what a bridge would refuse at night is refused by day: too often, too long, more than half of the time', () => {
  const bridge = '{ use: bridge, port: /dev/ttyACM0 }';
  assert.match(faultOf(bridge, '50ms', '405ms'), /gate.interval.* is below 410ms \(hard limit of out\)/);
  assert.match(faultOf(bridge, '1.1s', '3s'), /stimulus.duration.* is above 1s \(hard limit of out\)/);
  const half = 'gate.interval: 700ms lets out work more than half of the time. Use 800ms or more.';
  assert.equal(faultOf(bridge, '400ms', '700ms'), half);
  assert.equal(faultOf(bridge, '400ms', '800ms'), '');
});

test('what is missing or wrong in a trigger is named, with what to write', () => {
  assert.equal(faultOf('{ use: gpio }'), 'actuators.out.line is missing. Write for example line: 17.');
  assert.equal(faultOf('{ use: gpio, lines: [] }'), 'actuators.out.lines: [] is empty. Write at least one.');
  for (const address of ['host', '192.168.1', '192.168.1.256', '1.2.3.4.', '"::1"']) {
    const rule = 'is not an IPv4 address. Write for example 192.168.1.20.';
    const fault = faultOf(`{ use: lan-trigger, address: ${address}, port: 5005 }`);
    assert.equal(fault, `actuators.out.address: ${address.replaceAll('"', '')} ${rule}`);
  }
  assert.match(faultOf('{ use: lan-trigger, address: 10.0.0.7, port: 0 }'), /port: 0 is below 1/);
  assert.match(faultOf('{ use: lan-trigger, address: 10.0.0.7, port: 9, code: 256 }'), /code: 256 /);
  for (const amplitude of [0, 1001, 0.5]) {
    assert.match(
      faultOf(`{ use: bridge, port: /dev/ttyACM1, amplitude: ${amplitude} }`),
      /amplitude: .* (below 1|above 1000|whole)/,
    );
  }
});
