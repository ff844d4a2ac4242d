/** Quantities as people write them: a number and its unit, `0.3Hz`, `50ms`, `500uV`. */

/** Value in the base unit (Hz, s, uV, degrees, m, bytes) = number × factor; a factor below 1 is kept as a divisor, which rounds once. */
interface Unit {
  readonly factor?: number;
  readonly divisor?: number;
}

const units = {
  time: { us: { divisor: 1e6 }, ms: { divisor: 1e3 }, s: {}, m: { factor: 60 }, h: { factor: 3600 } },
  frequency: { Hz: {}, kHz: { factor: 1e3 } },
  // Both code points of the micro sign are in use.
  voltage: { nV: { divisor: 1e3 }, uV: {}, '\u00b5V': {}, '\u03bcV': {}, mV: { factor: 1e3 }, V: { factor: 1e6 } },
  angle: { deg: {} },
  length: { m: {}, cm: { divisor: 100 }, mm: { divisor: 1e3 } },
  size: { MB: { factor: 1e6 }, GB: { factor: 1e9 }, TB: { factor: 1e12 } },
  /** Of a sound: a number of decibels; `level` in `values.ts` keeps the unit. */
  level: { dBFS: {}, dBSPL: {} },
} as const satisfies Record<string, Record<string, Unit>>;
export type Dimension = keyof typeof units;

/** What is wrong with a text, and what to write instead. */
export interface Objection {
  readonly rule: string;
  readonly fix: string;
}

/** In Hz, seconds, microvolts, degrees, metres or bytes. */
export function parseQuantity(text: string, dimension: Dimension): number | Objection {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i.exec(text.trim());
  if (!match) {
    return { rule: `is not a ${dimension}`, fix: `Write a number and its unit (${unitsOf(dimension)}).` };
  }
  const number = Number(match[1]);
  const unit = match[2] as string;
  if (unit === '') return missingUnit(number, dimension);
  const known: Record<string, Unit> = units[dimension];
  const scale = Object.hasOwn(known, unit) ? known[unit] : undefined;
  if (!scale)
    return { rule: `has the unit "${unit}", which is not one of ${dimension}`, fix: `Use ${unitsOf(dimension)}.` };
  return (number * (scale.factor ?? 1)) / (scale.divisor ?? 1);
}

/** Units to choose from, as prose. */
export function unitsOf(dimension: Dimension): string {
  const names = Object.keys(units[dimension]).filter((name) => name !== '\u03bcV');
  if (names.length === 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

/** A regular expression for editors. */
export function patternOf(dimension: Dimension): string {
  const sign = dimension === 'angle' || dimension === 'level' ? '[+-]' : '[+]';
  return `^\\s*${sign}?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*(${Object.keys(units[dimension]).join('|')})\\s*$`;
}

/** For a bare number: what its writer may have meant. */
export function missingUnit(number: number, dimension: Dimension): Objection {
  const milliseconds = `${number}ms or ${number / 1000}s`;
  const likely = {
    time: number >= 10 ? milliseconds : `${number}s or ${number * 1000}ms`,
    frequency: `${number}Hz`,
    voltage: `${number}uV`,
    angle: `${number}deg`,
    length: `${number}m`,
    size: `${number}GB`,
    level: `${number}dBFS`,
  };
  return { rule: 'has no unit', fix: `Write ${likely[dimension]}.` };
}
