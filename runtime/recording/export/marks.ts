import {
  DetectionPhase,
  ReceiptState,
  disarmCauses,
  refusalReasons,
  type LoopEvent,
  type RunDescription,
} from '../../contracts.js';
import type { RecordedEvent } from '../read.js';
import type { Survey } from './survey.js';

/**
 * What an export notes beside the signal: on the axis of samples, so that it stays with the signal where the amplifier's
 * clock runs fast or slow. Nothing in it tells a condition: none is in a recording, and the evidence of receipts is left
 * out as well.
 */
export interface Mark {
  readonly kind: MarkKind;
  /** Sample index, to a fraction where it is known so well. */
  readonly onset: number;
  /** How long it lasts; 0 for an instant, and where the recording does not tell. */
  readonly seconds: number;
  /** One line for a person, that begins with `kind`. */
  readonly text: string;
  /** As `axond explain` takes it: `S12`, `R7`; else the empty string. */
  readonly id: string;
  /** Of a detection, the detector's own measure; NaN otherwise. */
  readonly score: number;
  /** Of a detection, the sample index at which the detector was sure; NaN otherwise. */
  readonly confirmed: number;
}

/** `no stimulus`: was permitted, and the guardian did not give it. `perhaps stimulus`: nothing says whether it did. */
export const markKinds = [
  'detection',
  'stimulus',
  'no stimulus',
  'perhaps stimulus',
  'refusal',
  'marker',
  'armed',
  'disarmed',
  'gap',
  'suspect',
  'end',
] as const;
export type MarkKind = (typeof markKinds)[number];

/** All marks by onset. `sounded` tells where each stimulus stands in the signal, by command. Pure. */
export function marksOf(
  { detectors, variants, stream: { rate } }: Pick<RunDescription, 'detectors' | 'variants' | 'stream'>,
  events: Iterable<Pick<RecordedEvent, 'event' | 'text'>>,
  sounded: ReadonlyMap<number, { readonly sample: number }>,
  { stretches, gaps, suspect }: Pick<Survey, 'stretches' | 'gaps' | 'suspect'>,
  closed: boolean,
): Mark[] {
  const marks: Mark[] = [];
  const open = new Map<string, number>();
  const stimuli = new Map<number, Stimulus>();
  for (const { event, text } of events) {
    if (!event) continue;
    const { kind, index } = event;
    if (kind === 'detection')
      addDetection(marks, open, event, detectors[event.detector] ?? String(event.detector), rate);
    else if (kind === 'permit') stimuli.set(event.command, { index, variant: event.variant });
    else if (kind === 'receipt') addReceipt(stimuli, event);
    else if (kind === 'refusal') {
      const reasons = refusalReasons.filter((_, place) => (event.reasons & (1 << place)) !== 0).join(' ');
      marks.push(mark('refusal', index, 0, reasons, `R${event.request}`));
    } else if (kind === 'marker') marks.push(mark('marker', sampleOfMarker(event), 0, text ?? ''));
    else if (kind === 'armed') marks.push(mark('armed', index, 0, ''));
    else if (kind === 'disarmed') marks.push(mark('disarmed', index, 0, disarmCauses[event.cause] ?? ''));
  }
  for (const [command, stimulus] of stimuli) {
    marks.push(markOfStimulus(command, stimulus, sounded.get(command)?.sample, variants));
  }
  const length = ({ first, end }: { first: number; end: number }): number => (end - first) / rate;
  for (const gap of gaps) marks.push(mark('gap', gap.first, length(gap), ''));
  for (const run of suspect) marks.push(mark('suspect', run.first, length(run), ''));
  const end = stretches.at(-1)?.end ?? 0;
  marks.push(mark('end', end, 0, closed ? 'of the recording' : 'of what is on disk: the recording was not closed'));
  // What came before the signal stands at its first frame: readers leave out what is outside of it.
  const first = stretches[0]?.first ?? 0;
  return marks
    .map((given) => (given.onset < first ? { ...given, onset: first } : given))
    .sort((a, b) => a.onset - b.onset);
}

/** Of when it was, if it says so itself; else of when it came. */
export function sampleOfMarker({ index, at, atUs }: Event<'marker'>): number {
  return atUs === 0 || Number.isNaN(at) ? index : Math.max(0, at);
}

interface Stimulus {
  readonly index: number;
  readonly variant: number;
  startedUs?: number;
  endedUs?: number;
  declined?: 'refused' | 'dropped';
}

type Event<Kind extends LoopEvent['kind']> = Extract<LoopEvent, { kind: Kind }>;

/** A detection comes twice, confirmed and ended, other ones between: the second fills in the length of the first. */
function addDetection(
  marks: Mark[],
  open: Map<string, number>,
  { detector, phase, onset, confirmed, end, score }: Event<'detection'>,
  name: string,
  rate: number,
): void {
  const key = `${detector} ${onset}`;
  const place = open.get(key);
  if (phase === DetectionPhase.confirmed) {
    open.set(key, marks.length);
    marks.push({ ...mark('detection', onset, 0, name), score, confirmed });
  } else if (place !== undefined) {
    open.delete(key);
    marks[place] = { ...(marks[place] as Mark), seconds: Math.max(0, (end - onset) / rate) };
  }
}

/** A receipt of a command whose permit is not on disk tells all that is known of it. */
function addReceipt(stimuli: Map<number, Stimulus>, { command, state, atUs, index }: Event<'receipt'>): void {
  const stimulus: Stimulus = stimuli.get(command) ?? { index, variant: 0 };
  stimuli.set(command, stimulus);
  if (state === ReceiptState.started) stimulus.startedUs = atUs;
  else if (state === ReceiptState.ended) stimulus.endedUs = atUs;
  else if (state === ReceiptState.refused) stimulus.declined = 'refused';
  else if (state === ReceiptState.dropped) stimulus.declined = 'dropped';
}

function markOfStimulus(
  command: number,
  { index, variant, startedUs, endedUs, declined }: Stimulus,
  sample: number | undefined,
  variants: readonly string[] = [],
): Mark {
  const name = variants[variant] ?? '';
  if (startedUs !== undefined) {
    const seconds = endedUs === undefined ? 0 : Math.max(0, (endedUs - startedUs) / 1e6);
    const known = sample !== undefined && !Number.isNaN(sample);
    return mark('stimulus', known ? sample : index, seconds, name, `S${command}`);
  }
  return declined === undefined
    ? mark('perhaps stimulus', index, 0, name, `S${command}`)
    : mark('no stimulus', index, 0, declined, `S${command}`);
}

function mark(kind: MarkKind, onset: number, seconds: number, words: string, id = ''): Mark {
  const text = [kind, id, words].filter((part) => part !== '').join(' ');
  return { kind, onset, seconds, text, id, score: NaN, confirmed: NaN };
}
