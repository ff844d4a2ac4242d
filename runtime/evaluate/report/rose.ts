import { circularScore } from '../circular.js';
import { label, line } from './chart.js';
import { element, escape } from './markup.js';

const radius = 100;
const centre = 130;
const sectors = 24;

/** Angles in degrees as a rose of 24 sectors whose areas are their shares; 0 on the right, counted anticlockwise. */
export function rose(title: string, degrees: readonly number[]): string {
  const counts = new Array<number>(sectors).fill(0);
  for (const angle of degrees) {
    const sector = Math.floor((((angle % 360) + 360) % 360) / (360 / sectors)) % sectors;
    counts[sector] = (counts[sector] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const { mean, r } = circularScore(degrees);
  const at = (angle: number, length: number): string => {
    const turn = (angle * Math.PI) / 180;
    return `${(centre + length * Math.cos(turn)).toFixed(1)},${(centre - length * Math.sin(turn)).toFixed(1)}`;
  };
  const [x, y] = at(mean ?? 0, radius * (r ?? 0))
    .split(',')
    .map(Number) as [number, number];
  return element(
    'figure',
    { class: 'narrow' },
    element(
      'svg',
      { viewBox: '0 0 260 260', role: 'img', class: 'rose' },
      element('title', {}, escape(title)),
      ...[0.5, 1].map((share) =>
        element('circle', { cx: centre, cy: centre, r: radius * share, fill: 'none', class: 'grid' }),
      ),
      ...counts.map((count, sector) => {
        const length = radius * Math.sqrt(count / most);
        const from = (360 / sectors) * sector;
        const to = from + 360 / sectors;
        const path = `M ${centre},${centre} L ${at(from, length)} A ${length.toFixed(1)} ${length.toFixed(1)} 0 0 0 ${at(to, length)} Z`;
        return element('path', { d: path, fill: '#0b5fa5', 'fill-opacity': 0.75, stroke: '#ffffff' });
      }),
      ...(mean === null ? [] : [line(centre, centre, x, y, 'mean', '#c8451b')]),
      label(centre + radius + 6, centre + 4, '0°', 'start'),
      label(centre, centre - radius - 8, '90°', 'middle'),
      label(centre - radius - 6, centre + 4, '180°', 'end'),
      label(centre, centre + radius + 18, '270°', 'middle'),
    ),
    element(
      'figcaption',
      {},
      escape(
        `${title}: ${degrees.length} stimuli` +
          (mean === null || r === null ? '' : `, mean ${mean.toFixed(0)}°, resultant length ${r.toFixed(2)}`),
      ),
    ),
  );
}
