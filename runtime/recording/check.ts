import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DetectionPhase, ReceiptState, type LoopEvent, type RunSummary } from '../contracts.js';
import { decodeMessage } from '../loop/records.js';
import { sentFrames } from '../loop/sample-block.js';
import { isOpen, wasDelivered } from '../guardian/delivery-lines.js';
import { readDeliveries } from './deliveries.js';
import { OpenLeases } from './open-leases.js';
import { openRecording, type RecordedEvent, type Recording } from './read.js';
import type { Lease, Migration } from './rows.js';
import { guardianLog } from './schema.js';
import { parseHead, type Head } from './table-chains.js';

export interface RecordingReport {
  readonly path: string;
  /** No fault. Warnings are no faults. */
  readonly ok: boolean;
  /** Damage, and what contradicts itself. */
  readonly faults: readonly string[];
  /** What a reader must know: a lost tail, a full disk, ring losses, stimuli that are not accounted for. */
  readonly warnings: readonly string[];
  readonly closed: boolean;
  /** Of its newest seal; null where nothing is sealed, as in format 3. */
  readonly head: Head | null;
  /** Null of a recording that is as it was written. */
  readonly migrated: Migration | null;
  readonly cycles: number;
  /** Cycles that a full ring lost. */
  readonly lostCycles: number;
  /** Gap frames are among them. */
  readonly frames: number;
  readonly messages: number;
  readonly events: number;
  readonly detections: number;
  readonly permits: number;
  readonly refusals: number;
  /** Commands of stimuli that the recording itself shows as started. */
  readonly started: readonly number[];
  /** Of these, the ones whose receipts came from the guardian's log when the recording was closed. */
  readonly reconciled: readonly number[];
  /** Commands that the guardian says it has started, where its log still stands beside the recording. */
  readonly delivered: readonly number[];
  /** Delivered, but the recording lost the receipt with its tail. */
  readonly unreconciled: readonly number[];
  /** Of a run that was not closed: what its open leases allowed beyond all that is accounted for. */
  readonly possiblyDelivered: readonly PossiblyDelivered[];
}

/** At most so many stimuli between these times of the run's clock. */
export interface PossiblyDelivered {
  readonly lease: number;
  readonly stimuli: number;
  readonly fromUs: number;
  readonly untilUs: number;
}

/**
 * Checks a recording without repairing anything; needs no daemon. `published` is a head of it that stood elsewhere: all
 * that it covers must be here as it was then. Throws a `RecordingError` if the recording cannot be opened.
 */
export function checkRecording(path: string, published?: Pick<Head, 'seal' | 'hash'>): RecordingReport {
  const recording = openRecording(path);
  try {
    const faults = [...recording.damage()];
    const found = new Walk(recording);
    try {
      found.walk();
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (!faults.includes(fault)) faults.push(fault);
    }
    faults.push(...found.faults);
    if (published) judgeHead(recording, published, faults);
    judgeBefore(path, recording, faults);
    const warnings: string[] = [];
    if (!recording.chained) {
      warnings.push(
        `its format links no rows, so a change by hand may go unseen. Link them from now on: axond recording migrate ${path}`,
      );
    }
    if (faults.length === 0) compareSummary(found, recording.summary, faults);
    judgeEnding(recording, found, faults, warnings);
    const possiblyDelivered = recording.ending?.reason === 'closed' ? [] : found.possiblyDelivered(path);
    const stimuli = { ...accountForStimuli(path, found, warnings), possiblyDelivered };
    for (const { lease, stimuli, fromUs, untilUs } of possiblyDelivered) {
      const span = `${seconds(fromUs - recording.run.startUs)} to ${seconds(untilUs - recording.run.startUs)} s`;
      warnings.push(
        `up to ${stimuli} more stimuli were possibly delivered on lease ${lease}, ${span} after the start.`,
      );
    }
    return { ...report(path, recording, found, faults, warnings), ...stimuli };
  } finally {
    recording.close();
  }
}

type Stimuli = Pick<RecordingReport, 'started' | 'reconciled' | 'delivered' | 'unreconciled' | 'possiblyDelivered'>;

function report(
  path: string,
  recording: Recording,
  { cycles, lostCycles, frames, messages, events, detections, permits, refusals }: Walk,
  faults: readonly string[],
  warnings: readonly string[],
): Omit<RecordingReport, keyof Stimuli> {
  const listed =
    faults.length <= mostFaults ? faults : [...faults.slice(0, mostFaults), `… and ${faults.length - mostFaults} more`];
  const counts = { cycles, lostCycles, frames, messages, events, detections, permits: permits.length, refusals };
  const { ending, migrated } = recording;
  const closed = ending?.reason === 'closed';
  return {
    path,
    ok: faults.length === 0,
    faults: listed,
    warnings,
    closed,
    head: headOf(recording),
    migrated,
    ...counts,
  };
}

/** Of a seal that cannot be read, a fault tells. */
function headOf(recording: Recording): Head | null {
  try {
    return recording.head() ?? null;
  } catch {
    return null;
  }
}

function judgeHead(recording: Recording, { seal, hash }: Pick<Head, 'seal' | 'hash'>, faults: string[]): void {
  const here = recording.sealHash(seal);
  const other = 'since that head was given out it was changed, or it is another recording';
  if (here === undefined) faults.push(`seal ${seal} is missing: ${other}`);
  else if (here !== hash) faults.push(`seal ${seal} is ${here}, not ${hash}: ${other}`);
}

/** The recording that this one goes on from, where it still stands beside it: it must end as it did when this one began. */
function judgeBefore(path: string, { run }: Recording, faults: string[]): void {
  const head = run.continues?.head === undefined ? undefined : parseHead(run.continues.head);
  const before = join(dirname(path), `${run.continues?.recording ?? ''}.db`);
  if (head === undefined || !existsSync(before)) return;
  const found: string[] = [];
  try {
    const recording = openRecording(before);
    judgeHead(recording, head, found);
    recording.close();
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error));
  }
  faults.push(...found.map((fault) => `${before}, which it goes on from: ${fault}`));
}

/** Goes once through cycles, messages and events side by side, as replay does, and counts. */
class Walk {
  readonly faults: string[] = [];
  cycles = 0;
  lostCycles = 0;
  frames = 0;
  /** Frames that came from the device: no gap frames. */
  sent = 0;
  messages = 0;
  events = 0;
  detections = 0;
  refusals = 0;
  /** The recording itself says that the sample ring lost something. */
  sampleLossTold = false;
  /** Commands. */
  readonly permits: number[] = [];
  readonly started = new Set<number>();
  readonly ended = new Set<number>();
  readonly reconciled = new Set<number>();
  /** Refused or dropped by the guardian. */
  readonly declined = new Set<number>();
  /** By number: what each allows. */
  readonly #leases = new Map<number, Lease>();
  readonly #open = new OpenLeases();
  readonly #drawn = new Map<number, number>();
  readonly #recording: Recording;
  readonly #events: Iterator<RecordedEvent>;
  readonly #messages: Iterator<Float64Array>;
  #event: RecordedEvent | undefined;
  #message: Float64Array | undefined;
  #cycle: number;
  #us = -Infinity;
  #lastIndex: number;

  constructor(recording: Recording) {
    this.#recording = recording;
    const { cycle, index } = recording.run.continues ?? { cycle: 0, index: -1 };
    this.#cycle = cycle;
    this.#lastIndex = index;
    this.#events = recording.readableEvents();
    this.#messages = recording.messages();
  }

  walk(): void {
    for (const lease of this.#recording.leases()) {
      this.#leases.set(lease.lease, lease);
      this.#open.grant(lease);
    }
    this.#nextEvent();
    this.#nextMessage();
    for (const { cycle, nowUs, block } of this.#recording.cycles()) {
      this.#lostCycle(cycle);
      if (nowUs < this.#us)
        this.faults.push(`cycle ${cycle}: its time runs backwards, from ${this.#us} to ${nowUs} us`);
      const before = this.#lastIndex;
      if (block.frames > 0) {
        if (block.firstIndex <= before) this.faults.push(`cycle ${cycle}: sample ${block.firstIndex} comes again`);
        this.#lastIndex = block.firstIndex + block.frames - 1;
      }
      this.#cycle = cycle;
      this.#us = nowUs;
      this.cycles++;
      this.frames += block.frames;
      this.sent += sentFrames(block);
      this.#takeMessages(cycle, nowUs);
      this.#takeEvents(cycle, nowUs, before);
    }
    this.#takeTail();
  }

  /** Records of cycles that a full ring lost have nothing to be compared with. */
  #lostCycle(next: number): void {
    this.lostCycles += next - this.#cycle - 1;
    while (this.#message && (this.#message[1] as number) < next) {
      this.#order('message', this.messages, this.#message);
      this.#nextMessage();
    }
    while (this.#event && (this.#event.record[1] as number) < next) {
      this.#order('event', this.#event.id, this.#event.record);
      this.#nextEvent();
    }
  }

  #takeMessages(cycle: number, us: number): void {
    while (this.#message && this.#message[1] === cycle) {
      if (this.#message[3] !== us) this.faults.push(`message ${this.messages}: its time is not that of cycle ${cycle}`);
      this.#nextMessage();
    }
  }

  #takeEvents(cycle: number, us: number, before: number): void {
    while (this.#event && this.#event.record[1] === cycle) {
      const { id, record } = this.#event;
      const index = record[2] as number;
      if (record[3] !== us) this.faults.push(`event ${id}: its time is not that of cycle ${cycle}`);
      if (index !== before && index !== this.#lastIndex) {
        this.faults.push(`event ${id}: sample ${index} is not the newest one of cycle ${cycle}`);
      }
      this.#nextEvent();
    }
  }

  /** What was decided after the last cycle that was kept: of the lost tail, or receipts from the guardian's log. */
  #takeTail(): void {
    const closed = this.#recording.ending?.reason === 'closed';
    while (this.#event) {
      const { id, record, text } = this.#event;
      this.#order('event', id, record);
      const lost = closed && this.lostCycles === 0 && !this.sampleLossTold && text !== guardianLog;
      if (lost) this.faults.push(`event ${id}: its cycle ${String(record[1])} is missing`);
      this.#nextEvent();
    }
    while (this.#message) {
      this.#order('message', this.messages, this.#message);
      this.#nextMessage();
    }
  }

  #order(what: string, id: number, record: Float64Array): void {
    const cycle = record[1] as number;
    if (!(cycle > this.#cycle)) this.faults.push(`${what} ${id}: its cycle ${cycle} comes after cycle ${this.#cycle}`);
  }

  #nextMessage(): void {
    const next = this.#messages.next();
    this.#message = next.done === true ? undefined : next.value;
    if (!this.#message) return;
    this.messages++;
    if (!decodeMessage(this.#message)) this.faults.push(`message ${this.messages}: of an unknown kind`);
  }

  #nextEvent(): void {
    const next = this.#events.next();
    this.#event = next.done === true ? undefined : next.value;
    if (this.#event) this.#count(this.#event);
  }

  /** Of a run that did not end: its open leases less what is accounted for, the oldest first. */
  possiblyDelivered(path: string): PossiblyDelivered[] {
    this.#open.expire(this.#us);
    const permits = new Set(this.permits);
    let tail = readDeliveries(path).deliveries.filter(({ command }) => !permits.has(command)).length;
    return this.#open.list.flatMap(({ lease, stimuli, used, grantedUs, untilUs }) => {
      const unused = stimuli - used;
      const accounted = Math.min(unused, tail);
      tail -= accounted;
      return unused > accounted ? [{ lease, stimuli: unused - accounted, fromUs: grantedUs, untilUs }] : [];
    });
  }

  /** Nothing is permitted that is not on disk first. */
  #judgePermit(id: number, { lease, us }: LoopEvent & { kind: 'permit' }): void {
    const granted = this.#leases.get(lease);
    const drawn = (this.#drawn.get(lease) ?? 0) + 1;
    this.#drawn.set(lease, drawn);
    if (!granted) this.faults.push(`event ${id}: a permit on lease ${lease}, which was not granted`);
    else if (drawn > granted.stimuli)
      this.faults.push(`event ${id}: permit ${drawn} on lease ${lease}, which allows ${granted.stimuli}`);
    else if (!(us < granted.untilUs)) this.faults.push(`event ${id}: a permit on lease ${lease}, which had expired`);
  }

  #count({ id, event, text }: RecordedEvent): void {
    this.events++;
    this.#open.observe(event);
    if (!event) this.faults.push(`event ${id}: of an unknown kind`);
    else if (event.kind === 'detection') this.detections += event.phase === DetectionPhase.confirmed ? 1 : 0;
    else if (event.kind === 'refusal') this.refusals++;
    else if (event.kind === 'permit') {
      this.permits.push(event.command);
      this.#judgePermit(id, event);
    } else if (event.kind === 'loss') this.sampleLossTold ||= event.ring === 0;
    else if (event.kind === 'receipt') {
      if (event.state === ReceiptState.started) {
        this.started.add(event.command);
        if (text === guardianLog) this.reconciled.add(event.command);
      } else if (event.state === ReceiptState.ended) this.ended.add(event.command);
      else if (event.state !== ReceiptState.accepted) this.declined.add(event.command);
    }
  }
}

function compareSummary(found: Walk, summary: RunSummary | undefined, faults: string[]): void {
  if (!summary) return;
  const { samples = 0, decisions = 0 } = summary.ringLosses;
  if (samples === 0) {
    // Whether a device has sent a frame that is flagged as a gap, only its driver knows.
    if (summary.samples < found.sent || summary.samples > found.frames) {
      const held = `${found.sent}, and ${found.frames - found.sent} that are flagged as gaps`;
      faults.push(`the summary counts ${summary.samples} samples, the blocks ${held}`);
    }
  }
  if (decisions > 0) return;
  const stimuli = found.started.size - found.reconciled.size;
  const compare = (name: string, told: number, held: number): void => {
    if (told !== held) faults.push(`the summary counts ${told} ${name}, the events ${held}`);
  };
  compare('detections', summary.detections, found.detections);
  compare('stimuli', summary.stimuli, stimuli);
  compare('refusals', summary.refusals, found.refusals);
}

function judgeEnding({ ending, summary }: Recording, found: Walk, faults: string[], warnings: string[]): void {
  if (ending?.reason === 'disk full') {
    warnings.push('the disk was full: the recording ends with its last commit, and what came after it is lost.');
  } else if (!ending) {
    warnings.push('not closed: the run still goes on, or was killed. Its tail, at most the commit interval, is lost.');
  }
  const decisions = summary?.ringLosses['decisions'] ?? 0;
  if (decisions > 0) warnings.push(`${decisions} events or messages were lost in a full ring.`);
  if (found.lostCycles === 0) return;
  const told = found.sampleLossTold || (summary?.ringLosses['samples'] ?? 0) > 0;
  const hole = `${found.lostCycles} cycles are missing`;
  // Without an ending, the event that tells of the loss may have gone with the tail.
  if (told || !ending) warnings.push(`${hole}: they were lost in a full ring. Replay ends before them.`);
  else faults.push(`${hole}, and no event tells of a loss`);
}

function accountForStimuli(path: string, found: Walk, warnings: string[]): Omit<Stimuli, 'possiblyDelivered'> {
  const { deliveries, unreadable } = readDeliveries(path);
  const { started, ended, reconciled, declined, permits } = found;
  const delivered = deliveries.filter(wasDelivered).map(({ command }) => command);
  const open = deliveries.filter(isOpen).map(({ command }) => command);
  const unreconciled = delivered.filter((command) => !started.has(command));
  const say = (commands: readonly number[], what: string): void => {
    if (commands.length > 0) warnings.push(`stimuli ${commands.join(', ')} ${what}`);
  };
  say([...reconciled], "were delivered, by the guardian's log; the loop got no receipt.");
  say(unreconciled, "were delivered, by the guardian's log, after the last commit.");
  const known = (command: number): boolean => started.has(command) || declined.has(command);
  const possibly = [...new Set([...permits, ...open])].filter(
    (command) => !known(command) && !delivered.includes(command),
  );
  say(possibly, 'were permitted, and nothing says whether they were delivered.');
  const endedByLog = new Set(deliveries.filter(({ endedUs }) => !Number.isNaN(endedUs)).map(({ command }) => command));
  say(
    [...started].filter((command) => !ended.has(command) && !endedByLog.has(command)),
    'have no receipt of their end.',
  );
  if (unreadable.length > 0) {
    const lines = unreadable.map((line) => JSON.stringify(line)).join(', ');
    warnings.push(`the guardian's log has lines that cannot be read: ${lines}. Each may be a stimulus.`);
  }
  return { started: [...started], reconciled: [...reconciled], delivered, unreconciled };
}

function seconds(us: number): string {
  return (us / 1e6).toFixed(1);
}

const mostFaults = 20;
