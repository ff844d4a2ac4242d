import { HundredHertz } from '../../runtime/detect/spindle-t1/hundred-hertz.js';
import type { SpindlePoint } from '../../runtime/detect/spindle-t1/runs.js';
import { a7Features, a7Spindles } from '../../runtime/evaluate/a7.js';
import { unionOf, type TimedEvent } from '../../runtime/evaluate/events.js';
import type { Network } from '../format/graph.js';
import { logitsOf, spindlesOf, type Night, type Stretch } from './night.js';

/** A7 standardises by the half minute around. */
const shortestSeconds = 60;

/**
 * Marks for a night that nobody scored: what the network is sure of, and what A7 finds in hindsight with the whole night
 * at hand. Neither alone teaches: the first only what is known, the second its own misses.
 */
export function selfMarks(
  network: Network,
  night: Night,
  sure: SpindlePoint,
  rate: number,
  stretches: readonly Stretch[],
): TimedEvent[] {
  const hindsight = stretches.flatMap(({ start, values }) => {
    if (values.length < shortestSeconds * rate) return [];
    const { signal, lateSeconds } = atHundredHertz(values, rate);
    const origin = start - lateSeconds;
    return a7Spindles(a7Features(signal)).map(({ onset, end }) => ({
      onset: origin + onset / 100,
      end: origin + end / 100,
    }));
  });
  return unionOf(spindlesOf(logitsOf(network, night), night, sure), hindsight);
}

function atHundredHertz(values: Float64Array, rate: number): { signal: Float64Array; lateSeconds: number } {
  const resampled = new HundredHertz();
  resampled.prepare(rate);
  const signal = new Float64Array(Math.ceil((values.length * 100) / rate) + 2);
  let length = 0;
  for (let n = 0; n < values.length; n++) {
    const made = resampled.push(values, n);
    for (let place = 0; place < made; place++) signal[length++] = resampled.values[place] as number;
  }
  return { signal: signal.subarray(0, length), lateSeconds: resampled.lateSamples / rate };
}
