/** One thing that is wrong with a configuration, where it stands and what to do about it. */
export interface Fault {
  /** A file, or what was typed on the command line (`--set`). Empty where the fault is that something is nowhere. */
  readonly file: string;
  /** From 1; 0 on the command line. */
  readonly line: number;
  readonly column: number;
  /** `gate.perHour`; empty where a whole file is meant. */
  readonly key: string;
  /** What was given; absent for what is missing. */
  readonly value?: unknown;
  /** Goes on where key and value end: `is above 3600 (hard limit of headphones)`. */
  readonly rule: string;
  /** A sentence: `Use 3600 or less.` */
  readonly fix: string;
}

/** One line: `protocol.yaml:9:31 gate.perHour: 9000 is above 3600 (hard limit of headphones). Use 3600 or less.` */
export function formatFault({ file, line, column, key, value, rule, fix }: Fault): string {
  const where = line > 0 ? `${file}:${line}:${column}` : file;
  // A map stands in the file; a line has no room for it.
  const isShown = value !== undefined && (typeof value !== 'object' || Array.isArray(value));
  const what = isShown ? `${key === '' ? '' : `${key}: `}${show(value)}` : key;
  return [where, what, `${rule}.`, fix].filter((part) => part !== '').join(' ');
}

/** A value as it may stand in a line of text: short, without line breaks and control characters. */
export function show(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
  const line = text.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  if (line === '') return '""';
  return line.length > longestValue ? `${line.slice(0, longestValue - 1)}…` : line;
}

const longestValue = 60;

/** The name that a mistyped one most likely stands for, if there is one near enough. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  if (typed.length > longestValue) return undefined;
  let nearest: string | undefined;
  // A third of the letters may be wrong, so that short words do not turn into others.
  let least = Math.floor(Math.max(typed.length, 3) / 3) + 1;
  for (const name of names) {
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours (restricted Damerau-Levenshtein) from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] as number) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] as number;
}

/** Everything that is wrong with a configuration; the message has a line for each fault. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(formatFault).join('\n'));
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}
