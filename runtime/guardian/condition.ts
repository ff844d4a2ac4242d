import type { Condition, StudyPlan } from '../contracts.js';
import { monotonicUs } from '../monotonic.js';
import { AllocationError, conditionsOf } from '../study/allocation.js';
import { appendDurably, readBeside, readSealed, type SealedAllocation } from '../study/sealed-files.js';
import {
  encodeUse,
  endOfUses,
  nightKey,
  readLocks,
  readUses,
  usesPath,
  type BlockPosition,
  type NightUse,
  type UseEntry,
} from '../study/uses.js';

/**
 * The condition of a blinded study, real or sham. It is known in this process alone, comes from a sealed file, and is
 * applied after every judgement. Nothing that this process says or writes depends on it (SAFETY.md ).
 */

/** Says, after the permit and inside the guardian alone, whether a stimulus is real or sham. */
export interface ConditionSource {
  /** Of a stimulus that fires at `nowUs`. Throws one line if it is not known: then nothing fires. */
  condition(nowUs: number): Condition;
}

/** Where nobody is blinded. */
export const alwaysReal: ConditionSource = { condition: () => 'real' };

/** Whose night, and in which run. */
export interface NightOptions {
  readonly study: StudyPlan;
  /** Name of the recording. */
  readonly run: string;
  /** Of this machine. */
  readonly boot: string;
  /** Of the sealed file when the run began; null if it could not be read then. */
  readonly sha256: string | null;
  /** Hashes of all versions of the study's lock, the one in force last; none where nothing is locked. */
  readonly locks: readonly string[];
}

/** What a night's condition needs of the world. None of it blocks. */
export interface ConditionPorts {
  /** Rejects with an `AllocationError`. */
  readSealed(): Promise<SealedAllocation>;
  /** The text of the file of uses; empty if there is none. */
  readUses(): Promise<string>;
  /** On disk when it resolves. */
  append(text: string): Promise<void>;
  nowUs(): number;
  /** ISO 8601, for people. */
  wallTime(): string;
}

/** Words of shared memory: between the thread that reads files and the one that fires. */
export const conditionWords = 2;
const Word = { condition: 0, asked: 1 } as const;
const places: readonly (Condition | undefined)[] = [undefined, 'real', 'sham'];

/** The firing thread's side. The same steps whatever the condition. */
export class SharedCondition implements ConditionSource {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  condition(): Condition {
    // Before the look: whoever takes the condition away afterwards sees that it was asked for.
    Atomics.store(this.#words, Word.asked, 1);
    const condition = places[Atomics.load(this.#words, Word.condition)];
    if (condition === undefined)
      throw new Error('the condition of this night is not known: it was not armed, or is over');
    return condition;
  }
}

/**
 * One participant's night. It is taken when the guardian is asked whether it can be armed, and is on disk as used before
 * the condition is known to the firing thread; so is each of its blocks when it begins. The block follows from the time
 * since the first one began, never from a draw: after a crash it is the same one, or a later one.
 */
export class NightCondition {
  readonly #study: StudyPlan;
  readonly #run: string;
  readonly #boot: string;
  readonly #ports: ConditionPorts;
  readonly #words: Int32Array;
  /** SHA-256 of the file with which this run has begun; null if it had none. */
  readonly #expected: string | null;
  readonly #locks: readonly string[];
  #conditions: readonly Condition[] = [];
  #blockUs = Infinity;
  #position: BlockPosition | undefined;
  /** This object has written the line that made the night this run's, and nobody had it before. */
  #isFresh = false;
  #problem = '';
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor({ study, run, boot, sha256, locks }: NightOptions, ports: ConditionPorts, words: Int32Array) {
    this.#study = study;
    this.#run = run;
    this.#boot = boot;
    this.#expected = sha256;
    this.#locks = locks;
    this.#ports = ports;
    this.#words = words;
  }

  /** Takes the night. What speaks against it, in one line; it does not tell a condition. */
  check(): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      try {
        await this.#take();
        return [];
      } catch (error) {
        this.#withdraw();
        return [`study: ${error instanceof Error ? error.message : String(error)}`];
      }
    });
  }

  /** Follows the time into the next block; called every few milliseconds. Returns what went wrong since, or nothing. */
  tick(): string {
    const problem = this.#problem;
    this.#problem = '';
    const position = this.#position;
    if (!position || this.#waiting > 0) return problem;
    const next = this.#now(position);
    if (next.block > this.#conditions.length) this.#withdraw();
    else if (next.block > position.block) void this.#inTurn(() => this.#turn(next));
    return problem;
  }

  /** The run ends in order. A night in which nothing was asked to be fired is given back. */
  close(): Promise<void> {
    this.#withdraw();
    return this.#inTurn(async () => {
      if (!this.#isFresh || Atomics.load(this.#words, Word.asked) === 1) return;
      await this.#append({ use: 'released', ...this.#whose });
    });
  }

  /** One after the other: none of them sees half of another one's work. */
  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    const done = this.#last.then(act).finally(() => this.#waiting--);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #take(): Promise<void> {
    const { name, participant, night, allocation: path } = this.#study;
    const { allocation, sha256 } = await this.#ports.readSealed();
    if (sha256 !== this.#expected) {
      throw new AllocationError(
        `${path}: is not the file with which this recording began. Put that one back, or start axond again.`,
      );
    }
    if (allocation.study !== name) {
      throw new AllocationError(
        `${path}: belongs to the study ${allocation.study}, not to ${name}. Correct study.name or study.allocation.`,
      );
    }
    const { participants, nights, blocks, blockSeconds } = allocation;
    if (!participants.includes(participant)) {
      const range = `${participants[0] ?? ''} to ${participants.at(-1) ?? ''}`;
      throw new AllocationError(`${participant} is not in ${path} (${range}). Correct study.participant.`);
    }
    if (night > nights) {
      throw new AllocationError(`night ${night} is not in ${path} (1 to ${nights}). Correct study.night.`);
    }
    this.#blockUs = (blockSeconds ?? Infinity) * 1e6;
    const begun = await this.#uses(sha256);
    const position = this.#reached(begun, blocks);
    if (begun?.run !== this.#run) {
      const at = this.#ports.wallTime();
      const lock = this.#locks.at(-1);
      await this.#append({
        use: 'taken',
        ...this.#whose,
        allocation: sha256,
        ...(lock === undefined ? {} : { lock }),
        at,
        continued: this.#study.continue,
        position,
      });
      const holder = (await this.#uses(sha256))?.run;
      if (holder !== this.#run) throw takenError(this.#study, holder ?? 'nobody', at);
      this.#isFresh = begun === undefined && !this.#study.continue;
    } else if (position.block > begun.position.block) {
      await this.#append({ use: 'block', ...this.#whose, position });
    }
    this.#conditions = conditionsOf(allocation, participant, night);
    this.#position = position;
    this.#tell(this.#conditions[position.block - 1]);
  }

  /** What the file of uses says of this night. */
  async #uses(sha256: string): Promise<NightUse | undefined> {
    const { name, participant, night, allocation } = this.#study;
    let uses: Map<string, NightUse>;
    let locks: readonly string[];
    try {
      const text = await this.#ports.readUses();
      uses = readUses(text);
      locks = readLocks(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new AllocationError(
        `${usesPath(allocation)}: ${error.message}. Move it away, and write down that you did; nights that it held go on with --continue.`,
      );
    }
    for (const { allocation: other, run, lock } of uses.values()) {
      if (other !== sha256)
        throw new AllocationError(`${allocation}: is not the file with which ${run} was recorded. Put that one back.`);
      if (lock !== undefined) this.#mustHave(lock, `${run} was recorded under a lock of ${name}`);
    }
    for (const lock of locks) this.#mustHave(lock, `${name} was locked`);
    return uses.get(nightKey(participant, night));
  }

  /** Whoever takes a lock away, or begins another one in its place, does not get rid of it. */
  #mustHave(lock: string, what: string): void {
    if (this.#locks.includes(lock)) return;
    const why = this.#locks.length === 0 ? 'there is none now' : 'it is not among those here';
    throw new AllocationError(`${what} (${lock.slice(0, 12)}…), and ${why}. Put its file back.`);
  }

  /** The block in which the night is now. Refuses a night that is somebody else's, or over. */
  #reached(begun: NightUse | undefined, blocks: number): BlockPosition {
    const { continue: goesOn, fromBlock = 1 } = this.#study;
    if (begun && begun.run !== this.#run && !goesOn) throw takenError(this.#study, begun.run, begun.at);
    const start = { block: 1, blockUs: this.#ports.nowUs(), boot: this.#boot };
    // Another boot has another clock: the block begins anew, time off counts as zero.
    const known =
      begun && (begun.position.boot === this.#boot ? begun.position : { ...start, block: begun.position.block });
    const reached = known ? this.#now(known) : start;
    const position = goesOn && fromBlock > reached.block ? { ...start, block: fromBlock } : reached;
    if (position.block <= blocks) return position;
    const { participant, night } = this.#study;
    throw new AllocationError(`night ${night} of ${participant} is over: its ${blocks} blocks have passed.`);
  }

  /** Blocks follow each other on the grid that the first one began. */
  #now({ block, blockUs, boot }: BlockPosition): BlockPosition {
    const passed = Math.floor((this.#ports.nowUs() - blockUs) / this.#blockUs);
    return passed > 0
      ? { block: block + passed, blockUs: blockUs + passed * this.#blockUs, boot }
      : { block, blockUs, boot };
  }

  async #turn(next: BlockPosition): Promise<void> {
    try {
      await this.#append({ use: 'block', ...this.#whose, position: next });
      this.#position = next;
      this.#tell(this.#conditions[next.block - 1]);
    } catch (error) {
      this.#withdraw();
      this.#problem = `study: block ${next.block} cannot be kept (${String(error)}). Make room, and arm again.`;
    }
  }

  #withdraw(): void {
    this.#position = undefined;
    this.#tell(undefined);
  }

  async #append(entry: UseEntry): Promise<void> {
    await this.#ports.append(`${endOfUses(await this.#ports.readUses())}${encodeUse(entry)}`);
  }

  get #whose(): { readonly participant: string; readonly night: number; readonly run: string } {
    const { participant, night } = this.#study;
    return { participant, night, run: this.#run };
  }

  #tell(condition: Condition | undefined): void {
    Atomics.store(this.#words, Word.condition, places.indexOf(condition));
  }
}

function takenError({ participant, night }: StudyPlan, run: string, at: string): AllocationError {
  return new AllocationError(
    `night ${night} of ${participant} was begun by ${run} (${at}). If this is the same night, go on with it: ` +
      'axond run --continue. If not, correct study.participant or study.night.',
  );
}

/** On real files. */
export function nightPorts(allocation: string): ConditionPorts {
  const uses = usesPath(allocation);
  return {
    readSealed: () => readSealed(allocation),
    readUses: () => readBeside(uses),
    append: (text) => appendDurably(uses, text),
    nowUs: monotonicUs,
    wallTime: () => new Date().toISOString(),
  };
}
