import { shiftCost } from '../axond-place.js';
import { coarseGrid } from '../gradients.js';
import type { PlaceScorer } from '../place-scorer.js';
import { shifted } from '../place-rows.js';
import { ShiftTracker } from '../shift-tracker.js';
import { frameOf, type Traverse } from '../traverse.js';
import { AssociativeMemory } from './associative-memory.js';
import { PartialView } from './partial-view.js';

const mostShift = 3;
const layout = { ...coarseGrid, perCell: 2 };

/**
 * The places of axond-place, recalled from what is known of a view alone, where plain matching takes what hides a part
 * for a part of the place. Frames of a camera, 32 x 64, along a way.
 *
 * Measured (npm run place-seeds hidden): more right single frames than plain matching where another part is hidden from
 * frame to frame. Where the same half stays hidden all the way, better on one drive and worse on another: the running
 * mean of plain matching takes out what stays. Worse where nothing is hidden, and over ten frames plain matching is level.
 */
export function associativeRecall(reference: Traverse): PlaceScorer {
  const view = new PartialView();
  const memory = new AssociativeMemory(view.spikes.length);
  view.begin();
  for (let place = 0; place < reference.frames; place++) {
    view.see(frameOf(reference, place));
    memory.bind(place, view.spikes);
  }
  const tracker = new ShiftTracker(mostShift, shiftCost);
  const { shifts, bias } = tracker;
  const overlaps = shifts.map(() => new Float32Array(reference.frames));
  const best = new Float32Array(shifts.length);
  const aside = { spikes: new Int8Array(view.spikes.length), known: new Int8Array(view.spikes.length) };
  return {
    places: reference.frames,
    bytes: reference.frames * (view.spikes.length / 2),
    begin: () => {
      view.begin();
      tracker.begin();
    },
    score: (frame, scores) => {
      if (!view.see(frame)) return false;
      shifts.forEach((shift, at) => {
        best[at] = Number.NaN;
        if (!tracker.wanted(at)) return;
        shifted(view.spikes, layout, shift, aside.spikes);
        shifted(view.known, layout, shift, aside.known);
        best[at] = memory.compare(aside, overlaps[at] as Float32Array);
      });
      tracker.update(best);
      scores.fill(Number.NEGATIVE_INFINITY, 0, reference.frames);
      overlaps.forEach((values, at) => {
        if (Number.isNaN(best[at] as number)) return;
        for (let place = 0; place < reference.frames; place++)
          scores[place] = Math.max(scores[place] as number, (values[place] as number) + (bias[at] as number));
      });
      return true;
    },
  };
}
