import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encode } from 'fast-png';
import { PictureError } from '../../drivers/images/picture.js';
import { openPreparation } from './open-preparation.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-mask-'));
after(() => rmSync(folder, { recursive: true }));
const camera = { width: 128, height: 64 };

test('what is black in the mask is not looked at', async () => {
  const mask = masked('left.png', camera, (x) => (x < 64 ? 0 : 255));
  const preparation = await openPreparation(camera, {}, mask);
  const frame = (left: number): Uint8Array =>
    Uint8Array.from({ length: 128 * 64 }, (_, at) => (at % 128 < 64 ? left : at % 128));
  const [dark, light] = [new Uint8Array(2048), new Uint8Array(2048)];
  preparation.prepare(frame(0), dark);
  preparation.prepare(frame(255), light);
  assert.deepEqual(dark, light);
  const unmasked = await openPreparation(camera, {}, undefined);
  unmasked.prepare(frame(0), dark);
  assert.notDeepEqual(dark, light);
});

test('a mask that does not fit, hides all, or is not there is refused by name, with the fix', async () => {
  const refused = (path: string, message: RegExp): Promise<void> =>
    assert.rejects(openPreparation(camera, {}, path), (error) => {
      assert.ok(error instanceof PictureError);
      assert.ok(error.message.startsWith(path), error.message);
      assert.match(error.message, message);
      return true;
    });
  await refused(
    masked('small.png', { width: 64, height: 32 }, () => 255),
    /64x32, a frame .* 128x64\. Draw/,
  );
  await refused(
    masked('black.png', camera, () => 3),
    /it hides the whole picture\. Let/,
  );
  await refused(join(folder, 'absent.png'), /ENOENT/);
});

function masked(
  name: string,
  { width, height }: { width: number; height: number },
  grey: (x: number) => number,
): string {
  const path = join(folder, name);
  const data = Uint8Array.from({ length: width * height }, (_, at) => grey(at % width));
  writeFileSync(path, encode({ width, height, data, depth: 8, channels: 1 }));
  return path;
}
