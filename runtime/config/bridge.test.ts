import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDevice } from '../../drivers/devices.js';
import { compileRun } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';

/** Inputs of a bridge as the source of a run. */

function load(source: string, actuator = '{ use: virtual }') {
  const text = `source: ${source}
actuators: { out: ${actuator} }
signals: { light: { from: photodiode } }
detectors: { flash: { use: threshold, signal: light, level: 100 } }
policy: { use: immediate, after: flash }
stimulus: { actuator: out, duration: 50ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;
  return loadConfiguration({ files: [{ name: 'study.yaml', text }] }).configuration;
}

function faultOf(source: string, actuator?: string): string {
  try {
    load(source, actuator);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replace(/^study\.yaml:\d+:\d+ /, '');
    throw error;
  }
  return '';
}

test('inputs by name become channels, and the digital levels one more', () => {
  const { source } = compileRun(load('{ use: bridge, port: /dev/ttyACM0, inputs: [photodiode, tilt], rate: 500Hz }'));
  assert.deepEqual(source, {
    use: 'bridge',
    port: '/dev/ttyACM0',
    baudRate: 921_600,
    device: { use: 'bridge', options: { rate: 500, inputs: ['photodiode', 'tilt'] } },
  });
  const { channels } = createDevice(source.device).info;
  assert.deepEqual(
    channels.map(({ name }) => name),
    ['photodiode', 'tilt', 'digital'],
  );
});

test('what a bridge cannot sample is named, with what to write', () => {
  const bridge = (rest: string): string => faultOf(`{ use: bridge, port: /dev/ttyACM0, ${rest} }`);
  assert.equal(
    bridge('inputs: [photodiode], rate: 300Hz'),
    'source.rate: 300Hz is no whole part of 10kHz. Use for example 250Hz.',
  );
  assert.match(bridge('inputs: [photodiode, photodiode]'), /inputs.*photodiode is there twice\. Use another name\./);
  assert.match(bridge('inputs: [photodiode, digital]'), /digital is the channel of the digital inputs/);
  assert.match(bridge('inputs: []'), /inputs: \[\] is empty/);
});

test('R-32 one port cannot be the source and the actuator: two programs would end each other’s sessions', () => {
  const source = '{ use: bridge, port: /dev/ttyACM0, inputs: [photodiode] }';
  assert.equal(
    faultOf(source, '{ use: bridge, port: /dev/ttyACM0 }'),
    'source.port: /dev/ttyACM0 is the port of out too, and a bridge answers one of them. Use a second bridge for the inputs.',
  );
  assert.equal(faultOf(source, '{ use: bridge, port: /dev/ttyACM1 }'), '');
});
