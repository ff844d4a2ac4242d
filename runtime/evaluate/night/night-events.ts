import {
  DetectionPhase,
  ReceiptState,
  refusalReasons,
  ringNames,
  type LoopEvent,
  type RefusalReason,
} from '../../contracts.js';

/** What a run decided, counted; times in seconds and milliseconds, places in sample indexes. Nothing of it follows a stimulus. */
export interface NightEvents {
  readonly detections: readonly { readonly detector: number; readonly onset: number; readonly confirmed: number }[];
  readonly refusals: readonly { readonly index: number; readonly reasons: readonly RefusalReason[] }[];
  /** In the order of their commands. */
  readonly stimuli: readonly NightStimulus[];
  readonly permits: number;
  readonly markers: number;
  /** Refused or dropped by the guardian. */
  readonly declined: number;
  /** Time in which stimulation was allowed. */
  readonly armedSeconds: number;
  /** In force at the last arming. */
  readonly limits: { readonly perMinute: number; readonly perHour: number; readonly perNight: number } | undefined;
  readonly leases: { readonly granted: number; readonly stimuli: number };
  /** Lost in full rings, by ring. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface NightStimulus {
  readonly command: number;
  /** Newest sample when it was permitted. */
  readonly index: number;
  readonly startedUs: number;
  /** From the bytes that led to it; from the permit, or from when it was due where that is later; milliseconds. */
  readonly fromBytesMs: number;
  readonly acceptedMs: number;
  readonly startedMs: number;
  /** From the onset of the detection that it answers, in milliseconds; NaN where it answers none. */
  readonly fromOnsetMs: number;
  /** Foreseen at the permit, and seen in hindsight, in degrees; NaN where nothing follows the phase. */
  readonly expectedPhase: number;
  readonly realisedPhase: number;
}

/** `endUs` is when the recording ends: who is armed then was until then. */
export function collectNight(events: Iterable<LoopEvent | undefined>, rate: number, endUs: number): NightEvents {
  const detections: { detector: number; onset: number; confirmed: number }[] = [];
  const refusals: { index: number; reasons: RefusalReason[] }[] = [];
  const permits = new Map<number, Permit>();
  const requests = new Map<number, number>();
  const losses: Record<string, number> = {};
  let [markers, declined, armedUs, armedSince] = [0, 0, 0, NaN];
  let limits: NightEvents['limits'];
  const leases = { granted: 0, stimuli: 0 };
  for (const event of events) {
    if (event?.kind === 'detection' && event.phase === DetectionPhase.confirmed) detections.push(event);
    else if (event?.kind === 'request') requests.set(event.request, event.detector < 0 ? NaN : event.onset);
    else if (event?.kind === 'refusal') {
      const reasons = refusalReasons.filter((_, place) => (event.reasons & (1 << place)) !== 0);
      refusals.push({ index: event.index, reasons });
    } else if (event?.kind === 'permit') {
      const onset = requests.get(event.request) ?? NaN;
      const fromUs = Math.max(event.us, event.fireAtUs);
      permits.set(event.command, { ...emptyPermit, command: event.command, index: event.index, fromUs, onset });
    } else if (event?.kind === 'receipt') {
      const permit = permits.get(event.command);
      if (event.state === ReceiptState.refused || event.state === ReceiptState.dropped) declined++;
      else if (permit && event.state === ReceiptState.accepted) permit.acceptedUs = event.atUs;
      else if (permit && event.state === ReceiptState.started) {
        permit.startedUs = event.atUs;
        permit.bytesUs = event.arrivalUs;
      }
    } else if (event?.kind === 'phase') {
      const permit = permits.get(event.command);
      if (permit) {
        permit.expected = event.expected;
        permit.realised = event.realised;
      }
    } else if (event?.kind === 'marker') markers++;
    else if (event?.kind === 'armed') {
      limits = event;
      if (Number.isNaN(armedSince)) armedSince = event.us;
    } else if (event?.kind === 'disarmed') {
      if (!Number.isNaN(armedSince)) armedUs += event.us - armedSince;
      armedSince = NaN;
    } else if (event?.kind === 'lease' && event.stimuli > 0) {
      leases.granted++;
      leases.stimuli += event.stimuli;
    } else if (event?.kind === 'loss') losses[ringNames[event.ring] ?? String(event.ring)] = event.count;
  }
  if (!Number.isNaN(armedSince)) armedUs += Math.max(0, endUs - armedSince);
  const stimuli = [...permits.values()]
    .filter(({ startedUs }) => !Number.isNaN(startedUs))
    .map((permit) => timed(permit, rate));
  return {
    detections,
    refusals,
    stimuli,
    permits: permits.size,
    markers,
    declined,
    armedSeconds: armedUs / 1e6,
    limits,
    leases,
    losses,
  };
}

interface Permit {
  command: number;
  index: number;
  fromUs: number;
  onset: number;
  acceptedUs: number;
  startedUs: number;
  bytesUs: number;
  expected: number;
  realised: number;
}

const emptyPermit = { acceptedUs: NaN, startedUs: NaN, bytesUs: NaN, expected: NaN, realised: NaN };

function timed(
  { command, index, fromUs, onset, acceptedUs, startedUs, bytesUs, expected, realised }: Permit,
  rate: number,
): NightStimulus {
  const startedMs = (startedUs - fromUs) / 1000;
  return {
    command,
    index,
    startedUs,
    fromBytesMs: (startedUs - bytesUs) / 1000,
    acceptedMs: (acceptedUs - fromUs) / 1000,
    startedMs,
    fromOnsetMs: ((index - onset) * 1000) / rate + startedMs,
    expectedPhase: expected,
    realisedPhase: realised,
  };
}
