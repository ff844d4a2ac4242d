import {
  disarmCauses,
  inhibitorStates,
  recordLength,
  refusalReasons,
  type HardLimits,
  type MessageKind,
  type RunSummary,
} from '../../runtime/contracts.js';
import { commandBytes } from '../../runtime/guardian/command.js';
import { decodeGuardianLine } from '../../runtime/guardian/receipts.js';
import type { Loop } from '../../runtime/loop/loop.js';
import { SlotRing } from '../../runtime/loop/ring.js';
import { sampleSlotBytes } from '../../runtime/loop/sample-slot.js';
import { Control, createControl, createMailbox, createTimes, post } from '../../runtime/loop/shared.js';
import type { RecorderReport } from '../../runtime/recorder/recorder.js';
import { armingReasons, type ArmingWish } from '../../runtime/supervisor/arming.js';
import { GuardianKeeper } from '../../runtime/supervisor/guardian-keeper.js';
import { Lifecycle } from '../../runtime/supervisor/lifecycle.js';
import { WallClock } from '../../runtime/supervisor/wall-clock.js';
import { SimulatedGuardian } from './guardian.js';
import type { Port } from './head.js';
import { LoopThread, type LoopMemory } from './loop-thread.js';
import { Pipe } from './pipe.js';
import { RecorderThread } from './recorder-thread.js';
import { Thread } from './schedule.js';
import type { World } from './world.js';

export interface CoreParts {
  readonly port: Port;
  readonly channels: number;
  readonly loop: Loop;
  readonly limits: HardLimits;
  readonly night: string;
  readonly sampleSlots: number;
  readonly decisionSlots: number;
  readonly pipeBytes: number;
}

export type ArmRequest = Omit<ArmingWish, 'device'>;

/**
 * The core's process on virtual time: its three threads, and what `supervisor/run.ts` does around them: the order of start
 * and end, the beat, what the control socket asks for.
 */
export class Core {
  readonly run: number;
  readonly main: Thread;
  readonly loop: LoopThread;
  recorder: RecorderThread | undefined;
  guardian: SimulatedGuardian | undefined;
  isAlive = true;
  isStopping = false;
  /** Since when it ends. */
  stoppedUs = Infinity;
  problem = '';
  budgetProblem = '';
  readonly #world: World;
  readonly #parts: CoreParts;
  readonly #memory: LoopMemory;
  readonly #requests = createMailbox();
  readonly #receipts = createMailbox();
  readonly #keeper: GuardianKeeper;
  readonly #lifecycle = new Lifecycle();
  readonly #wallClock = new WallClock();
  #wallClockState = 0;
  /** Behind the path of the FIFO now, and the one that the loop has opened. */
  #pipe: Pipe;
  #opened: Pipe | undefined;
  #isArming = false;
  #asked = 0;
  #answers = new Map<number, (reasons: readonly string[]) => void>();
  #recorderIsClosed = false;
  #isTicking = false;
  #beats = 0;

  constructor(world: World, run: number, parts: CoreParts) {
    this.#world = world;
    this.#parts = parts;
    this.run = run;
    this.main = new Thread(world.schedule);
    this.#pipe = new Pipe(parts.pipeBytes);
    this.#memory = {
      samples: SlotRing.create(parts.sampleSlots, sampleSlotBytes(parts.channels)),
      decisions: SlotRing.create(parts.decisionSlots, recordLength * 8),
      mailboxes: [this.#requests, this.#receipts, createMailbox()],
      control: new Int32Array(createControl()),
      times: new Float64Array(createTimes()).fill(NaN),
    };
    this.#keeper = new GuardianKeeper({
      start: () => this.main.after(world.random.between(5e3, 40e3), () => this.#startGuardian()),
      stop: () => this.guardian?.closeInput(),
      after: (us, then) => void this.main.after(us, then),
      offer: (guardian) => void Atomics.store(this.#memory.control, Control.guardian, guardian),
      post: (kind, fields) => this.#post(this.#receipts, kind, ...fields),
      silenced: () => undefined,
      say: (_, text) => world.trace(() => text),
    });
    this.loop = new LoopThread(world, parts.port, parts.loop, parts.channels, this.#memory, {
      open: () => {
        const opens = this.#pipe.openToWrite();
        if (opens) this.#opened = this.#pipe;
        return opens;
      },
      write: (bytes, length) => {
        const commands = length > commandBytes;
        if (commands) this.loop.sends();
        if (world.coreDies('before a write', commands)) return false;
        const written = this.#opened?.write(bytes, length) ?? false;
        if (world.damagesNextWrite) world.damagesNextWrite = this.#opened?.damage(world.random.whole(4096)) !== true;
        world.coreDies('after a write', commands);
        return written;
      },
      close: () => this.#opened?.closeWriter(),
    });
    post(this.#requests, 'seed', world.random.whole(2 ** 31));
    this.main.after(world.random.between(30e3, 120e3), () => this.#startRecorder());
  }

  /** Nobody is in the middle of something that the quiet would stretch. */
  get isCalm(): boolean {
    return (
      !this.isStopping && !this.#isArming && !this.main.standsStill && this.loop.isCalm && this.recorder !== undefined
    );
  }

  get isArmed(): boolean {
    return this.isAlive && this.loop.loop.isArmed;
  }

  /** All of it dies at once: what its threads have not handed over is gone. */
  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const thread of this.#threads()) thread.kill();
    this.#opened?.closeWriter();
    this.guardian?.closeInput();
    this.#world.coreEnded(this);
  }

  /** As SIGSTOP does. */
  standStill(us: number): void {
    const until = this.#world.schedule.nowUs + us;
    for (const thread of this.#threads()) thread.stopUntil(until);
    this.#world.checker.stopped('core', until);
  }

  wedgeLoop(us: number): void {
    const until = this.#world.schedule.nowUs + us;
    this.loop.thread.stopUntil(until);
    this.#world.checker.stopped('loop', until);
  }

  /** From the quiet into exact time. */
  wake(): void {
    this.loop.wake();
    this.recorder?.wake();
    this.#awaitTick(beatUs);
  }

  /** Before a cycle of the loop at `trueUs`: the supervisor has bumped its counter, if it could. */
  beat(trueUs: number): void {
    if (!this.isAlive || this.main.standsStill) return;
    const beats = Math.floor(trueUs / beatUs);
    if (beats !== this.#beats && this.#isTicking) Atomics.add(this.#memory.control, Control.supervisorBeat, 1);
    this.#beats = beats;
  }

  // ── What the control socket asks for ──────────────────────────────────────────────────────────────────────────────

  arm(request: ArmRequest): void {
    if (!this.isAlive || this.isStopping || this.#isArming) return;
    this.#isArming = true;
    this.#keeper.renew();
    this.#armWhenReady(request, this.#world.schedule.nowUs + 3e6);
  }

  disarm(cause: (typeof disarmCauses)[number] = 'request'): void {
    if (!this.#serves()) return;
    if (this.#post(this.#requests, 'disarm', disarmCauses.indexOf(cause))) this.#world.checker.disarmed();
  }

  lower(perMinute: number, perHour: number): void {
    if (!this.#serves()) return;
    if (this.#post(this.#requests, 'lower', perMinute, perHour, NaN, NaN, NaN)) {
      this.#world.checker.lowered(perMinute, perHour);
    }
  }

  mark(marker: number): void {
    if (this.#serves()) this.#post(this.#requests, 'marker', marker);
  }

  #serves(): boolean {
    return this.isAlive && !this.isStopping && !this.main.standsStill;
  }

  #armWhenReady(request: ArmRequest, deadlineUs: number): void {
    if (this.isStopping) return;
    if (!this.#keeper.ready && this.#world.schedule.nowUs < deadlineUs) {
      this.main.after(10e3, () => this.#armWhenReady(request, deadlineUs));
      return;
    }
    const asked = ++this.#asked;
    const answer = (given: readonly string[]): void => {
      if (this.#answers.delete(asked)) this.#judgeArming(request, given);
    };
    this.#answers.set(asked, answer);
    this.guardian?.ask(asked);
    this.main.after(1e6, () => answer(['the guardian does not answer']));
  }

  #judgeArming(request: ArmRequest, guardianReasons: readonly string[]): void {
    this.#isArming = false;
    const world = this.#world;
    const { loop } = this.loop;
    const { forSeconds, perMinute = NaN, perHour = NaN, perNight = NaN, intervalUs = NaN, gainDb = NaN } = request;
    const reasons = armingReasons(
      { device: 'simulation', ...request },
      {
        device: 'simulation',
        limits: world.scenario.limits,
        guardian: this.#keeper,
        guardianReasons,
        timingFaults: [],
        studyFaults: [],
        recorderProblem: this.problem,
        budgetProblem: this.budgetProblem,
        holding: refusalReasons.filter((_, place) => (loop.holding & (1 << place)) !== 0),
        source: { device: 'simulated', port: '', samples: loop.lastIndex + 1, notice: '' },
      },
    );
    if (reasons.length > 0) {
      world.trace(() => `not armed: ${reasons.join('; ')}`);
      return;
    }
    const untilUs = world.clocks.monotonicUs + forSeconds * 1e6;
    if (!this.#post(this.#requests, 'arm', untilUs, perMinute, perHour, perNight, intervalUs, gainDb)) return;
    world.checker.armed(request);
    world.trace(() => `armed for ${forSeconds.toFixed(0)} s`);
  }

  /** Only a planted bug calls this. */
  armWithoutBeingAsked(): void {
    post(this.#requests, 'arm', Infinity, NaN, NaN, NaN, NaN, NaN);
  }

  // ── Start ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #startRecorder(): void {
    const world = this.#world;
    this.recorder = new RecorderThread(world, this.run, this.#memory, this.#parts.night, (report) =>
      this.main.after(0, () => this.#heardRecorder(report)),
    );
    world.checker.began(this.run, this.recorder.recording);
    this.main.after(world.random.between(5e3, 40e3), () => this.#startGuardian());
    this.#isTicking = true;
    this.main.after(beatUs, () => this.#tick());
    this.main.after(world.random.between(50e3, 300e3), () => world.portMayOpen(this));
  }

  #startGuardian(): void {
    const world = this.#world;
    if (this.isStopping) return;
    if (!this.recorder || (world.disk.isFull && world.random.chance(0.3))) {
      this.#keeper.failed('mkfifo: no space left on device');
      return;
    }
    // The loop keeps the end that it holds, and learns by a write that nobody reads it any more.
    const pipe = (this.#pipe = new Pipe(this.#parts.pipeBytes));
    const { recording } = this.recorder;
    const guardian: SimulatedGuardian = new SimulatedGuardian(
      world,
      recording,
      pipe,
      this.#parts.limits,
      world.checker.device(this.run),
      {
        line: (text) => this.main.after(0, () => this.#heardGuardian(text)),
        exited: () => this.main.after(0, () => this.#guardianExited()),
      },
    );
    this.guardian = guardian;
    world.guardianStarted(guardian);
    this.#keeper.started();
  }

  // ── What it hears ─────────────────────────────────────────────────────────────────────────────────────────────────

  #heardGuardian(text: string): void {
    const said = decodeGuardianLine(text);
    if (!said) return;
    this.#world.exact(50e3);
    if ('receipt' in said) this.#keeper.receipt(said.receipt);
    else if ('checked' in said) this.#answers.get(said.checked.check)?.(said.checked.reasons);
    else this.#keeper.state(said.guardian.ready, said.guardian.cause);
  }

  #guardianExited(): void {
    this.#world.exact(2e6);
    this.guardian = undefined;
    this.#keeper.exited('the guardian ended');
  }

  #heardRecorder(report: RecorderReport): void {
    if ('problem' in report) this.problem = report.problem;
    else if ('budgetProblem' in report) this.budgetProblem = report.budgetProblem;
    else if ('closed' in report) this.#recorderIsClosed = true;
    else return;
    this.#world.trace(() => `recorder: ${this.problem} ${this.budgetProblem}`);
    this.#world.exact(1e6);
  }

  recorderDied(): void {
    this.recorder?.thread.kill();
    this.#world.disk.processDied(this.#world.schedule.nowUs);
    this.main.after(200, () => {
      this.problem = 'the recorder thread died';
    });
  }

  loopDied(): void {
    this.loop.thread.kill();
    this.#world.checker.died('loop', this.#world.schedule.nowUs);
    // Its descriptors are closed with the process only.
    this.main.after(200, () => this.stop());
  }

  #tick(): void {
    const world = this.#world;
    Atomics.add(this.#memory.control, Control.supervisorBeat, 1);
    this.#beats = Math.floor(world.schedule.nowUs / beatUs);
    this.#keeper.flush();
    this.#watchWallClock();
    const frames = this.loop.loop.lastIndex + 1;
    const step = this.#lifecycle.beat(world.clocks.monotonicUs, frames, this.problem, this.#keeper);
    if (step === 'stop') this.stop();
    this.#tickUs = Infinity;
    this.#awaitTick(world.isExact ? beatUs : calmTickUs);
  }

  #tickUs = Infinity;
  #awaitTick(us: number): void {
    const atUs = this.#world.schedule.nowUs + us;
    if (!this.#isTicking || atUs >= this.#tickUs) return;
    this.#tickUs = atUs;
    this.main.at(atUs, () => {
      if (this.#tickUs === atUs) this.#tick();
    });
  }

  #watchWallClock(): void {
    const nowUs = this.#world.clocks.monotonicUs;
    this.#wallClock.look(nowUs, this.#world.clocks.wallMs);
    const state = inhibitorStates.indexOf(this.#wallClock.stepped(nowUs) ? 'holds' : 'clear');
    if (state === this.#wallClockState || !this.#post(this.#requests, 'clock', state)) return;
    this.#wallClockState = state;
    this.#world.checker.wallClock(state !== 0);
  }

  #post(mailbox: SlotRing, kind: MessageKind, ...fields: number[]): boolean {
    this.#world.exact(50e3);
    return !this.#world.mailboxesFull && post(mailbox, kind, ...fields);
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** In the order of `Run`: disarm, guardian, its last receipts, loop, recorder. */
  stop(): void {
    if (this.isStopping || !this.isAlive) return;
    const world = this.#world;
    this.isStopping = true;
    this.stoppedUs = world.schedule.nowUs;
    world.exact(3e6);
    if (this.#post(this.#requests, 'disarm', disarmCauses.indexOf('shutdown'))) world.checker.disarmed();
    this.#keeper.stop();
    this.#guardianGone(() => {
      this.#keeper.flush();
      this.#loopTakes(world.schedule.nowUs + 100e3, () => {
        this.loop.thread.after(5e3, () => this.loop.stop());
        // A loop that does not end within 300 ms is taken down with the process.
        this.main.after(this.loop.thread.isAlive && !this.loop.thread.standsStill ? 10e3 : 300e3, () => this.#close());
      });
    });
  }

  #guardianGone(then: () => void): void {
    if (!this.guardian?.isAlive) then();
    else this.main.after(1e3, () => this.#guardianGone(then));
  }

  #loopTakes(deadlineUs: number, then: () => void): void {
    const waits = this.#requests.waiting() + this.#receipts.waiting() > 0;
    if (!waits || this.#world.schedule.nowUs >= deadlineUs) then();
    else this.main.after(5e3, () => this.#loopTakes(deadlineUs, then));
  }

  #close(): void {
    if (!this.loop.thread.isAlive || this.loop.thread.standsStill || this.problem !== '' || !this.recorder) {
      this.kill();
      return;
    }
    this.recorder.close(emptySummary);
    this.#whenClosed(this.#world.schedule.nowUs + 60e6);
  }

  #whenClosed(deadlineUs: number): void {
    const done = this.#recorderIsClosed || this.#world.schedule.nowUs >= deadlineUs;
    if (done) this.main.after(5e3, () => this.kill());
    else this.main.after(5e3, () => this.#whenClosed(deadlineUs));
  }

  #threads(): readonly Thread[] {
    return [this.main, this.loop.thread, ...(this.recorder ? [this.recorder.thread] : [])];
  }
}

const emptySummary: RunSummary = {
  samples: 0,
  gaps: 0,
  discardedBytes: 0,
  detections: 0,
  stimuli: 0,
  refusals: 0,
  latencyUs: null,
  ringLosses: {},
  recording: null,
  mqtt: null,
};
const beatUs = 50e3;
const calmTickUs = 1e6;
