import { epochSeconds, spectrumBins } from '../night/epoch-spectra.js';
import { guessStage, stageGuesses } from '../night/stages.js';
import { label, line } from './chart.js';
import { element } from './markup.js';
import { pngAddress } from './png.js';

const left = 78;
const width = 900;
const stageTop = 14;
const stageRow = 18;
const spectrumTop = 106;
const spectrumHeight = 150;
const rateTop = 276;
const rateHeight = 40;

export interface StripRow {
  readonly name: string;
  /** By epoch. */
  readonly counts: readonly number[];
}

/** The whole night side by side: stages as they are guessed, the spectrum, and how much of what was counted there was. */
export function nightStrip(
  depths: readonly number[],
  spectra: readonly (Float64Array | undefined)[],
  rows: readonly StripRow[],
  timeOfDay: (seconds: number) => number,
): string {
  const epochs = Math.max(1, depths.length);
  const px = (epoch: number): number => left + (width * epoch) / epochs;
  const bottom = rateTop + rows.length * (rateHeight + 10);
  return element(
    'svg',
    { viewBox: `0 0 ${left + width + 12} ${bottom + 24}`, role: 'img', class: 'trace' },
    element('title', {}, 'The night'),
    ...timeTicks(epochs * epochSeconds, timeOfDay).flatMap(({ seconds, text }) => [
      line(px(seconds / epochSeconds), stageTop, px(seconds / epochSeconds), bottom, 'grid'),
      label(px(seconds / epochSeconds), bottom + 14, text, 'middle'),
    ]),
    ...stageGuesses.slice(0, -1).map((stage, row) => label(left - 6, stageY(row) + 4, stage, 'end')),
    ...steps(depths, px),
    element('image', {
      href: spectrumAddress(spectra),
      x: left,
      y: spectrumTop,
      width,
      height: spectrumHeight,
      preserveAspectRatio: 'none',
      style: 'image-rendering: pixelated',
    }),
    ...[0, 10, 20, 30].map((hertz) =>
      label(left - 6, spectrumTop + spectrumHeight * (1 - hertz / 30) + 4, `${hertz} Hz`, 'end'),
    ),
    ...rows.flatMap(({ name, counts }, row) => {
      const base = rateTop + row * (rateHeight + 10) + rateHeight;
      const most = Math.max(1, ...counts);
      return [
        label(left - 6, base - rateHeight / 2, name, 'end'),
        label(left - 6, base - rateHeight / 2 + 12, `0 to ${most}`, 'end'),
        ...counts.flatMap((count, epoch) => {
          const height = (rateHeight * count) / most;
          if (count === 0) return [];
          return [
            element('rect', {
              x: px(epoch),
              y: base - height,
              width: Math.max(0.6, width / epochs),
              height,
              fill: '#0b5fa5',
            }),
          ];
        }),
        line(left, base, left + width, base, 'axis', '#5b6770'),
      ];
    }),
  );
}

const stageY = (row: number): number => stageTop + stageRow * row + stageRow / 2;

/** A line that steps from stage to stage, broken where none is known. */
function steps(depths: readonly number[], px: (epoch: number) => number): string[] {
  const lines: string[][] = [];
  let open = false;
  for (const [epoch, depth] of depths.entries()) {
    const row = stageGuesses.indexOf(guessStage(depth));
    if (row === stageGuesses.length - 1) {
      open = false;
      continue;
    }
    if (!open) lines.push([]);
    open = true;
    lines.at(-1)?.push(`${px(epoch).toFixed(1)},${stageY(row)} ${px(epoch + 1).toFixed(1)},${stageY(row)}`);
  }
  return lines.map((points) =>
    element('polyline', { points: points.join(' '), fill: 'none', stroke: '#1b2327', 'stroke-width': 1.5 }),
  );
}

/** A pixel an epoch and a quarter of a hertz, dark for much power; the lowest and highest twentieth are cut off. */
function spectrumAddress(spectra: readonly (Float64Array | undefined)[]): string {
  const levels = spectra.map((spectrum) => spectrum?.map((power) => Math.log10(power + 1e-6)));
  const sorted = Float64Array.from(levels.flatMap((each) => (each ? [...each.subarray(2)] : []))).sort();
  const low = sorted[Math.floor(0.05 * sorted.length)] ?? 0;
  const high = sorted[Math.floor(0.95 * sorted.length)] ?? 1;
  const epochs = Math.max(1, levels.length);
  const pixels = new Uint8Array(epochs * spectrumBins).fill(255);
  for (const [epoch, each] of levels.entries()) {
    each?.forEach((level, bin) => {
      const share = Math.min(1, Math.max(0, (level - low) / (high - low || 1)));
      pixels[(spectrumBins - 1 - bin) * epochs + epoch] = Math.round(255 * (1 - share));
    });
  }
  return pngAddress(pixels, epochs, spectrumBins);
}

/** Times that are round by the clock of the start, at most a dozen, as the wall shows them: a clock change shows in them. */
function timeTicks(
  seconds: number,
  timeOfDay: (seconds: number) => number,
): { readonly seconds: number; readonly text: string }[] {
  const startSeconds = timeOfDay(0);
  const step = [10, 60, 300, 600, 1800, 3600, 7200, 14400, 86400].find((each) => seconds / each <= 12) ?? seconds;
  const first = Math.ceil(startSeconds / step) * step;
  const two = (value: number): string => String(value).padStart(2, '0');
  return Array.from({ length: Math.max(0, Math.floor((startSeconds + seconds - first) / step) + 1) }, (_, n) => {
    const after = first + n * step - startSeconds;
    const day = timeOfDay(after) % 86400;
    const minute = `${two(Math.floor(day / 3600))}:${two(Math.floor(day / 60) % 60)}`;
    return { seconds: after, text: step < 60 ? `${minute}:${two(day % 60)}` : minute };
  });
}
