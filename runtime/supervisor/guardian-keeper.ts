import { guardianCauses, type Receipt } from '../contracts.js';

export type GuardianCause = (typeof guardianCauses)[number];

/** What the keeper does with the world. */
export interface GuardianPorts {
  /** Starts a guardian; `started` or `failed` of the keeper follows. */
  start(): void;
  /** Asks the one that runs to rest and to end; `exited` of the keeper follows. */
  stop(): void;
  /** Calls `then` once, so much later. */
  after(us: number, then: () => void): void;
  /** The number of the guardian that waits for the loop on its FIFO, from 1; 0 for none. */
  offer(guardian: number): void;
  /** Into the loop's mailbox of receipts; false while it is full. */
  post(kind: 'receipt' | 'guardian', fields: readonly number[]): boolean;
  /** By a person, past the core. */
  silenced(): void;
  say(level: 'info' | 'error', text: string): void;
}

/**
 * Keeps a guardian alive: what it says goes to the loop in its order, also through a mailbox that is full for a while;
 * one that ends by itself is started again, disarmed, because the loop disarms when it hears of the end. The first one is
 * started by whoever makes the keeper. Pure.
 */
export class GuardianKeeper {
  /** What the guardian last said of itself. */
  cause: GuardianCause = 'starting';
  ready = false;
  readonly #ports: GuardianPorts;
  readonly #waiting: { readonly kind: 'receipt' | 'guardian'; readonly fields: readonly number[] }[] = [];
  #number = 0;
  /** What follows when the one that runs ends. */
  #ending: 'restart' | 'renew' | 'stop' = 'restart';

  constructor(ports: GuardianPorts) {
    this.#ports = ports;
  }

  /** Ends it for good. */
  stop(): void {
    this.#ending = 'stop';
    this.#ports.stop();
  }

  /**
   * Replaces a guardian that does not recover by itself: one that was silenced or latched stays so until somebody arms.
   * False if there is none to replace.
   */
  renew(): boolean {
    if (!latching.has(this.cause) || this.#ending !== 'restart') return false;
    this.#ending = 'renew';
    this.#ports.stop();
    return true;
  }

  /** Passes on what found a full mailbox; called with every beat of the supervisor. */
  flush(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (!this.#ports.post(first.kind, first.fields)) return;
      this.#waiting.shift();
    }
  }

  // ── What is heard of it ───────────────────────────────────────────────────────────────────────────────────────────

  /** It runs and has its FIFO. */
  started(): void {
    this.#ports.offer(++this.#number);
  }

  /** It could not be started. */
  failed(reason: string): void {
    this.#ports.say('error', `guardian: cannot be started (${reason}). Trying again, disarmed.`);
    this.#state(false, 'exited');
    this.#startAgain();
  }

  receipt({ command, state, atUs }: Receipt): void {
    this.#pass('receipt', [command, state, atUs]);
  }

  state(ready: boolean, cause: GuardianCause): void {
    this.#ports.say('info', `guardian: ${ready ? 'ready' : `at rest (${cause})`}`);
    this.#state(ready, cause);
    if (cause === 'silenced') this.#ports.silenced();
  }

  exited(detail: string): void {
    this.#ports.offer(0);
    const ending = this.#ending;
    if (ending === 'stop') return;
    this.#ending = 'restart';
    this.#state(false, 'exited');
    if (ending === 'renew') {
      this.#start();
      return;
    }
    this.#ports.say('error', `${detail}. Starting it again, disarmed.`);
    this.#startAgain();
  }

  #start(): void {
    this.cause = 'starting';
    this.#ports.start();
  }

  #startAgain(): void {
    this.#ports.after(restartUs, () => {
      if (this.#ending === 'restart') this.#start();
    });
  }

  #state(ready: boolean, cause: GuardianCause): void {
    this.ready = ready;
    this.cause = cause;
    this.#pass('guardian', [ready ? 1 : 0, guardianCauses.indexOf(cause)]);
  }

  #pass(kind: 'receipt' | 'guardian', fields: readonly number[]): void {
    if (this.#waiting.length > 0 || !this.#ports.post(kind, fields)) this.#waiting.push({ kind, fields });
  }
}

/** What a guardian does not recover from by itself. */
const latching = new Set<GuardianCause>(['silenced', 'latched', 'actuator', 'channel', 'deliveries', 'condition']);
const restartUs = 500e3;
