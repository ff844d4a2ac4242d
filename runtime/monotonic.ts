/**
 * CLOCK_MONOTONIC in microseconds, the same in all threads and processes of a machine to within a few microseconds;
 * allocates nothing. `performance.now` counts from a moment of its own in each thread, found once against `hrtime`.
 */
export function monotonicUs(): number {
  return originUs + performance.now() * 1000;
}

const originUs = findOrigin();

/** Of several pairs of readings the tightest counts: the first calls are slow, and any may be interrupted. */
function findOrigin(): number {
  let tightest = Infinity;
  let origin = 0;
  for (let pair = 0; pair < 50; pair++) {
    const before = process.hrtime.bigint();
    const now = performance.now() * 1000;
    const after = process.hrtime.bigint();
    const width = Number(after - before) / 1000;
    if (width >= tightest) continue;
    tightest = width;
    origin = Number(before) / 1000 + width / 2 - now;
  }
  return origin;
}
