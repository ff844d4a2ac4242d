import { writeSync } from 'node:fs';
import { MapFile } from './map-file.js';
import { frameAt, ProductRecogniser } from './place-map.test.fixture.js';

/** Learns places into the map of its argument and tells each that is learned, until it is killed. */
const [, , path = ''] = process.argv;
const file = MapFile.open(path, () => new ProductRecogniser());
for (;;) {
  const id = file.map.nextId;
  file.map.recogniser.see(frameAt(id));
  file.map.addPlace();
  writeSync(1, `${id}\n`);
  if (id % 7 === 6) file.save();
}
