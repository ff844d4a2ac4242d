import type { GreyFrame } from '../contracts.js';
import type { SlotRing } from './ring.js';
import { SampleSlot } from './sample-slot.js';

/**
 * How a picture lies in the ring from the place loop to the recorder: as a frame without channels does (`sample-slot.ts`),
 * its counter being the sequence number of the source; then its time (a double) and its pixels (bytes).
 */
export const PictureSlot = { frameUs: 5, pixels: 48 } as const;

export function pictureSlotBytes(width: number, height: number): number {
  return PictureSlot.pixels + Math.ceil((width * height) / 8) * 8;
}

/** Writes one cycle, with the picture that it brought as frame `index`, or without one. A full ring refuses and counts. */
export function pushPicture(
  ring: SlotRing,
  cycle: number,
  nowUs: number,
  index: number,
  picture: GreyFrame | undefined,
): boolean {
  if (ring.free() < 1) {
    ring.refuse(1);
    return false;
  }
  const at = ring.slot(0) * ring.slotBytes;
  const double = at / 8;
  const int = at / 4;
  ring.doubles[double + SampleSlot.cycle] = cycle;
  ring.doubles[double + SampleSlot.arrivalUs] = nowUs;
  ring.doubles[double + SampleSlot.index] = index;
  ring.ints[int + SampleSlot.frames] = picture ? 1 : 0;
  if (picture) {
    ring.ints[int + SampleSlot.counter] = picture.sequence;
    ring.ints[int + SampleSlot.flags] = 0;
    ring.doubles[double + PictureSlot.frameUs] = picture.frameUs;
    ring.bytes.set(picture.pixels, at + PictureSlot.pixels);
  }
  ring.publish(1);
  return true;
}
