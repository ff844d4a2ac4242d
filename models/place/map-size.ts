import type { MapSize } from '../../runtime/contracts.js';
import { packedBytes, type PackedType } from '../format/packing.js';
import type { PlaceSensor } from './sensor.js';

/** What a map keeps of a row of spikes. */
export type RowPacking = Extract<PackedType, 'I4' | 'L5' | 'I2'>;

/** Single pictures have three times as many numbers as frames of a drive. */
export function packingOf(sensor: PlaceSensor, size: MapSize): RowPacking {
  return size === 'small' ? 'I2' : sensor === 'unordered' ? 'L5' : 'I4';
}

/** Numbers of a row lie from −this to this. */
export const mostKept: Readonly<Record<RowPacking, number>> = { I4: 7, L5: 2, I2: 1 };

/** Spikes of 1 are mostly noise; where three levels are kept, five and more are the third. */
export function keep(spikes: Int8Array, packing: RowPacking, kept: Int8Array): void {
  const most = mostKept[packing];
  for (let at = 0; at < spikes.length; at++) {
    const spike = spikes[at] as number;
    const size = Math.abs(spike);
    const level = packing === 'I4' ? size : Math.min(most, size > 4 ? 2 : size > 1 ? 1 : 0);
    kept[at] = spike < 0 ? -level : level;
  }
}

/** Of one row in a file: its numbers, and a threshold in single precision. */
export function rowBytes(packing: RowPacking, cells: number): number {
  return packedBytes(packing, cells) + 4;
}
