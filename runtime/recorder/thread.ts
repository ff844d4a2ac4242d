import { readdirSync, statSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { recordLength, type GateLimits, type MessageKind, type RunDescription, type RunSummary } from '../contracts.js';
import { encodeMessage } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { ControlTime } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import { DiskFull } from '../recording/disk-full.js';
import { mostBytesPerSecond } from '../recording/room.js';
import type { Lease } from '../recording/rows.js';
import { headText, type Head } from '../recording/table-chains.js';
import { RecordingWriter, type EventTexts } from '../recording/writer.js';
import { BudgetFile, BudgetInUse } from './budget-file.js';
import { LeaseKeeper } from './lease-keeper.js';
import { anyStimuli, provenStimuli } from './proven.js';
import { BudgetFailure, Recorder, type Continuation, type RecorderReport, type RecordingStore } from './recorder.js';

/**
 * The recorder thread: the only writer of the recording, and of the budget. It falls behind rather than hold anybody up;
 * what then does not fit into the rings is lost, counted and held against the gate by those who push.
 */

export interface RecorderThreadData {
  readonly path: string;
  readonly run: RunDescription;
  /** Absent where nothing is stimulated. */
  readonly budget?: BudgetPlan;
  readonly samples: SharedArrayBuffer;
  readonly decisions: SharedArrayBuffer;
  /** To the loop. */
  readonly mailbox: SharedArrayBuffer;
  readonly times: SharedArrayBuffer;
  /** Word 0 is raised to wake the thread early. */
  readonly wake: SharedArrayBuffer;
}

export interface BudgetPlan {
  /** The state directory. */
  readonly folder: string;
  /** A participant's night, or the empty string. */
  readonly night: string;
  /** Of the configuration. */
  readonly limits: GateLimits;
}

export type RecorderRequest =
  | { readonly number: number; readonly text: string }
  | { readonly map: string; readonly bytes: Uint8Array }
  | { readonly commit: true }
  | { readonly next: Continuation }
  | { readonly close: RunSummary };

const data = workerData as RecorderThreadData;
const mailbox = SlotRing.attach(data.mailbox);
const times = new Float64Array(data.times);
const wake = new Int32Array(data.wake);
const texts = new Map<number, string>();
let summary: RunSummary | undefined;
let commits = false;
let next: Continuation | undefined;
const maps: (readonly [name: string, bytes: Uint8Array])[] = [];
const wakeMs = 40;
const tell = (report: RecorderReport): void => parentPort?.postMessage(report);

/** The recording on the disk, and `budget.db` in the state directory. */
class DiskStore implements RecordingStore {
  #writer = new RecordingWriter(data.path, data.run);
  readonly #samples = SlotRing.attach(data.samples);
  readonly #decisions = SlotRing.attach(data.decisions);
  #budget: BudgetFile | undefined;
  // A text is posted before its number can come through the ring: if it is not here yet, it is in the port.
  readonly #texts: EventTexts = {
    get(number) {
      if (number !== 0 && !texts.has(number)) takeRequests();
      const text = texts.get(number);
      if (number < 0) texts.delete(number);
      return text;
    },
  };

  /**
   * Takes hold of the budget, accounts for a run that was killed, and begins this one. Where that cannot be done, why;
   * undefined where nothing is stimulated. Throws if another run holds it.
   */
  beginBudget(): LeaseKeeper | { readonly problem: string } | undefined {
    if (!data.budget) return undefined;
    try {
      const { file, budget } = BudgetFile.open(data.budget.folder, () => anyStimuli(recordingsBefore()));
      this.#budget = file;
      budget.continueIn(data.run.bootId, monotonicUs());
      const { unfinished } = budget;
      if (unfinished !== undefined) {
        const { proven, possible } = budget.recover(provenStimuli(unfinished), monotonicUs());
        tell({
          notice: `${unfinished} was not closed: ${proven} stimuli are proven beyond what was counted, ${possible} more may have been given; all count`,
        });
      }
      budget.begin(data.path, data.budget.night);
      file.save(budget.toText());
      return new LeaseKeeper(budget, data.budget.limits);
    } catch (error) {
      if (!(error instanceof BudgetFailure) || error instanceof BudgetInUse) throw error;
      return { problem: error.message };
    }
  }

  get drainedUs(): number {
    return this.#writer.drainedUs;
  }
  get oldestUncommittedUs(): number {
    return this.#writer.oldestUncommittedUs;
  }
  get committedEvents(): number {
    return this.#writer.committedEvents;
  }
  get head(): Head | null {
    return this.#writer.head;
  }
  drain(seen: (record: Float64Array) => void): void {
    for (const map of maps.splice(0)) this.#writer.map(...map);
    this.#writer.drain(this.#samples, this.#decisions, this.#texts, seen, () => times[ControlTime.endCycle] as number);
  }
  commit(): void {
    this.#writer.commit();
  }
  anchor(us: number, wallMs: number): void {
    this.#writer.anchor(us, wallMs);
  }
  grant(lease: Lease, budget: string): void {
    this.saveBudget(budget);
    this.#writer.lease(lease);
  }
  saveBudget(budget: string): void {
    this.#budget?.save(budget);
  }
  room(): { freeBytes: number; walBytes: number } {
    const { path } = this.#writer;
    const { bavail, bsize } = statfsSync(dirname(path));
    return {
      freeBytes: bavail * bsize,
      walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    };
  }
  continueIn({ path, run, maps = [], summary }: Continuation): void {
    // Before the first cycle of the next: a cut in between leaves a recording that lacks its ending alone.
    const head = this.#writer.seal();
    const continues = run.continues && { ...run.continues, ...(head ? { head: headText(head) } : {}) };
    const next = new RecordingWriter(path, { ...run, ...(continues ? { continues } : {}) });
    for (const { name, bytes } of maps) next.map(name, bytes);
    this.#writer.close(summary);
    this.#writer = next;
    times[ControlTime.endCycle] = Infinity;
  }
  endForWantOfSpace(): DiskFull {
    return this.#writer.endForWantOfSpace();
  }
  close(given: RunSummary): void {
    this.#writer.close(given);
    this.#budget?.close();
  }
}

try {
  const store = new DiskStore();
  const ports = { store, tell, post, nowUs: monotonicUs, wallMs: Date.now };
  record(new Recorder(ports, mostBytesPerSecond(data.run), store.beginBudget()));
} catch (error) {
  tell({ problem: error instanceof Error ? error.message : String(error), diskFull: error instanceof DiskFull });
  tell({ closed: true });
}

function record(recorder: Recorder): void {
  while (!recorder.ended) {
    Atomics.wait(wake, 0, 0, wakeMs);
    takeRequests();
    if (next) recorder.continueIn(next);
    next = undefined;
    if (summary) recorder.close(summary);
    else recorder.step(commits);
    commits = false;
    times[ControlTime.committedUs] = recorder.committedUs;
  }
}

function post(kind: MessageKind, ...fields: number[]): boolean {
  if (mailbox.free() < 1) return false;
  mailbox.doubles.set(encodeMessage(kind, fields), mailbox.slot(0) * recordLength);
  mailbox.publish(1);
  return true;
}

function takeRequests(): void {
  if (!parentPort) return;
  for (let given = receiveMessageOnPort(parentPort); given; given = receiveMessageOnPort(parentPort)) {
    const request = given.message as RecorderRequest;
    if ('close' in request) summary = request.close;
    else if ('commit' in request) commits = true;
    else if ('next' in request) next = request.next;
    else if ('map' in request) maps.push([request.map, request.bytes]);
    else texts.set(request.number, request.text);
  }
}

/** Recordings that stand beside this one, or beside the state directory. */
function recordingsBefore(): string[] {
  const folder = dirname(data.path);
  return readdirSync(folder)
    .filter((name) => /\.db(\.age)?$/.test(name) && name !== basename(data.path))
    .map((name) => join(folder, name));
}
