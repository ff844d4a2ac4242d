/** Microseconds of every answer, by program and round; NaN for one that was lost. */
export type Answers = Map<string, number[][]>;

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: sorted.at(-1) ?? NaN };
}

export function median(values: readonly number[]): number {
  return quantilesOf(values).p50;
}

/** Ratios are formed round by round, where both saw the same machine, and their median is reported. */
export function summarise(
  answers: Answers,
  subject: string,
  floor: string,
  direct: string,
  rounds: number,
): {
  n: number;
  lost: number;
  axondUs: Quantiles;
  floorUs: Quantiles;
  directUs: Quantiles;
  ratio: { p50: number; p99: number };
  rounds: { p50: number; p99: number }[];
  quiet: { share: number; axondP99Us: number | null };
} {
  const of = (name: string, round: number): number[] => answers.get(name)?.[round] ?? [];
  const all = (name: string): number[] => (answers.get(name) ?? []).flat();
  const places = Array.from({ length: rounds }, (_, round) => round);
  const perRound = places.map((round) => ({ a: quantilesOf(of(subject, round)), c: quantilesOf(of(floor, round)) }));
  const ratios = perRound.map(({ a, c }) => ({ p50: a.p50 / c.p50, p99: a.p99 / c.p99 }));
  const quiet = perRound.filter(({ c }) => c.p99 < quietUs);
  const values = all(subject);
  const lost = values.filter((value) => Number.isNaN(value)).length;
  return {
    n: values.length - lost,
    lost,
    axondUs: quantilesOf(values),
    floorUs: quantilesOf(all(floor)),
    directUs: quantilesOf(all(direct)),
    ratio: { p50: median(ratios.map(({ p50 }) => p50)), p99: median(ratios.map(({ p99 }) => p99)) },
    rounds: ratios,
    quiet: {
      share: quiet.length / rounds,
      axondP99Us: quiet.length === 0 ? null : median(quiet.map(({ a }) => a.p99)),
    },
  };
}

const quietUs = 400;
