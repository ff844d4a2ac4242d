import { ReceiptState, recordLength, type Command } from '../../runtime/contracts.js';
import { parseDeliveries } from '../../runtime/guardian/delivery-lines.js';
import { EventCode } from '../../runtime/loop/records.js';
import type { DeviceWitness } from './actuator.js';
import type { ArmRequest } from './core.js';
import type { StoredRecording } from './disk.js';
import type { Truth } from './head.js';
import type { World } from './world.js';

/** A stimulus as the device felt it. True times. */
interface Given {
  readonly run: number;
  readonly command: number;
  readonly lease: number;
  readonly beganUs: number;
  endedUs: number;
  readonly durationUs: number;
  readonly permittedUs: number;
}

/** What a permit rests on. */
interface Permit {
  readonly run: number;
  readonly command: number;
  readonly us: number;
}

/**
 * Judges a world by plain lists of what happened in it: at the device, on the disk, to the frames, by whose word. Shares no
 * rule with the code that it judges; where the requirement allows a tolerance it says which.
 */
export class Checker {
  readonly violations: string[] = [];
  faults = 0;
  requests = 0;
  refusals = 0;
  /** Bits of `refusalReasons`. */
  lastRefusal = 0;
  readonly refusalsWhenHealed = new Set<number>();
  readonly given: Given[] = [];
  readonly #world: World;
  readonly #permits: Permit[] = [];
  readonly #recordings = new Map<number, StoredRecording>();
  #run = 0;
  // ── By whose word
  #armedFromUs = NaN;
  #armedUntilUs = NaN;
  #armedRun = -1;
  #disarmedUs = NaN;
  #disarmHeard = true;
  #perMinute = Infinity;
  #perHour = Infinity;
  #wallClockHoldsUs = NaN;
  // ── The signal as the loop got it
  #framesSinceGap = 0;
  #sinceRail = Infinity;
  #flatFrames = 0;
  #sleep: 'clear' | 'holds' = 'holds';
  #lastFrameUs = NaN;
  #lossUs = -Infinity;
  #losses = 0;
  /** Cycles that the loop has begun since its guardian died. */
  #cyclesWithoutGuardian = 0;
  /** As the loop has heard. */
  #guardianReady = false;
  /** When each command was permitted whose end the loop has not heard of. */
  readonly #unconfirmed = new Map<number, number>();
  /** Requests of the run that the loop has made. */
  #made: number[] = [];
  // ── Rest
  #lasting: Given | undefined;
  #silencedGuardian: object | undefined;
  #forgottenBeforeUs = -Infinity;

  constructor(world: World) {
    this.#world = world;
  }

  fail(what: string): void {
    if (this.violations.length < mostViolations) {
      this.violations.push(`at ${(this.#nowUs / 1e6).toFixed(4)} s: ${what}`);
    }
    this.#world.trace(() => `### ${what}`);
  }

  // ── By whose word ─────────────────────────────────────────────────────────────────────────────────────────────────

  armed({ forSeconds, perMinute = NaN, perHour = NaN }: ArmRequest): void {
    const { limits } = this.#world.scenario;
    this.#perMinute = least(limits.perMinute, perMinute);
    this.#perHour = least(limits.perHour, perHour);
    this.#armedFromUs = this.#nowUs;
    this.#armedUntilUs = this.#nowUs + forSeconds * 1e6;
    this.#armedRun = this.#run;
    this.#disarmedUs = NaN;
  }

  disarmed(): void {
    this.#disarmedUs = this.#nowUs;
    this.#disarmHeard = false;
  }

  lowered(perMinute: number, perHour: number): void {
    this.#perMinute = least(this.#perMinute, perMinute);
    this.#perHour = least(this.#perHour, perHour);
  }

  /** The supervisor has told the loop that the wall clock was set, or that this is long enough ago. */
  wallClock(holds: boolean): void {
    this.#wallClockHoldsUs = holds ? this.#nowUs : NaN;
  }

  budgetReset(): void {
    this.#forgottenBeforeUs = this.#nowUs;
  }

  // ── The signal ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame that the loop is about to see; undefined for one that was lost. */
  frame(atUs: number, truth: Truth | undefined): void {
    this.#lastFrameUs = atUs;
    if (truth === undefined) {
      this.#framesSinceGap = 0;
      this.#sinceRail = Infinity;
      this.#flatFrames = 0;
      this.#sleep = 'holds';
      return;
    }
    this.#framesSinceGap++;
    this.#sinceRail = truth === 'rail' ? 0 : this.#sinceRail + 1;
    this.#flatFrames = truth === 'flat' ? this.#flatFrames + 1 : 0;
    this.#sleep = truth === 'awake' || truth === 'doubtful' ? 'holds' : 'clear';
  }

  /** The loop is about to run a cycle. */
  cycle(atUs: number): void {
    this.#cyclesWithoutGuardian = this.#world.guardian?.isAlive === true ? 0 : this.#cyclesWithoutGuardian + 1;
    if (!this.#disarmHeard && atUs > this.#disarmedUs) {
      this.#disarmHeard = true;
      this.#armedUntilUs = NaN;
    }
  }

  /** The loop has run a cycle, and takes itself for armed or not; `losses` of its rings so far. */
  ran(atUs: number, isArmed: boolean, losses: number): void {
    if (losses !== this.#losses && losses > 0) this.#lossUs = atUs;
    this.#losses = losses;
    if (!isArmed) return;
    if (this.#armedRun !== this.#run) this.fail(`run ${this.#run} is armed, and nobody armed it`);
    else if (!(atUs < this.#armedUntilUs)) this.fail(`run ${this.#run} is armed after its arming was over`);
  }

  heard(records: Float64Array, length: number): void {
    for (let place = 0; place < length; place++) {
      const at = place * recordLength;
      if (records[at] === EventCode.request) {
        this.requests++;
        this.#made.push(records[at + 4] as number);
      } else if (records[at] === EventCode.receipt) {
        const state = records[at + 5] as ReceiptState;
        if (state !== ReceiptState.accepted && state !== ReceiptState.started) {
          this.#unconfirmed.delete(records[at + 4] as number);
        }
      } else if (records[at] === EventCode.guardian) {
        this.#guardianReady = records[at + 4] === 1;
        if (this.#guardianReady) this.#unconfirmed.clear();
      } else if (records[at] === EventCode.refusal) {
        this.refusals++;
        this.lastRefusal = records[at + 5] as number;
        if (this.#nowUs > this.#world.scenario.healedUs) this.refusalsWhenHealed.add(this.lastRefusal);
      }
    }
  }

  /** The loop sends a command: everything that must hold when it decides. */
  permitted(atUs: number, command: Command): void {
    const { rate } = this.#world.scenario;
    this.#permits.push({ run: this.#run, command: command.command, us: atUs });
    const what = `command ${command.command} of run ${this.#run}`;
    if (this.#armedRun !== this.#run || !(atUs >= this.#armedFromUs)) {
      this.fail(`${what} was permitted, and nobody had armed this run`);
    } else if (!(atUs < this.#armedUntilUs)) this.fail(`${what} was permitted after the arming was over`);
    if (this.#framesSinceGap < 10 * rate) this.fail(`${what} was permitted ${this.#framesSinceGap} frames after a gap`);
    if (this.#sinceRail < rate) this.fail(`${what} was permitted ${this.#sinceRail} frames after saturation`);
    if (this.#flatFrames >= rate) this.fail(`${what} was permitted on a line flat for ${this.#flatFrames} frames`);
    if (this.#sleep !== 'clear') this.fail(`${what} was permitted while sleep was not certain`);
    if (atUs - this.#lastFrameUs > 100e3) this.fail(`${what} was permitted on a signal that was stale`);
    if (atUs > this.#wallClockHoldsUs) this.fail(`${what} was permitted after the wall clock was set`);
    if (!this.#guardianReady) this.fail(`${what} was permitted while the guardian was not ready`);
    if (this.#cyclesWithoutGuardian > 2) this.fail(`${what} was permitted without a guardian`);
    if (this.#lossUs < atUs && atUs - this.#lossUs < 10e6) this.fail(`${what} was permitted after a loss in a ring`);
    for (const [open, us] of this.#unconfirmed) {
      if (atUs - us > 2.02e6) this.fail(`${what} was permitted while command ${open} was unconfirmed`);
    }
    this.#unconfirmed.set(command.command, atUs);
    this.#permittedWithin(atUs, what);
    this.#permittedByThreads(atUs, what);
  }

  /** The limits in force by the words of whoever armed or lowered them; those of the configuration are judged at the device. */
  #permittedWithin(atUs: number, what: string): void {
    const within = (us: number): number =>
      this.#permits.filter((one) => one.run === this.#run && atUs - one.us < us).length;
    // A due time may lie 20 ms ahead of the permit.
    if (within(60e6 - 40e3) > this.#perMinute)
      this.fail(`${what} is more than ${this.#perMinute} a minute, as lowered`);
    if (within(3600e6 - 40e3) > this.#perHour) this.fail(`${what} is more than ${this.#perHour} an hour, as lowered`);
  }

  /** Threads that stand still, and a disk that is full: the loop must have noticed. */
  #permittedByThreads(atUs: number, what: string): void {
    const { core, disk } = this.#world;
    if (!core) return;
    const stillUs = core.main.standsStill ? atUs - core.main.stillSinceUs : 0;
    if (stillUs > 600e3) this.fail(`${what} was permitted while the supervisor stood still for ${stillUs} us`);
    const behindUs = atUs - (core.recorder?.committedUs ?? -Infinity);
    if (!(behindUs < 1.5e6)) this.fail(`${what} was permitted while the recorder was ${behindUs} us behind`);
    if (disk.freeBytes < 50e6 && atUs - disk.lowSinceUs > 3e6) this.fail(`${what} was permitted on a full disk`);
  }

  // ── At the device ─────────────────────────────────────────────────────────────────────────────────────────────────

  device(run: number): DeviceWitness {
    return { began: (command) => this.#began(run, command), ended: () => this.#ended() };
  }

  #began(run: number, { command, lease, durationUs }: Command): void {
    const now = this.#nowUs;
    const what = `command ${command} of run ${run}`;
    this.#world.trace(() => `*** ${what} begins`);
    const permit = this.#permits.findLast((one) => one.run === run && one.command === command);
    if (!permit) this.fail(`${what} was fired without a permit`);
    if (this.#lasting) this.fail(`${what} was fired while another one lasted`);
    if (this.#silencedGuardian && this.#silencedGuardian === this.#world.guardian) {
      this.fail(`${what} was fired after a silence`);
    }
    this.#onLease(run, lease, what);
    const stimulus: Given = {
      run,
      command,
      lease,
      beganUs: now,
      endedUs: NaN,
      durationUs,
      permittedUs: permit?.us ?? NaN,
    };
    if (this.given.some((one) => one.run === run && one.command === command)) this.fail(`${what} was fired twice`);
    this.given.push(stimulus);
    this.#lasting = stimulus;
    this.#withinLimits(what);
    this.#world.came('start');
    this.#mustRest(stimulus);
  }

  #ended(): void {
    const stimulus = this.#lasting;
    if (!stimulus) return;
    this.#lasting = undefined;
    stimulus.endedUs = this.#nowUs;
    this.#world.trace(() => `*** command ${stimulus.command} of run ${stimulus.run} ends`);
  }

  /** A lease that was on the disk before, for enough stimuli, and not over. */
  #onLease(run: number, number: number, what: string): void {
    const now = this.#nowUs;
    const recording = this.#recordings.get(run);
    const entry = recording?.entries.find(({ lease }) => lease?.lease === number);
    if (!entry?.lease || !(entry.doneUs <= now)) {
      this.fail(`${what} was fired on lease ${number}, which was not on the disk`);
      return;
    }
    const drawn = this.given.filter((one) => one.run === run && one.lease === number).length;
    if (drawn >= entry.lease.stimuli) this.fail(`${what} was fired on lease ${number}, which was used up`);
    const untilUs = this.#world.clocks.trueAt(entry.lease.untilUs);
    if (now > untilUs + this.#world.scenario.policy.expiresUs)
      this.fail(`${what} was fired on lease ${number}, which was over`);
  }

  /**
   * Counted where it matters, at the device, over all runs. The gate counts when it permits: between permit and start lies
   * at most the time after which a request expires, by which a window may seem shorter here.
   */
  #withinLimits(what: string): void {
    const { limits, hardLimits, policy } = this.#world.scenario;
    const { expiresUs } = policy;
    const now = this.#nowUs;
    const within = (us: number): number => {
      let count = 0;
      for (let place = this.given.length - 1; place >= 0; place--) {
        const { beganUs } = this.given[place] as Given;
        if (now - beganUs >= us || beganUs < this.#forgottenBeforeUs) break;
        count++;
      }
      return count;
    };
    const most = (name: string, us: number, limit: number): void => {
      const count = within(us);
      if (count > limit) this.fail(`${what} is number ${count} within ${name}; the limit is ${limit}`);
    };
    most('the interval', limits.intervalUs - expiresUs, 1);
    most('the interval of the device', hardLimits.intervalUs, 1);
    most('a minute', 60e6 - expiresUs, limits.perMinute);
    most('an hour', 3600e6 - expiresUs, limits.perHour);
    most('24 hours', 24 * 3600e6 - expiresUs, limits.perNight);
  }

  /** It ends by itself, and early where something died. */
  #mustRest(stimulus: Given): void {
    const { schedule } = this.#world;
    const look = (atUs: number): void => {
      schedule.at(atUs, () => {
        if (this.#lasting !== stimulus) return;
        const { guardian } = this.#world;
        const still = guardian?.isAlive ? guardian.main.stillUntilUs : 0;
        if (still > atUs) look(still + restUs);
        else this.fail(`command ${stimulus.command} of run ${stimulus.run} does not end`);
      });
    };
    look(stimulus.beganUs + stimulus.durationUs + 15e3);
  }

  silenced(atUs: number): void {
    this.#silencedGuardian = this.#world.guardian;
    this.#restsBy(atUs, 'a silence');
  }

  /** A process is gone, or stands still: 50 ms later the device is at rest. */
  died(who: string, atUs: number): void {
    this.#restsBy(atUs, `the death of the ${who}`);
  }

  stopped(who: string, untilUs: number): void {
    const { nowUs } = this.#world.schedule;
    this.#restsBy(nowUs, `the stop of the ${who}`, untilUs);
  }

  /** Who goes on at `untilUs` may let it go on too. */
  #restsBy(atUs: number, why: string, untilUs = Infinity): void {
    const { schedule } = this.#world;
    const stimulus = this.#lasting;
    if (!stimulus) return;
    const look = (lookUs: number): void => {
      schedule.at(lookUs, () => {
        if (this.#lasting !== stimulus || lookUs >= untilUs) return;
        const { guardian } = this.#world;
        // A guardian that stands still itself has 50 ms from when it goes on.
        const still = guardian?.isAlive ? guardian.main.stillUntilUs : 0;
        if (still + restUs > lookUs && still > atUs) look(still + restUs);
        else this.fail(`${why} at ${(atUs / 1e6).toFixed(4)} s, and 50 ms later the device is not at rest`);
      });
    };
    look(atUs + restUs);
  }

  // ── The record ────────────────────────────────────────────────────────────────────────────────────────────────────

  began(run: number, recording: StoredRecording): void {
    this.#run = run;
    this.#recordings.set(run, recording);
    this.#framesSinceGap = 0;
    this.#guardianReady = false;
    this.#unconfirmed.clear();
    this.#lossUs = -Infinity;
    this.#losses = 0;
    this.#made = [];
    this.#wallClockHoldsUs = NaN;
  }

  /** A run is over, and its recording as the next one finds it: nothing that was given is missing. */
  ended(run: number): void {
    this.#armedUntilUs = NaN;
    const made = this.#made;
    const lossless = this.#losses === 0;
    this.#world.schedule.after(1, () => this.#account(run, made, lossless));
  }

  #account(run: number, made: readonly number[], lossless: boolean): void {
    const recording = this.#recordings.get(run);
    if (!recording) return;
    const known = new Set<number>();
    for (const record of recording.events(EventCode.receipt)) {
      if (record[5] === ReceiptState.started) known.add(record[4] as number);
    }
    for (const { command } of parseDeliveries(recording.deliveries).deliveries) known.add(command);
    const possible = new Set<number>();
    for (const record of recording.events(EventCode.permit)) possible.add(record[5] as number);
    const leases = recording.leases();
    const missing = this.given.filter(
      (one) => one.run === run && !known.has(one.command) && !possible.has(one.command),
    );
    for (const lease of leases) {
      const drawn = missing.filter((one) => one.lease === lease.lease).length;
      const seen = this.given.filter((one) => one.run === run && one.lease === lease.lease).length - drawn;
      if (drawn > lease.stimuli - seen) this.fail(`${drawn} stimuli of run ${run} are missing from all records`);
    }
    for (const { lease, command } of missing) {
      if (!leases.some((one) => one.lease === lease)) {
        this.fail(`command ${command} of run ${run} was given, and no record, log or lease shows it`);
      }
    }
    if (lossless) this.#accountForRequests(run, recording, made);
  }

  /**
   * Each request has its outcome on record; of a run that did not end by itself up to its last commit. A decision may
   * be in the batch of a commit that its request just missed, never the other way round.
   */
  #accountForRequests(run: number, recording: StoredRecording, made: readonly number[]): void {
    const decided = new Set<number>();
    for (const { records } of recording.entries) {
      for (const record of records) {
        if (record[0] === EventCode.permit || record[0] === EventCode.refusal) decided.add(record[4] as number);
      }
    }
    const asked = new Set<number>();
    for (const record of recording.events(EventCode.request)) asked.add(record[4] as number);
    const last = recording.isClosed ? Infinity : Math.max(0, ...asked);
    for (const request of made) {
      if (request > last) continue;
      if (!asked.has(request)) this.fail(`request ${request} of run ${run} is not on record`);
      else if (!decided.has(request) && request < last)
        this.fail(`the outcome of request ${request} of run ${run} is not on record`);
    }
  }

  finish(): void {
    if (this.#run > 0) this.#account(this.#run, [], true);
    this.#isAlive();
  }

  /** Once nothing goes wrong any more, it can be armed and fires again, as far as the limits allow. */
  #isAlive(): void {
    const { healedUs } = this.#world.scenario;
    if (this.given.some(({ beganUs }) => beganUs > healedUs)) return;
    const reasons = this.#world.reasonsAgainst();
    if (reasons !== '')
      this.fail(`all has been well since ${(healedUs / 1e6).toFixed(0)} s, and nothing fires: ${reasons}`);
  }

  get #nowUs(): number {
    return this.#world.schedule.nowUs;
  }
}

function least(limit: number, given: number): number {
  return given < limit ? given : limit;
}

/** The longest that anything may last after a death. */
const restUs = 50e3;
const mostViolations = 20;
