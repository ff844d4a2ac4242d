import type { Stage } from '../contracts.js';
import { Decimate } from './decimate.js';
import { designFir, designNotch, designSections, type FilterFamily } from './design.js';
import { Fir } from './fir.js';
import { createPortiloop } from './portiloop.js';
import type { BesselNorm } from './prototypes.js';
import { Resample } from './resample.js';
import { RmsEnvelope } from './rms-envelope.js';
import { SectionFilter } from './section-filter.js';
import type { Band } from './zeros-poles.js';

interface Recursive {
  readonly order: number;
  readonly family: FilterFamily;
  /** For Bessel filters: what the corner means. */
  readonly norm: BesselNorm;
}

/** One stage as plain values: frequencies in Hz, times in seconds. */
export type StagePlan =
  | ({ readonly use: 'lowpass' | 'highpass'; readonly atHz: number } & Recursive)
  | ({ readonly use: 'bandpass' | 'bandstop'; readonly fromHz: number; readonly toHz: number } & Recursive)
  | { readonly use: 'notch'; readonly atHz: number; readonly quality: number }
  /** Either taps of one's own, or a windowed design: `fromHz` alone is a high-pass, `toHz` alone a low-pass. */
  | { readonly use: 'fir'; readonly taps: readonly number[] }
  | { readonly use: 'fir'; readonly count: number; readonly fromHz?: number; readonly toHz?: number }
  | { readonly use: 'rms'; readonly windowSeconds: number }
  | { readonly use: 'resample'; readonly toHz: number }
  | { readonly use: 'decimate'; readonly factor: number }
  | { readonly use: 'portiloop'; readonly mainsHz: 50 | 60 };

export const stageUses = [
  'lowpass',
  'highpass',
  'bandpass',
  'bandstop',
  'notch',
  'fir',
  'rms',
  'resample',
  'decimate',
  'portiloop',
] as const satisfies readonly StagePlan['use'][];

/** What cannot work at a rate is refused by `prepare`. */
export function createStage(plan: StagePlan): Stage {
  switch (plan.use) {
    case 'lowpass':
      return recursive({ type: 'lowpass', corner: plan.atHz }, plan, () => 0);
    case 'highpass':
      return recursive({ type: 'highpass', corner: plan.atHz }, plan, (rate) => rate / 4);
    case 'bandpass':
      return recursive({ type: 'bandpass', from: plan.fromHz, to: plan.toHz }, plan, () =>
        Math.sqrt(plan.fromHz * plan.toHz),
      );
    case 'bandstop':
      return recursive({ type: 'bandstop', from: plan.fromHz, to: plan.toHz }, plan, () => 0);
    case 'notch':
      return new SectionFilter(
        (rate) => designNotch(plan.atHz, rate, plan.quality),
        () => 0,
      );
    case 'fir':
      return new Fir((rate) =>
        'taps' in plan ? Float64Array.from(plan.taps) : designFir(plan.count, firBand(plan), rate),
      );
    case 'rms':
      return new RmsEnvelope(plan.windowSeconds);
    case 'resample':
      return new Resample(plan.toHz);
    case 'decimate':
      return new Decimate(plan.factor);
    case 'portiloop':
      return createPortiloop(plan.mainsHz);
  }
}

function recursive(band: Band, { order, family, norm }: Recursive, centre: (rate: number) => number): Stage {
  return new SectionFilter((rate) => designSections(band, rate, order, family, norm), centre);
}

function firBand({ fromHz, toHz }: { readonly fromHz?: number; readonly toHz?: number }): Band {
  if (fromHz !== undefined && toHz !== undefined) return { type: 'bandpass', from: fromHz, to: toHz };
  if (fromHz !== undefined) return { type: 'highpass', corner: fromHz };
  if (toHz !== undefined) return { type: 'lowpass', corner: toHz };
  throw new RangeError('fir: has neither taps nor a corner. Give from, to, both, or taps.');
}
