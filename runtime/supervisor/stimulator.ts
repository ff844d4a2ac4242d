import type { Logger } from 'pino';
import { guardianCauses, type Receipt } from '../contracts.js';
import type { ActuatorPlan } from '../guardian/actuators.js';
import { startGuardian, type GuardianProcess } from '../guardian/start.js';
import { Control, post } from '../loop/shared.js';
import type { RunMemory } from './memory.js';
import type { Places } from './places.js';

/**
 * The guardian as the supervisor sees it: starts it, brings its receipts and states to the loop, restarts it after a
 * fault. A restarted guardian knows of no arming, and the loop disarms when it hears of the fault.
 */
export class Stimulator {
  /** What the guardian last said of itself: one of `guardianCauses`. */
  cause: (typeof guardianCauses)[number] = 'starting';
  ready = false;
  readonly #memory: RunMemory;
  readonly #places: Places;
  readonly #plan: ActuatorPlan;
  readonly #deliveries: string;
  readonly #realtime: boolean;
  readonly #log: Logger;
  readonly #waiting: (() => boolean)[] = [];
  readonly #questions = new Map<number, (reasons: readonly string[]) => void>();
  #asked = 0;
  #guardian: GuardianProcess | undefined;
  #stopping = false;

  constructor(
    memory: RunMemory,
    places: Places,
    plan: ActuatorPlan,
    deliveries: string,
    realtime: boolean,
    log: Logger,
  ) {
    this.#memory = memory;
    this.#places = places;
    this.#plan = plan;
    this.#deliveries = deliveries;
    this.#realtime = realtime;
    this.#log = log;
  }

  get pid(): number | null {
    return this.#guardian?.pid ?? null;
  }

  async start(): Promise<void> {
    this.cause = 'starting';
    this.#guardian = await startGuardian(
      {
        fifo: this.#places.fifo,
        silenceSocket: this.#places.silence,
        pidFile: this.#places.guardianPid,
        deliveries: this.#deliveries,
        actuator: this.#plan,
        realtime: this.#realtime,
      },
      {
        onReceipt: (receipt) => this.#receipt(receipt),
        onState: (ready, cause) => this.#state(ready, cause),
        onChecked: ({ check, reasons }) => this.#questions.get(check)?.(reasons),
        onExit: (detail) => this.#exited(detail),
      },
    );
    Atomics.store(this.#memory.control, Control.guardian, 1);
  }

  /** A guardian that was silenced or latched stays so until somebody arms again: then it is started anew. */
  async renew(): Promise<void> {
    if (!latching.has(this.cause)) return;
    this.#stopping = true;
    await this.#guardian?.stop();
    this.#stopping = false;
    await this.start();
  }

  /** A new guardian is ready after its first beats from the loop. */
  async becomesReady(withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (!this.ready && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.ready;
  }

  /** All that the guardian itself holds against arming; that it does not answer is a reason too. */
  check(withinMs: number): Promise<readonly string[]> {
    const check = ++this.#asked;
    return new Promise((resolve) => {
      const answer = (reasons: readonly string[]): void => {
        clearTimeout(timer);
        this.#questions.delete(check);
        resolve(reasons);
      };
      const silent = `the guardian does not answer within ${withinMs} ms. See its lines in the log.`;
      const timer = setTimeout(() => answer([silent]), withinMs);
      this.#questions.set(check, answer);
      this.#guardian?.ask(check);
    });
  }

  /** Passes on what found a full mailbox; called with every beat of the supervisor. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]?.()) this.#waiting.shift();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#guardian?.stop();
  }

  #receipt({ command, state, atUs }: Receipt): void {
    this.#pass(() => post(this.#memory.receipts, 'receipt', command, state, atUs));
  }

  #state(ready: boolean, cause: (typeof guardianCauses)[number]): void {
    this.ready = ready;
    this.cause = cause;
    this.#log.info(`guardian: ${ready ? 'ready' : `at rest (${cause})`}`);
    this.#pass(() => post(this.#memory.receipts, 'guardian', ready ? 1 : 0, guardianCauses.indexOf(cause)));
  }

  #exited(detail: string): void {
    Atomics.store(this.#memory.control, Control.guardian, 0);
    if (this.#stopping) return;
    this.#log.error(`guardian: ${detail}. Starting it again, disarmed.`);
    this.#state(false, 'exited');
    setTimeout(() => void this.start().catch((error: unknown) => this.#log.error(error)), restartMs);
  }

  #pass(send: () => boolean): void {
    if (this.#waiting.length > 0 || !send()) this.#waiting.push(send);
  }
}

/** What a guardian does not recover from by itself. */
const latching = new Set<string>(['silenced', 'latched', 'actuator', 'channel', 'deliveries', 'condition']);
const restartMs = 500;
