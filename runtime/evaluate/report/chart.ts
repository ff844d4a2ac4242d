import { element, escape } from './markup.js';

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** Points in the units of the axes: joined in their order, or each a dot of its own. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly kind: 'line' | 'dots';
  /** Not in the legend: the same as the one before, or a guide. */
  readonly quiet?: 'again' | 'guide';
}

export const colours = ['#0b5fa5', '#c8451b', '#2f8f4e', '#8a4fb0', '#a07800', '#5b6770', '#c2307f', '#00838f'];

const width = 560;
const height = 380;
const inner = { left: 56, right: 170, top: 14, bottom: 46 };

/** A plane with series and a legend. What lies outside the axes is not drawn. */
export function chart(title: string, x: Axis, y: Axis, series: readonly Series[]): string {
  const right = width - inner.right;
  const bottom = height - inner.bottom;
  const at = (axis: Axis, value: number, low: number, high: number): number =>
    low + ((value - axis.from) / (axis.to - axis.from)) * (high - low);
  const px = (value: number): number => at(x, value, inner.left, right);
  const py = (value: number): number => at(y, value, bottom, inner.top);
  const grid = [
    ...x.ticks.flatMap((tick) => [
      line(px(tick), inner.top, px(tick), bottom, 'grid'),
      label(px(tick), bottom + 16, String(tick), 'middle'),
    ]),
    ...y.ticks.flatMap((tick) => [
      line(inner.left, py(tick), right, py(tick), 'grid'),
      label(inner.left - 6, py(tick) + 4, String(tick), 'end'),
    ]),
    label((inner.left + right) / 2, height - 8, x.label, 'middle'),
    element(
      'text',
      { transform: `translate(14 ${(inner.top + bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
      escape(y.label),
    ),
  ];
  let colour = -1;
  let row = 0;
  const drawn = series.flatMap(({ name, points, kind, quiet }) => {
    if (quiet === undefined) colour++;
    const stroke = quiet === 'guide' ? '#c9d1d6' : (colours[Math.max(0, colour) % colours.length] as string);
    const inside = points.filter(([a, b]) => a >= x.from && a <= x.to && b >= y.from && b <= y.to);
    const shape =
      kind === 'line'
        ? [
            element('polyline', {
              points: inside.map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`).join(' '),
              fill: 'none',
              stroke,
              'stroke-width': quiet === 'guide' ? 1 : 2,
            }),
          ]
        : inside.map(([a, b]) => element('circle', { cx: px(a), cy: py(b), r: 4.5, fill: stroke }));
    if (quiet !== undefined) return shape;
    const top = inner.top + 12 + 18 * row++;
    const key =
      kind === 'line'
        ? line(right + 12, top - 4, right + 30, top - 4, 'key', stroke)
        : dot(right + 21, top - 4, stroke);
    return [...shape, key, label(right + 36, top, name, 'start')];
  });
  return element(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', class: 'chart' },
    element('title', {}, escape(title)),
    ...grid,
    ...drawn,
  );
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string, stroke?: string): string {
  return element('line', { x1, y1, x2, y2, class: kind, ...(stroke === undefined ? {} : { stroke }) });
}

export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return element('text', { x, y, 'text-anchor': anchor }, escape(text));
}

function dot(cx: number, cy: number, fill: string): string {
  return element('circle', { cx, cy, r: 4.5, fill });
}
