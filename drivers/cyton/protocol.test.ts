import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Footer,
  channelCommand,
  channelOffCommand,
  gPerCount,
  gains,
  isFooter,
  microvoltsPerCount,
  packetBytes,
  parseBoardText,
  rateCommand,
  readCount,
  readInt16,
  testCurrentCommand,
  writePacket,
} from './protocol.js';

// Worked by hand from the packet's description: 100, −100 µV, ±1 count, ± rail, 12.5, −3.25 µV at gain 24.
const counts = [4474, -4474, 1, -1, 8388607, -8388607, 559, -145];
const microvolts = [100.0017, -100.0017, 0.0223517, -0.0223517, 187500, -187500, 12.4946, -3.241];
const electrodes = '00117a ffee86 000001 ffffff 7fffff 800001 00022f ffff6f';
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const accelFrame = hex(`a0 2a ${electrodes} 0000 1f40 ff60 c0`);
const timedFrame = hex(`a0 07 ${electrodes} 1f40 0001e240 c4`);

for (const [name, frame] of Object.entries({ accelFrame, timedFrame })) {
  test(`${name}: every channel reads as its count and its microvolts`, () => {
    assert.equal(frame.length, packetBytes);
    counts.forEach((count, channel) => {
      assert.equal(readCount(frame, 2 + 3 * channel), count);
      assert.ok(Math.abs(count * microvoltsPerCount(24) - microvolts[channel]!) < 1e-4 * Math.abs(count));
    });
  });
}

test('the accelerometer of the worked frame reads 0, 1 and −0.02 g', () => {
  assert.deepEqual(
    [26, 28, 30].map((at) => readInt16(accelFrame, at) * gPerCount),
    [0, 1, -0.02],
  );
});

test('writing gives the worked frames byte for byte', () => {
  const out = new Uint8Array(packetBytes);
  writePacket(out, 0, 42, counts, [0, 8000, -160]);
  assert.deepEqual(out, accelFrame);
  writePacket(out, 0, 7, counts, [8000, 0x0001, 0xe240], Footer.accelTime);
  assert.deepEqual(out, timedFrame);
});

test('what was written is read again, wherever it stands; counts outside 24 bits are clipped', () => {
  const count = fc.integer({ min: -0x800000, max: 0x7fffff });
  fc.assert(
    fc.property(
      fc.array(count, { minLength: 8, maxLength: 8 }),
      fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 3, maxLength: 3 }),
      fc.nat(255),
      fc.nat(20),
      (written, aux, counter, at) => {
        const out = new Uint8Array(packetBytes + 20);
        writePacket(out, at, counter, written, aux);
        assert.equal(out[at + 1], counter);
        assert.deepEqual(
          written.map((_, channel) => readCount(out, at + 2 + 3 * channel)),
          written,
        );
        assert.deepEqual(
          aux.map((_, place) => readInt16(out, at + 26 + 2 * place)),
          aux,
        );
      },
    ),
  );
  const out = new Uint8Array(packetBytes);
  writePacket(out, 0, 0, [1e9, -1e9, 0, 0, 0, 0, 0, 0], [0, 0, 0]);
  assert.deepEqual([readCount(out, 2), readCount(out, 5)], [0x7fffff, -0x800000]);
});

test('microvolts a count at each gain', () => {
  const table = {
    1: 0.53644188,
    2: 0.26822094,
    4: 0.13411047,
    6: 0.08940698,
    8: 0.06705523,
    12: 0.04470349,
    24: 0.02235174,
  };
  assert.deepEqual([...gains], Object.keys(table).map(Number));
  for (const [gain, scale] of Object.entries(table))
    assert.ok(Math.abs(microvoltsPerCount(Number(gain)) / scale - 1) < 2e-7, gain);
});

test('footers are 0xC0 to 0xC6', () => {
  const footers = Array.from({ length: 256 }, (_, byte) => byte).filter(isFooter);
  assert.deepEqual(footers, [0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6]);
});

test('commands', () => {
  assert.deepEqual(
    gains.map((gain) => channelCommand(1, gain)),
    ['x1000110X', 'x1010110X', 'x1020110X', 'x1030110X', 'x1040110X', 'x1050110X', 'x1060110X'],
  );
  assert.equal(
    Array.from({ length: 16 }, (_, channel) => channelCommand(channel + 1, 24)[1]).join(''),
    '12345678QWERTYUI',
  );
  assert.equal(Array.from({ length: 16 }, (_, channel) => channelOffCommand(channel + 1)).join(''), '12345678qwertyui');
  assert.deepEqual([16000, 8000, 4000, 2000, 1000, 500, 250].map(rateCommand), [
    '~0',
    '~1',
    '~2',
    '~3',
    '~4',
    '~5',
    '~6',
  ]);
});

test('the test current goes through the negative input, where the electrode is', () => {
  assert.equal(testCurrentCommand(1, true), 'z101Z');
  assert.equal(testCurrentCommand(9, true), 'zQ01Z');
  assert.equal(testCurrentCommand(16, false), 'zI00Z');
});

test('the text of a reset tells firmware and Daisy', () => {
  const cyton = 'OpenBCI V3 8-16 channel\r\nOn Board ADS1299 Device ID: 0x3E\r\nLIS3DH Device ID: 0x33\r\n';
  assert.deepEqual(parseBoardText(cyton), { firmwareMajor: 1, daisy: false });
  assert.deepEqual(parseBoardText(`${cyton}Firmware: v2.0.0\r\n$$$`), { firmwareMajor: 2, daisy: false });
  assert.deepEqual(parseBoardText(`${cyton}On Daisy ADS1299 Device ID: 0x3E\r\nFirmware: v3.1.2\r\n$$$`), {
    firmwareMajor: 3,
    daisy: true,
  });
  const registers = 'Board ADS Registers\r\nADS_ID, 0x00, 0x3E, 0, 0, 1, 1, 1, 1, 1, 0\r\n';
  assert.deepEqual(parseBoardText(registers), { firmwareMajor: 1, daisy: false });
  assert.deepEqual(parseBoardText(`${registers}\r\nDaisy ADS Registers\r\n`), { firmwareMajor: 1, daisy: true });
});
