import type { TimedEvent } from '../events.js';
import { label, line } from './chart.js';
import { element, escape } from './markup.js';

/** A piece of signal to be drawn; times in seconds of the recording. */
export interface Excerpt {
  readonly title: string;
  readonly start: number;
  readonly seconds: number;
  readonly rate: number;
  /** Microvolts. */
  readonly signal: Float64Array;
  /** The same in the band of spindles. */
  readonly sigma: Float64Array;
  readonly marks: readonly TimedEvent[];
  readonly detections: readonly (TimedEvent & { readonly confirmed: number })[];
}

const width = 760;
const height = 150;

/** Signal above, its spindle band below at three times the scale; marks as a bar on top, detections as one below. */
export function drawTrace({ title, start, seconds, rate, signal, sigma, marks, detections }: Excerpt): string {
  const px = (time: number): number => Math.min(width, Math.max(0, ((time - start) / seconds) * width));
  const reach = Math.max(50, ...signal.map(Math.abs));
  const wave = (values: Float64Array, middle: number, perMicrovolt: number, kind: string): string =>
    element('polyline', {
      class: kind,
      points: thinned(values, 4 * width)
        .map(([place, value]) => `${px(start + place / rate).toFixed(1)},${(middle - value * perMicrovolt).toFixed(1)}`)
        .join(' '),
    });
  const bar = (event: TimedEvent, y: number, kind: string): string =>
    element('rect', {
      x: px(event.onset),
      y,
      width: Math.max(1, px(event.end) - px(event.onset)),
      height: 8,
      class: kind,
    });
  const ticks = Array.from({ length: Math.floor(seconds) + 1 }, (_, second) => start + second);
  return element(
    'figure',
    {},
    element('figcaption', {}, escape(title)),
    element(
      'svg',
      { viewBox: `0 -12 ${width} ${height + 26}`, role: 'img', class: 'trace' },
      element('title', {}, escape(title)),
      ...ticks.flatMap((time) => [
        line(px(time), 0, px(time), height, 'grid'),
        label(px(time), height + 12, time.toFixed(0), 'middle'),
      ]),
      ...marks.map((event) => bar(event, -10, 'mark')),
      ...detections.map((event) => bar(event, height - 8, 'found')),
      wave(signal, 50, 42 / reach, 'eeg'),
      wave(sigma, 116, (3 * 42) / reach, 'sigma'),
      ...detections
        .filter(({ confirmed }) => confirmed >= start && confirmed < start + seconds)
        .map(({ confirmed }) => line(px(confirmed), 0, px(confirmed), height, 'confirmed')),
      label(2, 10, `±${reach.toFixed(0)} µV`, 'start'),
    ),
  );
}

/** At most so many points: of each stretch of samples the first. */
function thinned(values: Float64Array, most: number): [number, number][] {
  const step = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / step) }, (_, n) => [n * step, values[n * step] as number]);
}
