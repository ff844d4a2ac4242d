import type { ChannelInfo } from '../../contracts.js';

/**
 * How counts of up to 32 bits become the 16 or 24 bits of an EDF or BDF file. The header gives the ends of the range as
 * texts of eight characters: where counts are kept as they are, ends are chosen whose texts say them exactly or nearly.
 */
export interface ChannelScale {
  /** 1: every count is kept. */
  readonly countsPerStep: number;
  /** digital = round(counts ÷ countsPerStep) − shift */
  readonly shift: number;
  readonly digitalMinimum: number;
  readonly digitalMaximum: number;
  readonly physicalMinimum: string;
  readonly physicalMaximum: string;
}

/** What an export cannot say in its format: names the part, the value and what to do. */
export class ExportError extends Error {}

/** Of a channel whose counts lie between `lowest` and `highest`. Throws an `ExportError` where eight characters do not do. */
export function chooseScale(
  { name, unit, scale }: ChannelInfo,
  lowest: number,
  highest: number,
  bits: 16 | 24,
): ChannelScale {
  const least = -(2 ** (bits - 1));
  const most = 2 ** (bits - 1) - 1;
  const countsPerStep = Math.max(1, Math.ceil((highest - lowest) / (2 ** bits - 2)));
  const low = Math.round(lowest / countsPerStep);
  const high = Math.round(highest / countsPerStep);
  const shift = low >= least && high <= most ? 0 : Math.round((low + high) / 2);
  const step = scale * countsPerStep;
  const physical = (digital: number): number => step * (digital + shift);
  const minimum = bestEnd(least, Math.min(low - shift, least + candidates), physical);
  const maximum = bestEnd(Math.max(high - shift, most - candidates), most, physical);
  if (minimum === undefined || maximum === undefined || minimum.text === maximum.text) {
    const reach = `${scale * lowest} to ${scale * highest} ${unit}`;
    throw new ExportError(
      `channel ${name}: goes from ${reach}; EDF and BDF have eight characters for that. Export it as csv or parquet.`,
    );
  }
  return {
    countsPerStep,
    shift,
    digitalMinimum: minimum.digital,
    digitalMaximum: maximum.digital,
    physicalMinimum: minimum.text,
    physicalMaximum: maximum.text,
  };
}

interface End {
  readonly digital: number;
  readonly text: string;
}

/** The digital value from `from` to `to` whose physical value its text says best. */
function bestEnd(from: number, to: number, physical: (digital: number) => number): End | undefined {
  let best: End | undefined;
  let smallest = Infinity;
  for (let digital = from; digital <= to; digital++) {
    const text = inEightCharacters(physical(digital));
    const error = Math.abs(Number(text) - physical(digital));
    if (text === undefined || error >= smallest) continue;
    smallest = error;
    best = { digital, text };
  }
  return best;
}

/** Undefined where not even the whole number fits. */
export function inEightCharacters(value: number): string | undefined {
  for (let decimals = 7; decimals >= 0; decimals--) {
    const text = value.toFixed(decimals);
    if (text.length <= 8) return decimals === 0 ? text : text.replace(/\.?0+$/, '');
  }
  return undefined;
}

const candidates = 1023;
