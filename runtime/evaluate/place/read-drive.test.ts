import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readDrive } from './read-drive.js';

async function read(argument: string, chunks: readonly Uint8Array[], counts = false): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of readDrive(argument, { height: 2, width: 3 }, counts, Readable.from(chunks)))
    frames.push(frame);
  return frames;
}

describe('raw frames on a pipe', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, at) => at);

  it('are cut where they end, however they come in', async () => {
    for (const size of [1, 5, 6, 7, 18]) {
      const chunks = Array.from({ length: Math.ceil(18 / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size));
      const frames = await read('stdin:2x3', chunks);
      assert.deepEqual(frames, [bytes.slice(0, 6), bytes.slice(6, 12), bytes.slice(12)]);
    }
  });

  it('are resized to what the map takes', async () => {
    const even = Uint8Array.from([10, 30, 50, 70, 90, 110, 10, 30, 50, 70, 90, 110]);
    assert.deepEqual(await read('stdin:2x6', [even]), [Uint8Array.from([20, 60, 100, 20, 60, 100])]);
  });

  it('are refused where they end within a frame, or are counts of other windows', async () => {
    await assert.rejects(read('stdin:2x3', [bytes.slice(0, 8)]), /stdin:2x3: ended within a frame, after 2 of 6 bytes/);
    await assert.rejects(read('stdin:2x6', [bytes], true), /counts of 2x6 pixels, the map takes 2x3/);
  });
});
