import type { HardLimits } from '../../runtime/contracts.js';
import { tickUs } from '../../runtime/guardian/beat-watch.js';
import { alwaysReal } from '../../runtime/guardian/condition.js';
import { parseDeliveries } from '../../runtime/guardian/delivery-lines.js';
import { Firing } from '../../runtime/guardian/firing.js';
import type { GuardianWord } from '../../runtime/guardian/receipts.js';
import { Word, type FiringMessage } from '../../runtime/guardian/shared.js';
import { SimulatedActuator, type DeviceWitness } from './actuator.js';
import type { StoredRecording } from './disk.js';
import type { Pipe } from './pipe.js';
import type { Plants } from './plants.js';
import { Thread } from './schedule.js';
import type { World } from './world.js';

/** What the guardian's parent hears. */
export interface GuardianListener {
  /** A line of its standard output. */
  line(text: string): void;
  /** After its last line. */
  exited(): void;
}

/**
 * The guardian's process on virtual time: what `guardian/main.ts` and `guardian/command-thread.ts` are around `Firing` and
 * `RestKeeper`, with the same waits. In the quiet it does not tick: a tick changes nothing while beats are fresh, no
 * stimulus lasts and none waits, so the last one before anything happens stands for them all.
 */
export class SimulatedGuardian {
  readonly main: Thread;
  readonly commands: Thread;
  readonly actuator: SimulatedActuator;
  isAlive = true;
  /** It dies at the so-manieth time from now that it touches the world, before it does so. 0: not. */
  diesAtTouch = 0;
  readonly #world: World;
  readonly #recording: StoredRecording;
  readonly #pipe: Pipe;
  readonly #listener: GuardianListener;
  readonly #words = new Int32Array(4);
  readonly #times = new Float64Array(4);
  readonly #bytes = new Uint8Array(4096);
  #keeper: ReturnType<Plants['restKeeper']> | undefined;
  #firing: Firing | undefined;
  #isTicking = false;
  #lastTickUs = 0;
  #readComes = false;
  #isEnding = false;
  #lineUs = 0;

  constructor(
    world: World,
    recording: StoredRecording,
    pipe: Pipe,
    limits: HardLimits,
    witness: DeviceWitness,
    listener: GuardianListener,
  ) {
    this.#world = world;
    this.#recording = recording;
    this.#pipe = pipe;
    this.#listener = listener;
    this.main = new Thread(world.schedule);
    this.commands = new Thread(world.schedule);
    this.actuator = new SimulatedActuator(
      witness,
      () => world.clocks.monotonicUs,
      () => this.#touches(),
    );
    pipe.onChange = () => this.#toRead();
    const random = world.random;
    this.main.after(random.between(60e3, 200e3), () => this.#begin(limits));
  }

  /** Nothing of it would be stretched by the quiet. */
  get isCalm(): boolean {
    const keeper = this.#keeper;
    if (!keeper || !this.#firing) return false;
    const { state } = keeper;
    const settled = state === 'ready' || (state === 'latched' && this.actuator.isAtRest());
    const moves = !this.main.standsStill && !this.commands.standsStill;
    return settled && moves && keeper.endsUs === Infinity && this.#firing.dueUs === Infinity;
  }

  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.main.kill();
    this.commands.kill();
    this.actuator.letGo();
    this.#pipe.closeReader();
    this.#world.checker.died('guardian', this.#world.schedule.nowUs);
    const exitUs = Math.max(this.#world.schedule.nowUs, this.#lineUs) + this.#world.random.between(200, 3000);
    this.#world.schedule.at(exitUs, () => this.#listener.exited());
  }

  /** As SIGSTOP does. */
  standStill(us: number): void {
    const until = this.#world.schedule.nowUs + us;
    this.main.stopUntil(until);
    this.commands.stopUntil(until);
  }

  silence(by: string): void {
    this.main.after(this.#world.random.between(50, 600), () => {
      this.#world.exact(1e6);
      if (!this.#keeper) return;
      this.#keeper.silence(this.#nowUs(), by);
      this.#world.checker.silenced(this.#world.schedule.nowUs);
      this.#held();
    });
  }

  ask(check: number): void {
    this.main.after(this.#world.random.between(50, 600), () => {
      this.#say({ checked: { check, reasons: [...this.actuator.check()] } });
    });
  }

  /** Its standard input was closed, by its parent or with it. */
  closeInput(): void {
    this.main.after(this.#world.random.between(50, 600), () => this.#end());
  }

  /** From the quiet into exact time. */
  wake(): void {
    if (this.#isTicking || !this.#keeper || !this.isAlive) return;
    const now = this.#world.schedule.nowUs;
    const missed = Math.floor((now - this.#lastTickUs) / tickUs);
    if (missed > 0) {
      this.#lastTickUs += missed * tickUs;
      this.#keeper.tick(this.#world.clocks.monotonicAt(this.#lastTickUs));
    }
    this.#isTicking = true;
    this.main.at(this.#lastTickUs + tickUs, () => this.#tick());
  }

  /** Bytes that the loop had written at `atUs`, in the quiet before now. */
  readEarlier(atUs: number): void {
    if (!this.commands.isAlive || this.commands.standsStill || !this.#firing) return;
    const length = this.#pipe.read(this.#bytes, this.#bytes.length);
    if (length > 0) this.#firing.push(this.#bytes, length, this.#world.clocks.monotonicAt(atUs));
  }

  // ── Main thread ───────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(limits: HardLimits): void {
    const world = this.#world;
    this.#keeper = world.plants.restKeeper(this.#words, this.#times, {
      actuator: this.actuator,
      append: (line) => this.#append(line),
      say: (word) => this.#say(word),
      complain: (line) => world.trace(() => `guardian: ${line}`),
    });
    this.#lastTickUs = world.schedule.nowUs;
    this.#isTicking = true;
    this.main.after(tickUs, () => this.#tick());
    this.commands.after(world.random.between(10e3, 60e3), () => {
      this.#firing = new Firing(
        limits,
        this.#words,
        this.#times,
        {
          actuator: this.actuator,
          condition: alwaysReal,
          append: (line) => this.#append(line),
          tell: (message) => this.#tell(message),
        },
        parseDeliveries(this.#recording.deliveries),
        this.#nowUs(),
      );
      this.#pipe.readerIsThere = true;
      world.exact(1e6);
    });
    world.exact(2e6);
  }

  #tick(): void {
    const world = this.#world;
    this.#lastTickUs = world.schedule.nowUs;
    this.#keeper?.tick(this.#nowUs());
    this.#held();
    if (this.#isEnding) return;
    if (!world.isExact && this.isCalm && world.coreIsCalm) this.#isTicking = false;
    else this.main.after(tickUs, () => this.#tick());
  }

  #heard(message: FiringMessage): void {
    const keeper = this.#keeper;
    if (!keeper) return;
    keeper.heard(message, this.#nowUs());
    this.#held();
    if ('broken' in message && message.cause === 'gone') this.#end();
    if (keeper.endsUs === Infinity) return;
    const { endsUs } = keeper;
    this.#world.exact(this.#world.clocks.trueAt(endsUs) - this.#world.schedule.nowUs + 100e3);
    this.#endWhenDue(endsUs);
  }

  /** Timers of the engine count whole milliseconds. */
  #endWhenDue(endsUs: number): void {
    const leftUs = Math.max(0, endsUs - this.#nowUs());
    this.main.after(Math.ceil(leftUs / 1000) * 1000 + this.#world.random.between(30, 200), () => {
      this.#keeper?.due(this.#nowUs());
    });
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#keeper?.rest(this.#nowUs());
    this.#isEnding = true;
    this.#held();
    this.main.after(500, () => this.kill());
  }

  #say(word: GuardianWord): void {
    if (this.#isEnding || !this.#touches()) return;
    const text = JSON.stringify(word);
    const world = this.#world;
    const random = world.random;
    const arrivesUs = world.schedule.nowUs + random.between(80, 700) + world.receiptDelayUs * random.next();
    this.#lineUs = Math.max(this.#lineUs, arrivesUs);
    world.schedule.at(this.#lineUs, () => this.#listener.line(text));
  }

  // ── Command thread ────────────────────────────────────────────────────────────────────────────────────────────────

  #toRead(): void {
    if (this.#readComes || !this.isAlive) return;
    this.#readComes = true;
    this.commands.after(this.#world.random.between(20, 200), () => this.#read());
  }

  #read(): void {
    this.#readComes = false;
    const firing = this.#firing;
    if (!firing || firing.stopped || firing.dueUs !== Infinity) return;
    const length = this.#pipe.read(this.#bytes, this.#bytes.length);
    if (length > 0) firing.push(this.#bytes, length, this.#nowUs());
    else if (this.#pipe.isAtItsEnd) firing.end();
    else return;
    this.#waitForDue();
  }

  #waitForDue(): void {
    const firing = this.#firing;
    if (!firing) return;
    if (firing.dueUs === Infinity) {
      if (this.#pipe.waits || this.#pipe.isAtItsEnd) this.#toRead();
      return;
    }
    this.#world.exact(100e3);
    this.commands.at(this.#world.clocks.trueAt(firing.dueUs) + this.#world.random.between(20, 150), () =>
      this.#fireDue(),
    );
  }

  #fireDue(): void {
    const firing = this.#firing;
    if (!firing || firing.dueUs === Infinity) return;
    firing.fireDue(this.#nowUs());
    if (firing.dueUs === Infinity) this.#waitForDue();
  }

  /** The command thread wakes when the other one raises `hold`. */
  #held(): void {
    if (this.#words[Word.hold] !== 1 || !this.#firing || this.#firing.dueUs === Infinity) return;
    this.commands.after(this.#world.random.between(5, 60), () => this.#fireDue());
  }

  #tell(message: FiringMessage): void {
    if (!this.#touches()) return;
    this.main.after(this.#world.random.between(20, 300), () => this.#heard(message));
  }

  #append(line: string): void {
    if (!this.#touches()) return;
    if (this.#world.linesFail) throw new Error('EIO: i/o error, write');
    this.#world.disk.append(this.#recording, line, this.#world.schedule.nowUs);
  }

  /** False for a dead process; the death that was planned for this touch comes first. */
  #touches(): boolean {
    if (this.isAlive && this.diesAtTouch > 0 && --this.diesAtTouch === 0) {
      this.#world.trace(() => 'guardian: dies in the middle');
      this.kill();
    }
    return this.isAlive;
  }

  #nowUs(): number {
    return this.#world.clocks.monotonicUs;
  }
}
