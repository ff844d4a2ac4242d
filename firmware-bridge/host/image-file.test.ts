import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeFirmware, encodeFirmware, makeImage, signImage } from './image-file.js';

const { privateKey } = generateKeyPairSync('ed25519');
const program = new Uint8Array(300);
program.fill(0x5a, 20);
const images = [0, 1].map((bank) => signImage(makeImage(program, 7, bank), privateKey));
const file = encodeFirmware(images);

test('a firmware file gives back what went in', () => {
  assert.deepEqual(decodeFirmware(file, 'bridge.firmware'), images);
  assert.deepEqual(decodeFirmware(Buffer.from(file), 'bridge.firmware'), images); // as a file is read
});

test('a firmware file with any bit changed, or cut anywhere, is refused by name or differs in its signature alone', () => {
  for (let bit = 0; bit < file.length * 8; bit++) {
    const changed = Uint8Array.from(file);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    const inSignature = (bit >> 3) % 364 >= 300;
    if (inSignature) assert.notDeepEqual(decodeFirmware(changed, 'f'), images);
    else assert.throws(() => decodeFirmware(changed, 'f'), /^Error: f: (no firmware|cut off|damaged)/, `bit ${bit}`);
  }
  for (let length = 0; length < file.length; length++) {
    if (length === 364) continue; // a file for one bank only
    assert.throws(() => decodeFirmware(file.subarray(0, length), 'f'), /^Error: f: /, `${length} bytes`);
  }
});

test('a program that leaves no room for a header is refused', () => {
  assert.throws(() => makeImage(program.subarray(8), 1, 0), /first 20 bytes/);
});
