import type { Logger } from 'pino';
import type { GuardianOptions } from '../guardian/options.js';
import type { Receipt } from '../contracts.js';
import { startGuardian, type GuardianProcess } from '../guardian/start.js';
import { Control, post } from '../loop/shared.js';
import { GuardianKeeper, type GuardianCause } from './guardian-keeper.js';
import type { RunMemory } from './memory.js';
import type { Places } from './places.js';

/** What a guardian is told besides the places of its sockets. */
export type GuardianWork = Omit<GuardianOptions, 'fifo' | 'silenceSocket' | 'pidFile'>;

export interface StimulatorEvents {
  /** Before the loop can hear of it. */
  keepEvidence(receipt: Receipt): void;
  silenced(): void;
}

/** The guardian as the supervisor sees it: the shell around its keeper. */
export class Stimulator {
  readonly #places: Places;
  readonly #what: GuardianWork;
  readonly #events: StimulatorEvents;
  readonly #keeper: GuardianKeeper;
  readonly #questions = new Map<number, (reasons: readonly string[]) => void>();
  #asked = 0;
  #guardian: GuardianProcess | undefined;
  #starting: Promise<void> | undefined;

  constructor(memory: RunMemory, places: Places, what: GuardianWork, log: Logger, events: StimulatorEvents) {
    this.#events = events;
    this.#places = places;
    this.#what = what;
    this.#keeper = new GuardianKeeper({
      start: () => void this.#start().catch((error: unknown) => this.#keeper.failed(String(error))),
      stop: () => void this.#guardian?.stop(),
      after: (us, then) => void setTimeout(then, us / 1000),
      offer: (guardian) => void Atomics.store(memory.control, Control.guardian, guardian),
      post: (kind, fields) => post(memory.receipts, kind, ...fields),
      silenced: () => events.silenced(),
      say: (level, text) => log[level](text),
    });
  }

  get pid(): number | null {
    return this.#guardian?.pid ?? null;
  }

  get ready(): boolean {
    return this.#keeper.ready;
  }

  get cause(): GuardianCause {
    return this.#keeper.cause;
  }

  /** Rejects if the first guardian cannot be started; later ones are tried again and again. */
  start(): Promise<void> {
    return this.#start();
  }

  /** A guardian that was silenced or latched stays so until somebody arms again. False if there is none to replace. */
  renew(): boolean {
    return this.#keeper.renew();
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
    this.#keeper.flush();
  }

  /** Ends it for good; resolves when it is gone and its last receipts were heard. */
  async stop(): Promise<void> {
    this.#keeper.stop();
    await this.#starting?.catch(() => undefined);
    await this.#guardian?.stop();
  }

  #start(): Promise<void> {
    this.#starting = startGuardian(
      {
        fifo: this.#places.fifo,
        silenceSocket: this.#places.silence,
        pidFile: this.#places.guardianPid,
        ...this.#what,
      },
      {
        onReceipt: (receipt) => {
          this.#events.keepEvidence(receipt);
          this.#keeper.receipt(receipt);
        },
        onState: (ready, cause) => this.#keeper.state(ready, cause),
        onChecked: ({ check, reasons }) => this.#questions.get(check)?.(reasons),
        onExit: (detail) => this.#keeper.exited(detail),
      },
    ).then((guardian) => {
      this.#guardian = guardian;
      this.#keeper.started();
    });
    return this.#starting;
  }
}
