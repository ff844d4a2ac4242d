import type { Detection, DetectionList, DetectionPhase } from '../contracts.js';

/** A list whose entries are made here, once. */
export function createDetectionList(capacity: number): DetectionList {
  const items = Array.from({ length: capacity }, (): Detection => ({
    phase: 0,
    onset: 0,
    confirmed: 0,
    end: 0,
    score: 0,
  }));
  return { capacity, items, length: 0 };
}

/** Fills the next entry. A full list takes no more: it is sized for the longest call, see `Detector.process`. */
export function appendDetection(
  list: DetectionList,
  phase: DetectionPhase,
  onset: number,
  confirmed: number,
  end: number,
  score: number,
): void {
  const entry = list.items[list.length];
  if (!entry) return;
  list.length++;
  entry.phase = phase;
  entry.onset = onset;
  entry.confirmed = confirmed;
  entry.end = end;
  entry.score = score;
}
