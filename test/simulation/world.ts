import { recordLength, refusalReasons } from '../../runtime/contracts.js';
import { RequestJudge, type Received } from '../../runtime/link/requests.js';
import type { Loop } from '../../runtime/loop/loop.js';
import { Clocks } from './boots.js';
import { Checker } from './checker.js';
import { Core } from './core.js';
import { Disk } from './disk.js';
import { CytonHead } from './cyton-head.js';
import { inflict } from './faults.js';
import type { Head, Port } from './head.js';
import { buildConfiguredLoop, buildScriptedLoop } from './loops.js';
import type { SimulatedGuardian } from './guardian.js';
import type { Plants } from './plants.js';
import { Random } from './random.js';
import type { Fault, Scenario } from './scenario.js';
import { Schedule } from './schedule.js';
import { ScriptedHead } from './scripted-head.js';

type Moment = 'permit' | 'start' | 'lease';

/**
 * The whole of one seed: a machine with its clocks and disk, a device on somebody's head, the processes of axond, the people
 * and the network around them, and what goes wrong.
 */
export class World {
  readonly schedule = new Schedule();
  readonly clocks = new Clocks(this.schedule);
  readonly random: Random;
  readonly disk: Disk;
  readonly checker: Checker;
  readonly plants: Plants;
  readonly scenario: Scenario;
  readonly head: Head;
  core: Core | undefined;
  guardian: SimulatedGuardian | undefined;
  receiptDelayUs = 0;
  linesFail = false;
  mailboxesFull = false;
  isUnplugged = false;
  brokerIsLost = false;
  linkIsDead = false;
  /** Frames wait on the way until then. */
  lateUntilUs = 0;
  /** The core dies when it next writes a command. */
  coreDying: '' | 'before a write' | 'after a write' = '';
  damagesNextWrite = false;
  /** Of all that happened, in its order: two runs of a seed have the same. */
  digest = 0;
  readonly lines: string[] = [];
  readonly #traces: boolean;
  readonly #waiting: Record<Moment, Fault[]> = { permit: [], start: [], lease: [] };
  readonly #late: ((port: Port) => void)[] = [];
  readonly #judge = new RequestJudge();
  #exactUntilUs = 0;
  #runs = 0;
  #port: Port | undefined;
  /** A core waits for its loop, which takes no time in this world. */
  #wantsLoop = false;
  #requests = 0;
  #resetsBudget = false;
  #wasArmed = false;

  constructor(scenario: Scenario, random: Random, plants: Plants, traces: boolean) {
    this.scenario = scenario;
    this.random = random;
    this.plants = plants;
    this.#traces = traces;
    this.disk = new Disk(random.fork());
    this.disk.freeBytes = scenario.freeBytes;
    this.head = scenario.rate === 250 ? new CytonHead(random.fork()) : new ScriptedHead(random.fork(), scenario.rate);
    this.checker = new Checker(this);
    this.#awaitPacket();
    for (const fault of scenario.faults) this.schedule.at(fault.atUs, () => this.#meet(fault));
    this.schedule.at(scenario.healedUs, () => this.#heal());
    this.#start();
    this.#lookAfter();
  }

  /** From start to end. Only the making of a loop is waited for, in no time of this world. */
  async run(): Promise<void> {
    for (;;) {
      this.schedule.run(this.scenario.hours * 3600e6, () => this.#wantsLoop);
      if (!this.#wantsLoop) break;
      this.#wantsLoop = false;
      const { scenario, head, plants } = this;
      const isScripted = scenario.rate === 10;
      this.#begin(
        isScripted ? buildScriptedLoop(scenario, head.info, plants) : await buildConfiguredLoop(scenario, head.info),
      );
    }
    this.checker.finish();
  }

  trace(line: () => string): void {
    if (!this.#traces) return;
    const seconds = (this.schedule.nowUs / 1e6).toFixed(4);
    this.lines.push(`${seconds.padStart(12)}  ${line()}`);
  }

  // ── Quiet and exact time ──────────────────────────────────────────────────────────────────────────────────────────

  get runs(): number {
    return this.#runs;
  }

  get isExact(): boolean {
    return this.schedule.nowUs < this.#exactUntilUs;
  }

  /** Every poll, tick and wake of every thread is simulated from now on, for so long. */
  exact(us: number): void {
    const wasExact = this.isExact;
    this.#exactUntilUs = Math.max(this.#exactUntilUs, this.schedule.nowUs + us);
    if (wasExact) return;
    this.core?.wake();
    this.guardian?.wake();
  }

  get coreIsCalm(): boolean {
    return this.core?.isCalm === true;
  }

  get isCalm(): boolean {
    return this.coreIsCalm && this.guardian?.isCalm === true;
  }

  beatOfSupervisor(trueUs: number): void {
    this.core?.beat(trueUs);
  }

  // ── Processes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #start(): void {
    if (!this.core?.isAlive) this.#wantsLoop = true;
  }

  #begin(loop: Loop): void {
    const { scenario, schedule } = this;
    const run = ++this.#runs;
    const port = this.head.connect({
      nowUs: () => this.clocks.monotonicUs,
      later: (us, act) => {
        this.exact(us + 1e6);
        schedule.after(us, act);
      },
      arrived: () => this.core?.loop.arrived(),
    });
    this.#port = port;
    this.trace(() => `run ${run} starts in ${this.clocks.bootId}`);
    const core = new Core(this, run, {
      port,
      channels: this.head.info.channels.length,
      loop,
      limits: scenario.hardLimits,
      night: scenario.night,
      sampleSlots: scenario.sampleSlots,
      decisionSlots: scenario.decisionSlots,
      pipeBytes: scenario.pipeBytes,
    });
    this.core = core;
    if (this.plants.armsAgain && this.#wasArmed) this.schedule.after(5e6, () => core.armWithoutBeingAsked());
  }

  guardianStarted(guardian: SimulatedGuardian): void {
    this.guardian = guardian;
  }

  /** The core's process is gone, whatever ended it. Something starts it again. */
  coreEnded(core: Core): void {
    const { nowUs } = this.schedule;
    this.trace(() => `run ${core.run} is over`);
    this.#wasArmed = core.loop.loop.isArmed;
    this.exact(3e6);
    this.checker.died('core', nowUs);
    this.disk.processDied(nowUs);
    this.checker.ended(core.run);
    this.#closePort();
    this.coreDying = '';
    if (this.#resetsBudget) {
      this.#resetsBudget = false;
      this.disk.resetBudget(this.clocks.wallMs);
      this.checker.budgetReset();
    }
    this.schedule.after(this.random.between(0.2e6, 8e6), () => this.#start());
  }

  powerOff(keepsDisk: boolean): void {
    this.trace(() => (keepsDisk ? 'the machine reboots' : 'the power is cut'));
    this.guardian?.kill();
    this.core?.kill();
    if (!keepsDisk) this.disk.powerLost(this.schedule.nowUs);
    this.clocks.reboot();
  }

  coreDies(where: 'before a write' | 'after a write', commands: boolean): boolean {
    if (this.coreDying !== where || !commands) return false;
    this.trace(() => `the core dies ${where}`);
    this.core?.kill();
    return true;
  }

  standStill(us: number): void {
    this.core?.standStill(us);
    this.guardian?.standStill(us);
  }

  // ── The device ────────────────────────────────────────────────────────────────────────────────────────────────────

  #awaitPacket(): void {
    this.schedule.at(this.head.dueUs + this.random.between(1e3, 4e3), () => {
      const arrive = this.head.make();
      if (arrive && !this.isUnplugged) this.#arrive(arrive);
      this.#awaitPacket();
    });
  }

  #arrive(arrive: (port: Port) => void): void {
    if (!this.#port) return;
    if (this.schedule.nowUs < this.lateUntilUs) {
      this.#late.push(arrive);
      return;
    }
    for (const late of this.#late.splice(0)) late(this.#port);
    arrive(this.#port);
  }

  portMayOpen(core: Core): void {
    const port = this.#port;
    if (!core.isAlive || core !== this.core || !port || port.state !== 'closed') return;
    if (this.isUnplugged) {
      core.main.after(1e6, () => this.portMayOpen(core));
      return;
    }
    this.exact(1e6);
    port.open();
  }

  unplug(us: number): void {
    this.isUnplugged = true;
    this.#closePort();
    const { core } = this;
    this.schedule.after(us, () => (this.isUnplugged = false));
    if (core) core.main.after(1e6, () => this.portMayOpen(core));
  }

  #closePort(): void {
    this.#late.length = 0;
    this.#port?.close();
  }

  // ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What waits for such a moment is inflicted soon after it. */
  came(moment: Moment): void {
    for (const { kind, offsetUs } of this.#waiting[moment].splice(0)) {
      this.schedule.after(offsetUs, () => inflict(this, kind));
    }
  }

  #meet(fault: Fault): void {
    if (fault.after === 'now') {
      inflict(this, fault.kind);
      return;
    }
    const list = this.#waiting[fault.after];
    list.push(fault);
    this.schedule.after(patienceUs, () => {
      const place = list.indexOf(fault);
      if (place < 0) return;
      list.splice(place, 1);
      if (this.schedule.nowUs < this.scenario.healedUs) inflict(this, fault.kind);
    });
  }

  #heal(): void {
    this.trace(() => 'all is well from here on');
    for (const list of Object.values(this.#waiting)) list.length = 0;
    this.coreDying = '';
    this.damagesNextWrite = false;
    this.isUnplugged = false;
    this.disk.slownessUs = 0;
    this.disk.failing = false;
    this.disk.freeBytes = this.scenario.freeBytes;
    this.linesFail = false;
    this.mailboxesFull = false;
    this.receiptDelayUs = 0;
    this.brokerIsLost = false;
    this.head.truth = 'asleep';
    if (this.guardian) {
      this.guardian.actuator.failing = '';
      this.guardian.diesAtTouch = 0;
    }
  }

  // ── People and the network ────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody looks at it now and then, arms it when it is not, and sees to what it complains of. */
  #lookAfter(): void {
    this.schedule.after(this.random.between(3e6, 20e6), () => {
      this.#look();
      this.#lookAfter();
    });
  }

  #look(): void {
    const { core, random } = this;
    if (!core?.isAlive) return;
    if (core.isStopping) {
      if (this.schedule.nowUs - core.stoppedUs > 90e6) core.kill();
    } else if (core.budgetProblem !== '') {
      this.trace(() => 'somebody sees to the budget');
      this.#resetsBudget = true;
      core.stop();
    } else if (!core.isArmed && random.chance(0.7)) {
      this.exact(0.5e6);
      core.arm(drawArming(random));
    }
  }

  remote(verb: string): void {
    const { random } = this;
    const text = { v: 1, id: `request-${++this.#requests}`, args: verb === 'lower' ? { perMinute: 2 } : {} };
    const received = { verb, payload: new TextEncoder().encode(JSON.stringify(text)), retained: random.chance(0.1) };
    for (let copies = random.chance(0.2) ? 2 : 1; copies > 0; copies--) {
      this.schedule.after(random.between(5e3, 300e3), () =>
        this.#received({ ...received, expirySeconds: random.pick([5, 60, undefined]), nowMs: this.clocks.wallMs }),
      );
    }
  }

  #received(received: Received): void {
    if (this.brokerIsLost || this.linkIsDead) return;
    const judged = this.#judge.judge(received);
    if (!('wanted' in judged)) return;
    if (received.verb === 'arm') this.checker.fail('a request from the network to arm was taken');
    if (received.retained) this.checker.fail('a request that the broker had kept was taken');
    this.#judge.remember(judged.key, '{}');
    this.exact(1e6);
    switch (judged.wanted.verb) {
      case 'silence':
        this.guardian?.silence('the network');
        break;
      case 'disarm':
        this.core?.disarm('remote');
        break;
      case 'lower':
        this.core?.lower(2, NaN);
        break;
      default:
    }
  }

  /** Why nothing fires; empty where that is as it should be: because limits and budgets are used up. */
  reasonsAgainst(): string {
    const { core, checker } = this;
    const names = (bits: number): string[] => refusalReasons.filter((_, place) => (bits & (1 << place)) !== 0);
    const refusals = [...checker.refusalsWhenHealed].map(names);
    const isUsedUp = (reasons: readonly string[]): boolean =>
      reasons.some((reason) => usedUp.includes(reason)) && reasons.every((reason) => follows.includes(reason));
    if (refusals.some(isUsedUp)) return '';
    if (!core?.isAlive) return 'the core does not run';
    if (this.#port?.state !== 'streaming') return 'the source does not stream';
    return `armed ${String(core.isArmed)}; ${core.problem} ${core.budgetProblem}; ${refusals.join(' | ')}`;
  }

  /** What the loop said in a cycle. */
  heard({ events }: Loop): void {
    const { records, length } = events;
    for (let place = 0; place < length; place++) {
      const at = place * recordLength;
      let digest = this.digest;
      for (let field = 0; field < 9; field++) {
        digest = (Math.imul(digest ^ ((records[at + field] as number) * 8), 0x01000193) + field) | 0;
      }
      this.digest = digest;
    }
    this.checker.heard(records, length);
  }
}

function drawArming(random: Random): Parameters<Core['arm']>[0] {
  return {
    forSeconds: random.pick([30, 300, 1800, 7200]),
    ...(random.chance(0.2) ? { perMinute: 1 + random.whole(2) } : {}),
    ...(random.chance(0.1) ? { perHour: 5 + random.whole(10) } : {}),
    ...(random.chance(0.1) ? { intervalUs: 20e6 } : {}),
    ...(random.chance(0.2) ? { gainDb: -6 } : {}),
  };
}

const usedUp = ['per-minute', 'per-hour', 'per-day', 'per-night', 'lease', 'schedule'];
/** Where a limit of days is used up nobody can arm. */
const follows = [...usedUp, 'disarmed'];
const patienceUs = 60e6;
