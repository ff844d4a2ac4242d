import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxondPlace } from '../../models/place/axond-place.js';
import { contentOf } from '../../models/place/map-content.js';
import { encodeMap, mapVersion, type MapKind } from '../../models/place/map-format.js';
import { PlaceMap } from '../../models/place/place-map.js';
import type { PlaceRunPlan } from '../config/compile-place.js';
import type { Recording } from '../recording/read.js';
import { replayDrive } from './replay-drive.js';

test('a recording that begins with a map of another version is refused by name', () => {
  const kind: MapKind = { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size: 'large' };
  const map = encodeMap(contentOf(new PlaceMap(new AxondPlace(kind), { theta: 1 }), kind, 0));
  const old = Buffer.from(map)
    .toString('latin1')
    .replace(`version\\":${mapVersion}`, `version\\":${mapVersion - 1}`);
  const maps = () => [{ name: 'floor', bytes: Buffer.from(old, 'latin1') }];
  const recording: Pick<Recording, 'path' | 'maps'> = { path: 'drive.db', maps };
  const plan = { place: { size: 'large' }, source: { use: 'camera' } } as unknown as PlaceRunPlan;
  assert.throws(() => {
    replayDrive(recording as Recording, plan, true);
  }, /^Error: drive\.db: the map that it begins with cannot be read: the map is version \d+, .* The axond that recorded it replays it\.$/);
});
