import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PictureError } from '../../../drivers/images/picture.js';
import { readPictureFolder } from './picture-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-folder-'));
after(() => rmSync(folder, { recursive: true }));

test('a folder of pictures is a drive in the order of their numbers, each averaged to the size that is asked for', async () => {
  const drive = filled('drive', { 'f10.png': [7, 9, 20, 40], 'f2.png': [1, 3, 100, 200] });
  assert.deepEqual(await readPictureFolder(drive, 2, 1), {
    frames: 2,
    height: 1,
    width: 2,
    pixels: Uint8Array.of(2, 150, 8, 30),
  });
});

test('pictures of two sizes are not of one camera', async () => {
  const mixed = filled('mixed', { 'a.png': [1, 2], 'b.png': [1, 2, 3] });
  await assert.rejects(readPictureFolder(mixed), (error) => {
    assert.ok(error instanceof PictureError);
    return /b\.png: 3x1, the pictures before it are 2x1\. Use pictures of one size\.$/.test(error.message);
  });
});

/** One row of grey each. */
function filled(name: string, pictures: Readonly<Record<string, readonly number[]>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, row] of Object.entries(pictures)) writeFileSync(join(path, file), greyPng(row));
  return path;
}

/** The simplest PNG there is: one row, in a deflate block that is stored as it is. */
function greyPng(row: readonly number[]): Uint8Array {
  const line = [0, ...row];
  const chunk = (type: string, body: readonly number[]): number[] => {
    const named = [...Buffer.from(type), ...body];
    return [...word(body.length), ...named, ...word(crc32(named))];
  };
  const stored = [0x78, 1, 1, line.length, 0, line.length ^ 0xff, 0xff, ...line, ...word(adler32(line))];
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...word(row.length), ...word(1), 8, 0, 0, 0, 0]),
    ...chunk('IDAT', stored),
    ...chunk('IEND', []),
  ]);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function crc32(bytes: readonly number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function adler32(bytes: readonly number[]): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
