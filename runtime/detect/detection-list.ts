import type { Detection, DetectionList } from '../contracts.js';

/** A list whose entries are made here, once. */
export function createDetectionList(capacity: number): DetectionList {
  return { capacity, items: Array.from({ length: capacity }, createDetection), length: 0 };
}

/** All numbers are NaN at first, so that the engine keeps doubles in place from the start. */
export function createDetection(): Detection {
  return { phase: 0, onset: NaN, confirmed: NaN, end: NaN, score: NaN };
}

/**
 * Copies a detection into the next entry. A full list takes no more: its owner sizes it for the longest call. (One
 * object instead of five numbers, because a number that is handed to a function may be put on the heap for it.)
 */
export function appendDetection(list: DetectionList, detection: Detection): void {
  const entry = list.items[list.length];
  if (!entry) return;
  list.length++;
  entry.phase = detection.phase;
  entry.onset = detection.onset;
  entry.confirmed = detection.confirmed;
  entry.end = detection.end;
  entry.score = detection.score;
}
