/** Which frames of a file a drive consists of: numbers, in the order in which they are driven. */

/** `from … to)`. */
export function stretch(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, place) => from + place);
}

/** At `pace` times the speed, by the nearest frame: 2 takes every second one, 0.5 each twice. */
export function atPace(frames: readonly number[], pace: number): number[] {
  const count = Math.floor((frames.length - 1) / pace) + 1;
  return Array.from({ length: count }, (_, step) => frames[Math.round(step * pace)]).filter(
    (frame) => frame !== undefined,
  );
}

/** Stands still in the middle: its frame is repeated `frames` times more. */
export function withStop(order: readonly number[], frames: number): number[] {
  const middle = Math.floor(order.length / 2);
  const still = order[middle];
  if (still === undefined) return [...order];
  return [...order.slice(0, middle), ...Array<number>(frames).fill(still), ...order.slice(middle)];
}
