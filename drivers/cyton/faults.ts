/**
 * Faults of an emulated amplifier, as text: `drop:0.01` (a part of the packets), `stall:5s@30s` (once, 30 s after the
 * stream began), `unplug:1s@60s+120s` (and every 120 s again), `burst:16ms`, `drift:1320ppm`.
 */
export interface Faults {
  /** Parts of all packets. */
  drop: number;
  duplicate: number;
  corrupt: number;
  garbage: number;
  /** Packets come in batches of this many milliseconds. */
  burstMs: number;
  driftPpm: number;
  readonly spells: Spell[];
}

export interface Spell {
  readonly kind: 'stall' | 'unplug' | 'power-off';
  readonly durationMs: number;
  readonly atMs: number;
  /** 0: once. */
  readonly everyMs: number;
}

export const noFaults = (): Faults => ({
  drop: 0,
  duplicate: 0,
  corrupt: 0,
  garbage: 0,
  burstMs: 0,
  driftPpm: 0,
  spells: [],
});

/** Throws a `RangeError` that names the fault and shows a right one. */
export function parseFaults(specs: readonly string[]): Faults {
  const faults = noFaults();
  for (const spec of specs) parseFault(spec, faults);
  return faults;
}

function parseFault(spec: string, faults: Faults): void {
  const [kind, value] = split(spec, ':');
  switch (kind) {
    case 'drop':
    case 'duplicate':
    case 'corrupt':
    case 'garbage': {
      const part = Number(value);
      if (!(part > 0 && part <= 1)) throw refuse(spec, `${kind}:0.01 (a part of the packets, above 0, at most 1)`);
      faults[kind] = part;
      return;
    }
    case 'burst':
      faults.burstMs = milliseconds(value, spec);
      return;
    case 'drift': {
      const match = /^(-?\d+(?:\.\d+)?)ppm$/.exec(value);
      if (!match || Math.abs(Number(match[1])) > 20000) throw refuse(spec, 'drift:1320ppm (at most 20000)');
      faults.driftPpm = Number(match[1]);
      return;
    }
    case 'stall':
    case 'unplug':
    case 'power-off': {
      const [duration, when] = split(value, '@');
      const [at, every] = split(when, '+');
      if (at === '') throw refuse(spec, `${kind}:2s@30s, or ${kind}:2s@30s+60s for every 60 s again`);
      faults.spells.push({
        kind,
        durationMs: milliseconds(duration, spec),
        atMs: milliseconds(at, spec),
        everyMs: every === '' ? 0 : milliseconds(every, spec),
      });
      return;
    }
    default:
      throw refuse(spec, 'drop, duplicate, corrupt, garbage, burst, drift, stall, unplug or power-off');
  }
}

/** The spell that holds at this time of the stream, if any. */
export function spellAt(spells: readonly Spell[], streamMs: number): Spell | undefined {
  return spells.find(({ atMs, durationMs, everyMs }) => {
    const since = streamMs - atMs;
    return since >= 0 && (everyMs > 0 ? since % everyMs : since) < durationMs;
  });
}

function split(text: string, separator: string): [string, string] {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)];
}

function milliseconds(text: string, spec: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const value = match ? Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'] : NaN;
  if (!(value > 0)) throw refuse(spec, 'a time such as 16ms, 5s or 1m');
  return value;
}

function refuse(spec: string, fix: string): RangeError {
  return new RangeError(`--fault: ${spec} is no fault. Write ${fix}.`);
}
