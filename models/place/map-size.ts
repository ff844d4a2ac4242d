import type { MapSize } from '../../runtime/contracts.js';
import { packedBytes, type PackedType } from '../format/packing.js';
import { mostSpike } from './spikes.js';

export const packingOf: Readonly<Record<MapSize, PackedType>> = { large: 'I4', small: 'I2' };
export const mostSpikeOf: Readonly<Record<MapSize, number>> = { large: mostSpike, small: 1 };

/** Of one row in a file: its numbers, and a threshold in single precision. */
export function rowBytes(size: MapSize, cells: number): number {
  return packedBytes(packingOf[size], cells) + 4;
}
