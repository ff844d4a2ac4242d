import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { listPictures } from './folder.js';
import { greyOfRgb } from './grey.js';
import { PictureError, openPictureReader } from './picture.js';

/** By `fixtures/pictures.py`: what Pillow reads from each file. */
const fixture = z
  .object({
    width: z.number(),
    height: z.number(),
    read: z.record(z.string(), z.object({ file: z.string(), grey: z.array(z.number()) })),
    refused: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync('drivers/images/fixtures/pictures.json', 'utf8')));
const folder = mkdtempSync(join(tmpdir(), 'axond-pictures-'));
after(() => rmSync(folder, { recursive: true }));
const read = await openPictureReader();

for (const [name, { file, grey }] of Object.entries(fixture.read))
  test(`${name}: as Pillow reads it`, () => {
    const picture = read(written(name, Buffer.from(file, 'base64')));
    assert.deepEqual([picture.width, picture.height], [fixture.width, fixture.height]);
    // Decoders of JPEG may differ by rounding; how halved colours are spread is theirs.
    const tolerance = name === 'jpeg halved colours' ? 8 : name.startsWith('jpeg') ? 2.5 : 0.501;
    grey.forEach((value, pixel) => {
      const got = picture.pixels[pixel] ?? NaN;
      assert.ok(Math.abs(got - value) <= tolerance, `pixel ${pixel}: ${got}, not ${value}`);
    });
  });

for (const [name, file] of Object.entries(fixture.refused))
  test(`${name}: is refused by name`, () => {
    refused(
      written(name, Buffer.from(file, 'base64')),
      /interlaced with 1 bits|100000x100000 pixels; at most 64 million/,
    );
  });

for (const name of ['png colour', 'png grey 16 bit', 'jpeg', 'jpeg progressive'])
  test(`${name}: cut anywhere, it is refused with one message`, () => {
    const whole = Buffer.from(fixture.read[name]?.file ?? '', 'base64');
    // The last bytes of a JPEG only say that it ends.
    for (let length = 0; length < whole.length * 0.9; length += 7)
      refused(written('cut', whole.subarray(0, length)), /begins neither|cannot be read/);
  });

test('a changed byte of a PNG is found out by its checksum', () => {
  const whole = Buffer.from(fixture.read['png colour']?.file ?? '', 'base64');
  for (let at = 8; at < whole.length; at += 11) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    refused(written('changed', changed), /cannot be read/);
  }
});

test('bytes that are changed anywhere in a JPEG give a picture or one message, nothing else', () => {
  const whole = Buffer.from(fixture.read['jpeg']?.file ?? '', 'base64');
  for (let at = 3; at < whole.length; at += 5) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    const path = written('changed', changed);
    try {
      read(path);
    } catch (error) {
      assert.ok(error instanceof PictureError, String(error));
    }
  }
});

test('a file that is no picture, or not there, is named with the fix', () => {
  refused(written('text.png', Buffer.from('hello')), /begins neither as PNG nor as JPEG\. Convert/);
  refused(join(folder, 'absent.png'), /ENOENT.*Correct the path\.$/);
});

test('the pictures of a folder come in the order of their numbers', () => {
  const drive = filled('drive', ['f10.png', 'f9.png', 'f1.JPG', 'list.csv', '.hidden.png']);
  assert.deepEqual(listPictures(drive), [join(drive, 'f1.JPG'), join(drive, 'f9.png'), join(drive, 'f10.png')]);
});

test('a folder without pictures, of another format, or not there, is named with the fix', () => {
  const listed = (path: string, message: RegExp): void =>
    assert.throws(
      () => listPictures(path),
      (error) => error instanceof PictureError && error.message.startsWith(path) && message.test(error.message),
    );
  listed(filled('empty', []), /holds no picture\. Name/);
  listed(filled('foreign', ['a.png', 'b.webp']), /b\.webp: only PNG and JPEG are read\. Convert/);
  listed(join(folder, 'absent'), /ENOENT/);
});

test('grey is the luma of the colours, whatever is behind them', () => {
  const grey = new Uint8Array(4);
  greyOfRgb([255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 200, 99], 3, grey);
  // 76.245, 149.685, 29.07, 132.274
  assert.deepEqual([...grey], [76, 150, 29, 132]);
  greyOfRgb([255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9, 12, 200, 99, 9], 4, grey);
  assert.deepEqual([...grey], [76, 150, 29, 132]);
});

function refused(path: string, message: RegExp): void {
  assert.throws(
    () => read(path),
    (error) => error instanceof PictureError && error.message.startsWith(path) && message.test(error.message),
  );
}

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function filled(name: string, files: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), '');
  return path;
}
