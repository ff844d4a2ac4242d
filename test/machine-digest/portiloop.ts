import { createHash } from 'node:crypto';
import { generatedFiles } from '../../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../../models/import/tflite/import-tflite.js';
import { createPortiloop } from '../../models/int8/portiloop.js';
import { madeSignal } from '../made-signal.js';
import { bytesOf, type Digests } from './bytes.js';

/** Every code of a recurrent int8 network over noise with jumps. */
export function portiloop(): Digests {
  const copies = createPortiloop(recurrent(), 'wrap');
  const hash = createHash('sha256');
  for (const value of madeSignal(40, 12)) {
    copies.push(Float64Array.of(value), 0);
    hash.update(bytesOf(Float64Array.of(copies.copy, copies.code, copies.value)));
  }
  return { 'portiloop: codes': hash.digest('hex') };
}

export function recurrent(): ReturnType<typeof importTflite> {
  const file = generatedFiles().find(({ name }) => name === 'recurrent 2');
  if (file === undefined) throw new Error('there is no generated network "recurrent 2"');
  return importTflite(file.bytes);
}
