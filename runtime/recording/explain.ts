import {
  ReceiptState,
  disarmCauses,
  guardianCauses,
  inhibitorStates,
  refusalReasons,
  type LoopEvent,
  type RefusalReason,
} from '../contracts.js';
import { decodeMessage } from '../loop/records.js';
import { RecordingError, type RecordedEvent, type Recording } from './read.js';
import type { Lease } from './rows.js';
import { guardianLog } from './schema.js';

type Event<Kind extends LoopEvent['kind']> = Extract<LoopEvent, { kind: Kind }>;

/** What the recording says of one stimulus or one refusal. Times are of the run's clock; nothing in it tells the condition. */
export interface Explanation {
  /** `S12`: the stimulus of command 12. `R7`: the refusal of request 7. */
  readonly id: string;
  readonly us: number;
  readonly index: number;
  readonly request: Event<'request'> | null;
  /** Empty for a stimulus. */
  readonly reasons: readonly RefusalReason[];
  /** The detection that was answered, as it was when it was confirmed. */
  readonly detection: Event<'detection'> | null;
  /** Confirmed within ten seconds before, by any detector. */
  readonly detections: readonly Event<'detection'>[];
  /** The last word of each estimate before. */
  readonly estimates: readonly Event<'estimate'>[];
  /** In force then; null while nobody had armed. */
  readonly limits: Event<'armed'> | null;
  /** Counted against the limits, in the windows that end then: this run's permits, and what it was told of before. */
  readonly counts: { readonly minute: number; readonly hour: number; readonly day: number; readonly night: number };
  /** What was not clear then, and since when. */
  readonly inhibitors: readonly { readonly reason: RefusalReason; readonly state: string; readonly sinceUs: number }[];
  /** The lease that was there, and what had been drawn on it before. */
  readonly lease: (Lease & { readonly drawn: number }) | null;
  /** What armed and disarmed, and what the guardian said, in the minute before. */
  readonly turns: readonly { readonly us: number; readonly what: string }[];
  readonly stimulus: Stimulus | null;
  /** The last stimuli that were permitted before. */
  readonly before: readonly { readonly id: string; readonly us: number }[];
}

export interface Stimulus {
  readonly command: number;
  readonly variant: number;
  readonly lease: number;
  /** The way it took; null where the recording has no such time. */
  readonly arrivedUs: number | null;
  readonly decidedUs: number;
  readonly dueUs: number;
  readonly acceptedUs: number | null;
  readonly startedUs: number | null;
  readonly endedUs: number | null;
  readonly receipts: readonly {
    readonly state: string;
    readonly us: number;
    readonly source: 'loop' | 'guardian log';
    /** What the actuator itself reported; null where only the guardian's log is left. */
    readonly evidence: string | null;
  }[];
  readonly phase: { readonly expected: number; readonly realised: number } | null;
}

/** Throws a `RecordingError` if there is no such stimulus or refusal. */
export function explain(recording: Recording, id: string): Explanation {
  const events = [...recording.readableEvents()];
  const place = findPlace(events, id);
  const target = events[place]?.event;
  if (!target) throw new RecordingError(`${recording.path}: ${noSuch(events, id)}`);
  const before = events.slice(0, place).flatMap(({ event }) => event ?? []);
  const of = <Kind extends LoopEvent['kind']>(kind: Kind): Event<Kind>[] =>
    before.filter((event): event is Event<Kind> => event.kind === kind);
  const { us, index } = target;
  const number = target.kind === 'permit' || target.kind === 'refusal' ? target.request : 0;
  const request = of('request').findLast((one) => one.request === number) ?? null;
  const armed = before.findLast(({ kind }) => kind === 'armed' || kind === 'disarmed');
  const permits = of('permit');
  const confirmed = of('detection').filter(({ phase }) => phase === 0);
  return {
    id,
    us,
    index,
    request,
    reasons: target.kind === 'refusal' ? reasonsOf(target.reasons) : [],
    detection:
      confirmed.findLast(({ detector, onset }) => detector === request?.detector && onset === request.onset) ?? null,
    detections: confirmed.filter((one) => one.us > us - recentUs),
    estimates: latest(of('estimate'), ({ detector, estimate }) => `${detector} ${estimate}`),
    limits: armed?.kind === 'armed' ? armed : null,
    counts: count(recording, permits, us),
    inhibitors: latest(of('inhibitor'), ({ reason }) => String(reason))
      .filter(({ state }) => inhibitorStates[state] !== 'clear')
      .map(({ reason, state, us: sinceUs }) => ({
        reason: refusalReasons[reason] as RefusalReason,
        state: inhibitorStates[state] ?? 'unknown',
        sinceUs,
      })),
    lease: leaseThen(recording, of('lease'), permits, armed),
    turns: before.flatMap((event) => (event.us > us - 60e6 ? turnOf(event) : [])),
    stimulus: target.kind === 'permit' ? follow(target, events.slice(place)) : null,
    before: permits.slice(-5).map((permit) => ({ id: `S${permit.command}`, us: startOf(permit) })),
  };
}

function findPlace(events: readonly RecordedEvent[], id: string): number {
  const [, letter, digits] = /^([SR])(\d+)$/.exec(id) ?? [];
  return events.findIndex(
    ({ event }) =>
      (letter === 'S' && event?.kind === 'permit' && event.command === Number(digits)) ||
      (letter === 'R' && event?.kind === 'refusal' && event.request === Number(digits)),
  );
}

function noSuch(events: readonly RecordedEvent[], id: string): string {
  const of = (kind: string): LoopEvent[] => events.flatMap(({ event }) => (event?.kind === kind ? [event] : []));
  const [stimuli, refusals] = [of('permit'), of('refusal')];
  const lastStimulus = stimuli.at(-1);
  const lastRefusal = refusals.at(-1);
  const last = [
    lastStimulus?.kind === 'permit' ? `S1 to S${lastStimulus.command}` : 'no stimulus',
    lastRefusal?.kind === 'refusal' ? `${refusals.length} refusals up to R${lastRefusal.request}` : 'no refusal',
  ];
  return `there is no ${id}; it has ${last.join(' and ')}. \`axond recording show\` lists them.`;
}

/** The newest of each kind, in the order in which they first came. */
function latest<One>(all: readonly One[], keyOf: (one: One) => string): One[] {
  const found = new Map<string, One>();
  for (const one of all) found.set(keyOf(one), one);
  return [...found.values()];
}

function reasonsOf(bits: number): RefusalReason[] {
  return refusalReasons.filter((_, place) => (bits & (1 << place)) !== 0);
}

const startOf = ({ us, fireAtUs }: Event<'permit'>): number => Math.max(us, fireAtUs);

function count(recording: Recording, permits: readonly Event<'permit'>[], us: number): Explanation['counts'] {
  const starts = permits.map((permit) => ({ atUs: startOf(permit), stimuli: 1, night: 1 }));
  for (const record of recording.messages()) {
    const message = decodeMessage(record);
    if (message?.kind === 'past' && message.us <= us) starts.push(message);
  }
  const within = (windowUs: number): number =>
    starts.reduce((sum, { atUs, stimuli }) => (atUs > us - windowUs ? sum + stimuli : sum), 0);
  return {
    minute: within(60e6),
    hour: within(3600e6),
    day: within(24 * 3600e6),
    night: starts.reduce((sum, { stimuli, night }) => sum + stimuli * night, 0),
  };
}

function leaseThen(
  recording: Recording,
  leases: readonly Event<'lease'>[],
  permits: readonly Event<'permit'>[],
  armed: LoopEvent | undefined,
): Explanation['lease'] {
  const taken = leases.findLast(({ stimuli }) => stimuli > 0);
  // A disarming ended it; one that was taken in the same cycle came after.
  if (!taken || (armed?.kind === 'disarmed' && armed.us >= taken.us)) return null;
  const granted = [...recording.leases()].find(({ lease }) => lease === taken.lease);
  return granted ? { ...granted, drawn: permits.filter(({ lease }) => lease === taken.lease).length } : null;
}

function turnOf(event: LoopEvent): { us: number; what: string }[] {
  const { us } = event;
  if (event.kind === 'disarmed') return [{ us, what: `disarmed (${disarmCauses[event.cause] ?? 'unknown'})` }];
  if (event.kind === 'guardian') return [{ us, what: `guardian ${guardianCauses[event.cause] ?? 'unknown'}` }];
  return event.kind === 'armed' ? [{ us, what: 'armed, or limits lowered' }] : [];
}

function follow(permit: Event<'permit'>, after: readonly RecordedEvent[]): Stimulus {
  const { command, variant, lease, us, fireAtUs } = permit;
  const receipts = after.flatMap(({ event, text }) =>
    event?.kind === 'receipt' && event.command === command ? [{ ...event, text }] : [],
  );
  const when = (state: ReceiptState): number | null => receipts.find((one) => one.state === state)?.atUs ?? null;
  const arrived = receipts.find(({ arrivalUs }) => !Number.isNaN(arrivalUs))?.arrivalUs;
  const phase = after.find(({ event }) => event?.kind === 'phase' && event.command === command)?.event;
  return {
    command,
    variant,
    lease,
    arrivedUs: arrived ?? null,
    decidedUs: us,
    dueUs: Math.max(us, fireAtUs),
    acceptedUs: when(ReceiptState.accepted),
    startedUs: when(ReceiptState.started),
    endedUs: when(ReceiptState.ended),
    receipts: receipts.map(({ state, atUs, text }) => ({
      state: Object.keys(ReceiptState)[state] ?? String(state),
      us: atUs,
      source: text === guardianLog ? ('guardian log' as const) : ('loop' as const),
      evidence: text === guardianLog ? null : text,
    })),
    phase: phase?.kind === 'phase' ? { expected: phase.expected, realised: phase.realised } : null,
  };
}

const recentUs = 10e6;
