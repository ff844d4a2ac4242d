/** CLOCK_MONOTONIC in microseconds, the same in all threads and processes of a machine; allocates nothing. */
export function monotonicUs(): number {
  return originUs + performance.now() * 1000;
}

const originUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;
