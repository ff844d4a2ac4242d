import { wallTimes, type NightLine } from '../night-log.js';

/** What a night's log comes to, for a row of `nights.tsv`. */
export interface NightAccount {
  readonly outcome: 'complete' | 'lost' | 'open';
  readonly reason: string;
  /** SHA-256 of the locked protocol; null where nothing was locked. */
  readonly protocol: string | null;
  readonly approval: string | null;
  readonly zone: string;
  /** Milliseconds since 1970; undefined where it never came, or the clock of that boot was never right. */
  readonly lightsOffMs: number | undefined;
  readonly lightsOnMs: number | undefined;
  /** Steps of the evening that failed or were skipped: `impedance failed`. */
  readonly steps: readonly string[];
  readonly adverse: number;
  readonly rearmed: number;
  readonly rearmRefused: number;
  /** How often each was raised, by its name. */
  readonly alarms: ReadonlyMap<string, number>;
  /** Names of recordings in the order in which they began. */
  readonly recordings: readonly string[];
  /** Of each boot, by its id, the last line at which its clock was right. */
  readonly clocks: ReadonlyMap<string, { readonly us: number; readonly wallMs: number }>;
  /** Link of the last line: who has it from elsewhere knows that the log was not written anew. */
  readonly head: string;
}

/** Of at least one line. Pure. */
export function accountOf(lines: readonly NightLine[]): NightAccount {
  const times = wallTimes(lines);
  const account = {
    ...{ outcome: 'open' as NightAccount['outcome'], reason: '', protocol: null as string | null },
    ...{ approval: null as string | null, zone: lines[0]?.zone ?? '', adverse: 0, rearmed: 0, rearmRefused: 0 },
    lightsOffMs: undefined as number | undefined,
    lightsOnMs: undefined as number | undefined,
    alarms: new Map<string, number>(),
    recordings: [] as string[],
    clocks: new Map<string, { us: number; wallMs: number }>(),
    head: lines.at(-1)?.hash ?? '',
  };
  const steps = new Map<string, string>();
  for (const [place, { entry, clock, boot, us, wallMs }] of lines.entries()) {
    if (clock === 'set') account.clocks.set(boot, { us, wallMs });
    if (entry.kind === 'begun') ({ protocol: account.protocol, approval: account.approval } = entry);
    else if (entry.kind === 'step') {
      // A step that was done again counts as it went last.
      if (entry.result === 'ok') steps.delete(entry.step);
      else steps.set(entry.step, `${entry.step} ${entry.result}`);
    } else if (entry.kind === 'lightsOff') account.lightsOffMs ??= times[place];
    else if (entry.kind === 'lightsOn') account.lightsOnMs = times[place];
    else if (entry.kind === 'run' && entry.state === 'began') account.recordings.push(entry.recording);
    else if (entry.kind === 'armed' && entry.rearmed > 0) account.rearmed++;
    else if (entry.kind === 'rearmRefused') account.rearmRefused++;
    else if (entry.kind === 'mark' && entry.mark === 'adverse') account.adverse++;
    else if (entry.kind === 'alarm' && entry.state === 'raised') {
      account.alarms.set(entry.alarm, (account.alarms.get(entry.alarm) ?? 0) + 1);
    } else if (entry.kind === 'closed') ({ outcome: account.outcome, reason: account.reason } = entry);
  }
  return { ...account, steps: [...steps.values()] };
}
