/** Scoring of detected against marked events. Pure. Times in seconds. */

export interface TimedEvent {
  readonly onset: number;
  /** Exclusive. */
  readonly end: number;
}

export interface Match {
  /** Places in the two lists. */
  readonly reference: number;
  readonly detection: number;
  readonly iou: number;
}

/** NaN-free: null where nothing could be counted, as precision without a detection. */
export interface Score {
  readonly p: number | null;
  readonly r: number | null;
  readonly f1: number | null;
}

/** An event belongs to a window by its onset; none is shortened. */
export function within<E extends TimedEvent>(events: readonly E[], start: number, end: number): E[] {
  return events.filter(({ onset }) => onset >= start && onset < end);
}

/** Earlier, later or the same: what remains of two experts' marks when overlapping and touching ones are one. */
export function unionOf(a: readonly TimedEvent[], b: readonly TimedEvent[]): TimedEvent[] {
  const merged: TimedEvent[] = [];
  for (const event of [...a, ...b].sort((x, y) => x.onset - y.onset)) {
    const last = merged.at(-1);
    if (last && event.onset <= last.end) {
      merged[merged.length - 1] = { onset: last.onset, end: Math.max(last.end, event.end) };
    } else merged.push({ onset: event.onset, end: event.end });
  }
  return merged;
}

/** Intersection over union. */
export function iouOf(a: TimedEvent, b: TimedEvent): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.onset, b.onset);
  return shared <= 0 ? 0 : shared / (a.end - a.onset + (b.end - b.onset) - shared);
}

/**
 * One-to-one: pairs whose intersection over union is above `minIou`, the best first; ties go to the earlier reference
 * onset, then the earlier detection onset.
 */
export function matchEvents(
  references: readonly TimedEvent[],
  detections: readonly TimedEvent[],
  minIou = 0.2,
): Match[] {
  const onsetOf = (events: readonly TimedEvent[], place: number): number => events[place]?.onset ?? NaN;
  const pairs = references.flatMap((a, reference) =>
    detections.flatMap((b, detection) => {
      const iou = iouOf(a, b);
      return iou > minIou ? [{ reference, detection, iou }] : [];
    }),
  );
  pairs.sort(
    (a, b) =>
      b.iou - a.iou ||
      onsetOf(references, a.reference) - onsetOf(references, b.reference) ||
      onsetOf(detections, a.detection) - onsetOf(detections, b.detection),
  );
  const takenReferences = new Set<number>();
  const takenDetections = new Set<number>();
  return pairs.filter(({ reference, detection }) => {
    if (takenReferences.has(reference) || takenDetections.has(detection)) return false;
    takenReferences.add(reference);
    takenDetections.add(detection);
    return true;
  });
}

/** Counts that can be summed over recordings. */
export interface Counts {
  readonly matched: number;
  readonly references: number;
  readonly detections: number;
}

export function sumOf(counts: readonly Counts[]): Counts {
  const total = { matched: 0, references: 0, detections: 0 };
  for (const { matched, references, detections } of counts) {
    total.matched += matched;
    total.references += references;
    total.detections += detections;
  }
  return total;
}

export function scoreOf({ matched, references, detections }: Counts): Score {
  return {
    p: ratio(matched, detections),
    r: ratio(matched, references),
    f1: ratio(2 * matched, references + detections),
  };
}

/** Counts samples of a 100 Hz grid instead of events: how well durations agree. */
export function countSamples(references: readonly TimedEvent[], detections: readonly TimedEvent[]): Counts {
  const marked = samplesOf(references);
  const found = samplesOf(detections);
  let matched = 0;
  for (const sample of marked) if (found.has(sample)) matched++;
  return { matched, references: marked.size, detections: found.size };
}

function samplesOf(events: readonly TimedEvent[]): Set<number> {
  const samples = new Set<number>();
  for (const { onset, end } of events) {
    const last = Math.round(gridRate * end);
    for (let sample = Math.round(gridRate * onset); sample < last; sample++) samples.add(sample);
  }
  return samples;
}

/** `values` in any order; interpolated linearly between the two nearest ranks. Null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)];
  const above = sorted[Math.ceil(rank)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (rank - Math.floor(rank));
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

const gridRate = 100;
