import { label, line } from './chart.js';
import { element, escape } from './markup.js';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Names with a bar and its number each, the longest on the whole width. */
export function horizontalBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const height = 20 * bars.length + 4;
  return element(
    'svg',
    { viewBox: `0 0 560 ${height}`, role: 'img', class: 'chart' },
    element('title', {}, escape(title)),
    ...bars.flatMap(({ name, value }, row) => [
      label(126, 20 * row + 15, name, 'end'),
      element('rect', { x: 132, y: 20 * row + 4, width: (360 * value) / most, height: 14, fill: ink }),
      label(138 + (360 * value) / most, 20 * row + 15, String(value), 'start'),
    ]),
  );
}

/** Counts of values in bins of equal width from `from` to `to`; what lies outside counts in the last bin on that side. */
export function histogram(
  title: string,
  unit: string,
  values: readonly number[],
  { from, to, bins }: { readonly from: number; readonly to: number; readonly bins: number },
): string {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - from) / (to - from)) * bins);
    const place = Math.min(bins - 1, Math.max(0, bin));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const px = (value: number): number => 40 + ((value - from) / (to - from)) * 480;
  return element(
    'svg',
    { viewBox: '0 0 560 170', role: 'img', class: 'chart' },
    element('title', {}, escape(title)),
    label(40, 12, title, 'start'),
    ...counts.map((count, bin) =>
      element('rect', {
        x: px(from + ((to - from) * bin) / bins) + 0.5,
        y: 130 - (108 * count) / most,
        width: Math.max(1, 480 / bins - 1),
        height: (108 * count) / most,
        fill: ink,
      }),
    ),
    line(40, 130, 520, 130, 'axis', ink),
    label(34, 30, String(most), 'end'),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => {
      const value = from + share * (to - from);
      return label(px(value), 146, String(Math.round(value * 100) / 100), 'middle');
    }),
    label(280, 164, unit, 'middle'),
  );
}

const ink = '#0b5fa5';
