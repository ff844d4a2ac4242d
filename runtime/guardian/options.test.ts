import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ActuatorPlan } from './actuators.js';
import { decodeOptions, type GuardianOptions } from './options.js';

const whole: GuardianOptions = {
  fifo: 'run/fifo',
  silenceSocket: 'run/silence.sock',
  pidFile: 'run/guardian.pid',
  deliveries: 'run/night.deliveries',
  realtime: false,
  actuator: { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 115200, code: 1, restCode: 0 },
};
const given = (changes: object): string => JSON.stringify({ ...whole, ...changes });
const withTrigger = (changes: object): string => given({ actuator: { ...whole.actuator, ...changes } });

test('what the supervisor gives is what the guardian gets, for every kind of actuator', () => {
  const plans: ActuatorPlan[] = [
    { use: 'virtual' },
    { use: 'bench', port: 'pts/7' },
    { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 9600, code: 255 },
    { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 9600, code: 255, restCode: 0 },
  ];
  for (const actuator of plans) assert.deepEqual(decodeOptions(given({ actuator })), { ...whole, actuator });
  assert.equal(decodeOptions(given({ realtime: true })).realtime, true);
});

test('real-time scheduling is asked for by true alone', () => {
  for (const realtime of [undefined, null, 'true', 1]) assert.equal(decodeOptions(given({ realtime })).realtime, false);
});

test('what is missing or wrong is refused by name', () => {
  for (const key of ['fifo', 'silenceSocket', 'pidFile', 'deliveries']) {
    for (const value of [undefined, '', 3, null, {}]) {
      assert.throws(() => decodeOptions(given({ [key]: value })), new RegExp(`^Error: ${key}: .* is no text$`));
    }
  }
  for (const actuator of [undefined, null, 'virtual']) {
    assert.throws(() => decodeOptions(given({ actuator })), /actuator: .* is no object/);
  }
  assert.throws(() => decodeOptions(given({ actuator: { use: 'laser' } })), /actuator\.use: laser is no actuator/);
  assert.throws(() => decodeOptions(given({ actuator: { use: 'bench' } })), /port: undefined is no text/);
});

test('a trigger byte is a whole number from 0 to 255', () => {
  for (const key of ['code', 'restCode']) {
    for (const value of [-1, 256, 1.5, '1', null]) {
      assert.throws(() => decodeOptions(withTrigger({ [key]: value })), new RegExp(`${key}: .* from 0 to 255`));
    }
  }
  assert.throws(() => decodeOptions(withTrigger({ code: undefined })), /code: undefined/);
  assert.throws(() => decodeOptions(withTrigger({ baudRate: 5e6 })), /baudRate: 5000000/);
});

test('text that is no such object is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => decodeOptions(text));
    }),
  );
});
