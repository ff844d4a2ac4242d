import { mutateBytes, writeInteger } from './mutate-bytes.js';
import type { Random } from './random.js';

/**
 * Changes for formats whose parts find each other by offsets. `width` 4: FlatBuffers, offsets relative to where they stand.
 * `width` 8: HDF5, addresses in the file.
 */
export function mutateOffsets(width: 4 | 8, bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const offsets = offsetsOf(width, bytes);
  if (offsets.length === 0) return mutateBytes(bytes, other, random);
  const mutated = bytes.slice();
  const view = new DataView(mutated.buffer);
  for (let rounds = random.chance(0.7) ? 1 : 3; rounds > 0; rounds--) {
    const at = random.pick(offsets);
    const kind = random.below(6);
    if (kind === 0) writeInteger(mutated, at, width, random);
    // To where another offset leads: cycles, and parts taken for parts of another kind.
    else if (kind === 1) write(view, width, at, targetOf(view, width, random.pick(offsets)));
    // The length or the table that it leads to.
    else if (kind <= 3) {
      const target = Math.min(targetOf(view, width, at), bytes.length - 8);
      writeInteger(
        mutated,
        Math.max(0, target + 2 * random.below(12)) % (bytes.length - 7),
        random.pick([1, 2, 4, 4]),
        random,
      );
    } else if (kind === 4) write(view, width, at, random.below(bytes.length));
    else writeInteger(mutated, random.below((bytes.length - 7) >> 1) * 2, random.pick([2, 2, 4, 8]), random);
  }
  return mutated;
}

const known = new WeakMap<Uint8Array, readonly number[]>();

/** Where a number stands that may be an offset: it leads into the file. */
function offsetsOf(width: 4 | 8, bytes: Uint8Array): readonly number[] {
  let offsets = known.get(bytes);
  if (!offsets) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const found: number[] = [];
    for (let at = 0; at + 8 <= bytes.length; at += 4) {
      const target = targetOf(view, width, at);
      const high = width === 8 ? view.getUint32(at + 4, true) : 0;
      if (high === 0 && target > (width === 8 ? 40 : at) && target < bytes.length) found.push(at);
    }
    offsets = found;
    known.set(bytes, offsets);
  }
  return offsets;
}

function targetOf(view: DataView, width: 4 | 8, at: number): number {
  return view.getUint32(at, true) + (width === 4 ? at : 0);
}

function write(view: DataView, width: 4 | 8, at: number, target: number): void {
  if (width === 4) view.setUint32(at, target - at, true);
  else view.setBigUint64(at, BigInt(target), true);
}
