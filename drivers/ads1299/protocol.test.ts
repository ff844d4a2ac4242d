import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Register,
  isFrame,
  judgeId,
  microvoltsPerCount,
  pinLevels,
  readCount,
  readsBack,
  registerCount,
  registerNames,
  registersOf,
  resetRegisters,
} from './protocol.js';

// Expected values: tables of SBAS499C, and the start-up of the Portiloop and the PiEEG as their code writes it.

test('registers as the data sheet numbers and resets them', () => {
  assert.equal(registerNames.length, registerCount);
  assert.equal(resetRegisters.length, registerCount);
  const table: Record<string, [address: number, reset: number]> = {
    ID: [0x00, 0x3e],
    CONFIG1: [0x01, 0x96],
    CONFIG2: [0x02, 0xc0],
    CONFIG3: [0x03, 0x60],
    LOFF: [0x04, 0x00],
    CH1SET: [0x05, 0x61],
    CH8SET: [0x0c, 0x61],
    BIAS_SENSP: [0x0d, 0x00],
    LOFF_STATN: [0x13, 0x00],
    GPIO: [0x14, 0x0f],
    MISC1: [0x15, 0x00],
    CONFIG4: [0x17, 0x00],
  };
  for (const [name, [address, reset]] of Object.entries(table)) {
    assert.equal(registerNames[address], name);
    assert.equal(resetRegisters[address], reset, name);
  }
});

test('the setting of a whole board, and of one without bias at 1 kHz with two channels off', () => {
  const whole = registersOf({ rate: 250, gain: 24, off: [], bias: true });
  assert.deepEqual(
    [...whole.subarray(0, 0x18)],
    [
      ...[0x3e, 0x96, 0xc0, 0xec, 0x00],
      ...[0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60],
      ...[0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0f, 0x20, 0x00, 0x00],
    ],
  );
  const other = registersOf({ rate: 1000, gain: 1, off: [1, 8], bias: false });
  assert.equal(other[Register.config1], 0x94);
  assert.equal(other[Register.config3], 0xe0);
  assert.deepEqual([...other.subarray(Register.channel1, Register.channel1 + 8)], [0x81, 0, 0, 0, 0, 0, 0, 0x81]);
  assert.deepEqual([other[Register.biasP], other[Register.biasN]], [0, 0]);
  const biased = registersOf({ rate: 500, gain: 12, off: [1, 8], bias: true });
  assert.deepEqual(
    [biased[Register.config1], biased[Register.channel1 + 1], biased[Register.biasP], biased[Register.biasN]],
    [0x95, 0x50, 0x7e, 0x7e],
  );
});

test('the test current is 6 nA at 31.2 Hz at the positive inputs of the channels named, and off without any', () => {
  const setting = { rate: 250, gain: 24, off: [], bias: true };
  const on = registersOf({ ...setting, testCurrent: [1, 4] });
  assert.deepEqual([on[Register.leadOff], on[Register.leadOffP], on[Register.leadOffN]], [0x02, 0x09, 0x00]);
  for (const off of [registersOf(setting), registersOf({ ...setting, testCurrent: [] })])
    assert.deepEqual([off[Register.leadOff], off[Register.leadOffP], off[Register.leadOffN]], [0, 0, 0]);
});

test('codes of the converter as the data sheet lists them, and microvolts a count', () => {
  const frame = Uint8Array.from([
    ...[0xc0, 0x00, 0x05],
    ...[0x7f, 0xff, 0xff],
    ...[0x00, 0x00, 0x01],
    ...[0x00, 0x00, 0x00],
    ...[0xff, 0xff, 0xff],
    ...[0x80, 0x00, 0x00],
    ...[0x12, 0x34, 0x56],
    ...[0xed, 0xcb, 0xaa],
    ...[0x80, 0x00, 0x01],
  ]);
  const counts = [0, 1, 2, 3, 4, 5, 6, 7].map((channel) => readCount(frame, 0, channel));
  assert.deepEqual(counts, [8388607, 1, 0, -1, -8388608, 1193046, -1193046, -8388607]);
  assert.equal(isFrame(frame, 0), true);
  assert.equal(pinLevels(frame, 0), 5);
  for (const first of [0x00, 0x40, 0x80, 0x60, 0xff]) assert.equal(isFrame(Uint8Array.of(first), 0), false);
  for (const [reference, gain, expected] of [
    [4.5, 24, 0.0223517],
    [2.64, 24, 0.013113],
    [4.5, 1, 0.53644188],
    [4.5, 6, 0.08940698],
  ] as const)
    assert.ok(Math.abs(microvoltsPerCount(reference, gain) / expected - 1) < 4e-6, `${reference} V, gain ${gain}`);
});

test('the ID register tells the chip with eight channels from others, and from a wire that is off', () => {
  for (const [id, expected] of [
    [0x3e, 'good'],
    [0x1e, 'good'], // another revision
    [0x3c, 'fewer-channels'],
    [0x3d, 'fewer-channels'],
    [0x00, 'silent'],
    [0xff, 'silent'],
    [0x92, 'another'], // ADS1298
    [0x3f, 'another'],
  ] as const)
    assert.equal(judgeId(id), expected, id.toString(16));
});

test('what the chip fills itself need not read back', () => {
  assert.equal(readsBack(Register.config1, 0x96, 0x95), false);
  assert.equal(readsBack(Register.leadOffStateP, 0, 0xff), true);
  assert.equal(readsBack(Register.gpio, 0x0f, 0xaf), true);
  assert.equal(readsBack(Register.gpio, 0x0f, 0x00), false);
});
