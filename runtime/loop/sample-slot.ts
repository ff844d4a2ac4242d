import type { SampleBlock } from '../contracts.js';
import type { SlotRing } from './ring.js';

/**
 * How a frame lies in the ring from the loop to the recorder: one slot a frame, and one slot for a cycle without
 * frames, so that the recorder learns of every cycle. `cycle`, `arrivalUs` and `index` are places of doubles, the others
 * of 32-bit integers.
 */
export const SampleSlot = { cycle: 0, arrivalUs: 1, index: 2, frames: 6, counter: 7, flags: 8, counts: 9 } as const;

export function sampleSlotBytes(channels: number): number {
  return Math.ceil((SampleSlot.counts + channels) / 2) * 8;
}

/** Writes one cycle. A cycle that does not fit is refused whole and counted by its frames (at least one). */
export function pushCycle(ring: SlotRing, cycle: number, nowUs: number, block: SampleBlock): boolean {
  const slots = Math.max(1, block.frames);
  if (ring.free() < slots) {
    ring.refuse(slots);
    return false;
  }
  const { channels, counts } = block;
  for (let frame = 0; frame < slots; frame++) {
    const at = ring.slot(frame) * ring.slotBytes;
    const double = at / 8;
    const int = at / 4;
    ring.doubles[double + SampleSlot.cycle] = cycle;
    ring.doubles[double + SampleSlot.arrivalUs] = nowUs;
    ring.doubles[double + SampleSlot.index] = block.firstIndex + frame;
    ring.ints[int + SampleSlot.frames] = block.frames;
    if (block.frames === 0) break;
    ring.ints[int + SampleSlot.counter] = block.counters[frame] as number;
    ring.ints[int + SampleSlot.flags] = block.flags[frame] as number;
    for (let channel = 0; channel < channels; channel++) {
      ring.ints[int + SampleSlot.counts + channel] = counts[frame * channels + channel] as number;
    }
  }
  ring.publish(slots);
  return true;
}
