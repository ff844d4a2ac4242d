import { ReceiptState, recordLength } from '../../runtime/contracts.js';
import { isOpen, parseDeliveries, wasDelivered } from '../../runtime/guardian/delivery-lines.js';
import { EventCode, isMessage } from '../../runtime/loop/records.js';
import type { SlotRing } from '../../runtime/loop/ring.js';
import { SampleSlot } from '../../runtime/loop/sample-slot.js';
import { Budget, type Proven } from '../../runtime/recorder/budget.js';
import { LeaseKeeper } from '../../runtime/recorder/lease-keeper.js';
import { BudgetFailure, type RecordingStore } from '../../runtime/recorder/recorder.js';
import { DiskFull } from '../../runtime/recording/disk-full.js';
import { missingReceipts } from '../../runtime/recording/reconcile.js';
import type { Lease } from '../../runtime/recording/rows.js';
import type { Random } from './random.js';

/** One write to a recording: all of it is there after its time, or none. */
interface Entry {
  readonly doneUs: number;
  /** It outlives a power cut. */
  readonly synced: boolean;
  readonly records: readonly Float64Array[];
  readonly lease?: Lease;
  /** The last one of a recording that was closed. */
  readonly closes?: true;
}

/** A recording and the guardian's log beside it, as they lie on the disk. */
export class StoredRecording {
  readonly run: number;
  entries: Entry[] = [];
  deliveries = '';
  /** Lengths of the log at the times of its lines. */
  readonly marks: { readonly us: number; readonly length: number }[] = [];

  constructor(run: number) {
    this.run = run;
  }

  get isClosed(): boolean {
    return this.entries.at(-1)?.closes === true;
  }

  *events(kind: number): Generator<Float64Array> {
    for (const { records } of this.entries) for (const record of records) if (record[0] === kind) yield record;
  }

  leases(): Lease[] {
    return this.entries.flatMap(({ lease }) => (lease ? [lease] : []));
  }
}

/** What outlives processes. Times are true times. */
export class Disk {
  readonly recordings: StoredRecording[] = [];
  freeBytes = 50e9;
  lowSinceUs = 0;
  /** How long a write takes, in microseconds. */
  slownessUs = 0;
  /** The next commits fail with an error of the device. */
  failing = false;
  budget: { text: string; doneUs: number; before: string } | undefined;
  budgetDamaged = false;
  /** Its name is gone: who holds it goes on, and what is written is lost with the holder. */
  budgetIsGone = false;
  /** There was a budget once. */
  budgetMark = false;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get isFull(): boolean {
    return this.freeBytes <= 0;
  }

  writeUs(): number {
    return this.#random.between(300, 6000) + this.slownessUs * this.#random.between(0.5, 1);
  }

  /** A process has died at `nowUs`: what was under way may have arrived or not. */
  processDied(nowUs: number): void {
    for (const recording of this.recordings) {
      while (recording.entries.length > 0 && (recording.entries.at(-1) as Entry).doneUs > nowUs) {
        if (this.#random.chance(0.5)) break;
        recording.entries.pop();
      }
    }
    const { budget } = this;
    if (budget && budget.doneUs > nowUs && this.#random.chance(0.5)) budget.text = budget.before;
    if (budget) budget.doneUs = 0;
  }

  /** What was not synchronised is lost, in part. */
  powerLost(nowUs: number): void {
    this.processDied(nowUs);
    for (const recording of this.recordings) {
      let sure = recording.entries.findLastIndex(({ synced, doneUs }) => synced && doneUs <= nowUs) + 1;
      while (sure < recording.entries.length && this.#random.chance(0.7)) sure++;
      recording.entries.length = sure;
      // The kernel writes by itself what is half a minute old.
      const old = recording.marks.findLast(({ us }) => us < nowUs - 30e6)?.length ?? 0;
      const kept = old + this.#random.whole(recording.deliveries.length - old + 1);
      const torn = this.#random.chance(0.3) ? '\0'.repeat(this.#random.whole(40)) : '';
      recording.deliveries = recording.deliveries.slice(0, kept) + (kept < recording.deliveries.length ? torn : '');
    }
  }

  /** A line of the guardian's. Throws where a file system would. */
  append(recording: StoredRecording, line: string, nowUs: number): void {
    if (this.isFull) {
      if (this.#random.chance(0.5)) recording.deliveries += line.slice(0, this.#random.whole(line.length));
      throw new Error('ENOSPC: no space left on device, write');
    }
    recording.deliveries += line;
    recording.marks.push({ us: nowUs, length: recording.deliveries.length });
  }

  /** What a person does about a budget that is lost. */
  resetBudget(wallMs: number): void {
    const budget = Budget.first();
    budget.reset('the operator', 'a simulated loss', wallMs);
    const text = budget.toText();
    this.budget = { text, doneUs: 0, before: text };
    this.budgetDamaged = false;
    this.budgetIsGone = false;
    this.budgetMark = true;
  }
}

/** The process that uses the store. Its time goes on while it waits for the disk. */
export interface StoreUser {
  readonly isAlive: boolean;
  /** True time, with what the disk has taken in this step. */
  nowUs(): number;
  spend(us: number): void;
  /** The guardian's log can be reconciled only while nobody writes it. */
  monotonicUs(): number;
}

/** The recorder's store on the simulated disk: what `recorder/thread.ts` does with SQLite. */
export class SimulatedStore implements RecordingStore {
  drainedUs = NaN;
  oldestUncommittedUs = NaN;
  committedEvents = 0;
  /** Nothing here depends on seals. */
  readonly head = { seal: 0, events: 0, hash: '' };
  readonly recording: StoredRecording;
  readonly #disk: Disk;
  readonly #user: StoreUser;
  readonly #samples: SlotRing;
  readonly #decisions: SlotRing;
  #pending: Float64Array[] = [];
  #lastCycle = 0;
  #lastIndex = -1;

  constructor(disk: Disk, user: StoreUser, run: number, samples: SlotRing, decisions: SlotRing) {
    this.#disk = disk;
    this.#user = user;
    this.#samples = samples;
    this.#decisions = decisions;
    this.recording = new StoredRecording(run);
    disk.recordings.push(this.recording);
  }

  /** As the recorder begins: `BudgetFile.open`, and an account of a run that was killed. */
  beginBudget(bootId: string, night: string, first: boolean): LeaseKeeper | { readonly problem: string } {
    const disk = this.#disk;
    if (disk.budgetDamaged) return { problem: 'budget.db: is damaged' };
    if (disk.budgetIsGone && disk.budgetMark) return { problem: 'budget.db: is missing' };
    const budget = disk.budget && !first ? Budget.parse(disk.budget.text) : Budget.first();
    try {
      budget.continueIn(bootId, this.#user.monotonicUs());
      const { unfinished } = budget;
      if (unfinished !== undefined) budget.recover(this.#proven(Number(unfinished)), this.#user.monotonicUs());
      budget.begin(String(this.recording.run), night);
      this.saveBudget(budget.toText());
      return new LeaseKeeper(budget);
    } catch (error) {
      if (!(error instanceof BudgetFailure)) throw error;
      return { problem: error.message };
    }
  }

  drain(seen: (record: Float64Array) => void): void {
    const samples = this.#samples;
    const cycles = samples.waiting();
    if (cycles > 0) {
      const first = (samples.oldest(0) * samples.slotBytes) / 8;
      if (Number.isNaN(this.oldestUncommittedUs)) {
        this.oldestUncommittedUs = samples.doubles[first + SampleSlot.arrivalUs] as number;
      }
      const last = (samples.oldest(cycles - 1) * samples.slotBytes) / 8;
      this.drainedUs = samples.doubles[last + SampleSlot.arrivalUs] as number;
      this.#lastCycle = samples.doubles[last + SampleSlot.cycle] as number;
      this.#lastIndex = samples.doubles[last + SampleSlot.index] as number;
      samples.release(cycles);
    }
    const decisions = this.#decisions;
    const waiting = decisions.waiting();
    for (let ahead = 0; ahead < waiting; ahead++) {
      const at = decisions.oldest(ahead) * recordLength;
      const record = decisions.doubles.slice(at, at + recordLength);
      if (!isMessage(record)) this.#pending.push(record);
      seen(record);
    }
    decisions.release(waiting);
  }

  commit(): void {
    if (this.#disk.failing) throw new Error('disk I/O error');
    if (this.#disk.isFull && this.#pending.length > 0) throw this.endForWantOfSpace();
    this.#write(this.#take(), false);
    this.oldestUncommittedUs = NaN;
  }

  anchor(): void {
    // Two clocks side by side: nothing here depends on them.
  }

  grant(lease: Lease, budget: string): void {
    this.saveBudget(budget);
    if (this.#disk.failing) throw new Error('disk I/O error');
    if (this.#disk.isFull) throw this.endForWantOfSpace();
    this.#write(this.#take(), true, lease);
  }

  saveBudget(budget: string): void {
    const disk = this.#disk;
    if (disk.isFull || disk.failing || disk.budgetDamaged) throw new BudgetFailure('budget.db: cannot be written');
    this.#user.spend(disk.writeUs());
    if (!this.#user.isAlive) return;
    disk.budget = { text: budget, doneUs: this.#user.nowUs(), before: disk.budget?.text ?? budget };
    disk.budgetMark = true;
  }

  room(): { readonly freeBytes: number; readonly walBytes: number } {
    return { freeBytes: this.#disk.freeBytes, walBytes: 0 };
  }

  continueIn(): void {
    throw new Error('a run that stimulates has one recording');
  }

  endForWantOfSpace(): DiskFull {
    this.#pending = [];
    return new DiskFull('the disk is full');
  }

  close(): void {
    if (this.#disk.failing) throw new Error('disk I/O error');
    if (this.#disk.isFull) throw this.endForWantOfSpace();
    const known = [...this.recording.events(EventCode.receipt), ...this.#pending.filter(isReceipt)];
    const { deliveries } = parseDeliveries(this.recording.deliveries);
    this.#pending.push(...missingReceipts(deliveries, known, this.#lastCycle, this.#lastIndex));
    this.#write(this.#take(), true, undefined, true);
  }

  #take(): Float64Array[] {
    const taken = this.#pending;
    this.#pending = [];
    this.committedEvents += taken.length;
    return taken;
  }

  #write(records: readonly Float64Array[], synced: boolean, lease?: Lease, closes = false): void {
    this.#user.spend(this.#disk.writeUs());
    if (!this.#user.isAlive) return;
    const entry = {
      doneUs: this.#user.nowUs(),
      synced,
      records,
      ...(lease ? { lease } : {}),
      ...(closes ? { closes } : {}),
    };
    if (records.length > 0 || lease || closes) this.recording.entries.push(entry);
  }

  #proven(run: number): Proven[] {
    const stored = this.#disk.recordings.find((recording) => recording.run === run);
    if (!stored) return [];
    const found = new Map<number, Proven>();
    for (const delivery of parseDeliveries(stored.deliveries).deliveries) {
      if (!wasDelivered(delivery) && !isOpen(delivery)) continue;
      const atUs = [delivery.startedUs, delivery.endedUs, delivery.aboutUs].find((us) => !Number.isNaN(us)) ?? 0;
      found.set(delivery.command, { command: delivery.command, atUs });
    }
    for (const record of stored.events(EventCode.permit)) {
      const command = record[5] as number;
      found.set(command, { command, atUs: Math.max(record[3] as number, record[6] as number) });
    }
    return [...found.values()].sort((a, b) => a.command - b.command);
  }
}

function isReceipt(record: Float64Array): boolean {
  return record[0] === EventCode.receipt && record[5] !== ReceiptState.accepted;
}
