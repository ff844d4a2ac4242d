import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openMap } from './open-map.js';
import { openSource } from './open-source.js';
import { kindOf, type EventOptions, type PictureOptions } from './picture-options.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-source-'));
after(() => rmSync(folder, { recursive: true }));
const none = (): void => undefined;
const counting = { window: { durationUs: 33_000 }, columns: 10, rows: 8 };
const events = (from: EventOptions['from'], more: Partial<EventOptions> = {}): EventOptions => {
  return { use: 'events', from, ...counting, ...more };
};
const text = join(folder, 'notes.txt');
writeFileSync(text, 'no events here');
const hot = join(folder, 'hot.json');
writeFileSync(hot, '{');

const refused: readonly [what: string, options: PictureOptions, message: string][] = [
  [
    'a file that is not there',
    events({ file: join(folder, 'none.raw') }),
    `source.file: ${join(folder, 'none.raw')}: there is no such file. Correct the path.`,
  ],
  ['a folder', events({ file: folder }), `source.file: ${folder}: is a folder. Name a file of events in it.`],
  [
    'a file of something else',
    events({ file: text }),
    `source.file: ${text}: its first bytes tell no format. Set source.format: evt2, evt21, evt3, aedat2, aedat31, aedat4.`,
  ],
  [
    'damaged hot pixels',
    events({ command: ['cam'] }, { format: 'evt3', hotPixels: hot }),
    `${hot}: is no JSON. Learn the hot pixels anew.`,
  ],
  [
    'a mask that is not there',
    { use: 'camera', command: ['cam'], width: 64, height: 32, pixels: 'grey', rotation: 0, gamma: false, mask: text },
    `${text}: begins neither as PNG nor as JPEG. Convert it to one of them.`,
  ],
];
for (const [what, options, message] of refused) {
  test(`refused with one line, before anything is begun: ${what}`, async () => {
    await assert.rejects(openSource(options, none, none), { message });
  });
}

test('a map is of the frames of its source: pictures of a camera, or counts of so many columns and rows', () => {
  const map = join(folder, 'events.map');
  const kind = kindOf(events({ file: text }), 'large');
  assert.deepEqual([kind.sensor, kind.width, kind.height], ['events', 10, 8]);
  openMap(map, kind, { recall: false }).file?.close();
  openMap(map, kind, { recall: false }).file?.close();
  const fix = 'Name another map, or set the source as it was when this one was learned.';
  assert.throws(() => openMap(map, { ...kind, width: 9 }, { recall: false }), {
    message: `${map}: a map of events frames of 10x8 of 33 ms each, the source gives events frames of 9x8 of 33 ms each. ${fix}`,
  });
  const { method, size } = kind;
  const grey = { method, sensor: 'grey', width: 64, height: 32, size } as const;
  assert.throws(() => openMap(map, grey, { recall: false }), {
    message: `${map}: a map of events frames of 10x8 of 33 ms each, the source gives grey frames of 64x32. ${fix}`,
  });
  assert.throws(() => openMap(map, { ...kind, windowUs: 50_000 }, { recall: false }), {
    message: `${map}: a map of events frames of 10x8 of 33 ms each, the source gives events frames of 10x8 of 50 ms each. ${fix}`,
  });
  // Packs of counts do not tell how much time a frame is.
  const untold = join(folder, 'untold.map');
  openMap(untold, { method, sensor: 'events', width: 10, height: 8, size }, { recall: false }).file?.close();
  openMap(untold, kind, { recall: false }).file?.close();
});
