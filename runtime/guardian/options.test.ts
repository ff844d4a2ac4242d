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
  actuator: { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 115200, codes: [1], restCode: 0 },
};
const given = (changes: object): string => JSON.stringify({ ...whole, ...changes });
const withTrigger = (changes: object): string => given({ actuator: { ...whole.actuator, ...changes } });

test('what the supervisor gives is what the guardian gets, for every kind of actuator', () => {
  const plans: ActuatorPlan[] = [
    { use: 'virtual' },
    { use: 'bench', port: 'pts/7' },
    { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 9600, codes: [255] },
    { use: 'serial-trigger', port: 'ttyUSB1', baudRate: 9600, codes: [255, 1], restCode: 0 },
    { use: 'gpio', lines: [17], activeLow: false, oneShot: false },
    { use: 'gpio', lines: [17, 27], chip: 'pinctrl-rp1', activeLow: true, oneShot: true },
    { use: 'lan-trigger', address: '192.168.1.20', port: 5005, codes: [1] },
    { use: 'bridge', port: 'ttyACM0', baudRate: 921_600, amplitude: 500 },
    { use: 'lan-trigger', address: '192.168.1.20', port: 5005, codes: ['cue a', 2], restCode: 'off' },
    {
      use: 'audio',
      card: 'hw:0',
      rate: 48_000,
      periodFrames: 128,
      sounds: ['pink-50ms', 'cues/door.wav'],
      levelDbfs: -30,
      ceilingDbfs: -20,
    },
  ];
  for (const actuator of plans) assert.deepEqual(decodeOptions(given({ actuator })), { ...whole, actuator });
  assert.equal(decodeOptions(given({ realtime: true })).realtime, true);
});

test('R-24 a stop input is a port and perhaps a byte, or a line of GPIO', () => {
  for (const stopInput of [
    { use: 'serial', port: 'ttyACM0', baudRate: 9600 },
    { use: 'serial', port: 'ttyACM0', baudRate: 9600, byte: 83 },
    { use: 'gpio', line: 17, activeLow: false },
    { use: 'gpio', line: 17, activeLow: true, chip: 'pinctrl-rp1', pull: 'up' },
  ]) {
    assert.deepEqual(decodeOptions(given({ stopInput })), { ...whole, stopInput });
  }
  assert.throws(() => decodeOptions(given({ stopInput: { use: 'serial', baudRate: 9600 } })), /port: undefined/);
  assert.throws(
    () => decodeOptions(given({ stopInput: { use: 'gpio', line: 1, pull: 'out' } })),
    /pull: "out" is neither up nor down/,
  );
  assert.throws(() => decodeOptions(given({ stopInput: { use: 'shout' } })), /stopInput\.use: shout is no stop input/);
  assert.throws(() => decodeOptions(given({ stopInput: 'button' })), /stopInput: button is no object/);
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
  assert.throws(() => decodeOptions(given({ actuator: { use: 'audio', card: 'hw:0' } })), /rate/);
  assert.throws(() => decodeOptions(given({ actuator: { use: 'bench' } })), /port: undefined is no text/);
});

test('a trigger byte is a whole number from 0 to 255', () => {
  for (const value of [-1, 256, 1.5, '1', null]) {
    assert.throws(() => decodeOptions(withTrigger({ codes: [1, value] })), /codes: .* from 0 to 255/);
    assert.throws(() => decodeOptions(withTrigger({ restCode: value })), /restCode: .* from 0 to 255/);
  }
  for (const codes of [undefined, 1, [], {}]) {
    assert.throws(() => decodeOptions(withTrigger({ codes })), /codes: .* is no list/);
  }
  assert.throws(() => decodeOptions(withTrigger({ baudRate: 5e6 })), /baudRate: 5000000/);
});

test('text that is no such object is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.throws(() => decodeOptions(text));
    }),
  );
});
