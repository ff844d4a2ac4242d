import type { Outcome } from './broker-connection.js';
import { UnreadableRecording, type Backlog, type Waiting } from './backlog.js';

export interface ForwardingPorts {
  readonly backlog: Backlog;
  readonly publish: (waiting: Waiting) => Promise<Outcome>;
  readonly connected: () => boolean;
  /** Messages that may be under way at once. */
  readonly window: () => number;
  readonly nowMs: () => number;
  /** What keeps reports from arriving, for people; the empty string once they arrive again. */
  readonly onProblem: (problem: string) => void;
}

/**
 * Brings what waits in recordings to the broker: in order, at least once, one window at a time. What was under way when
 * the connection went is sent again by the next one, with the same ids. What a broker refuses is not pressed upon it: it
 * is offered again after pauses that grow to a minute, and nothing overtakes it.
 */
export class Forwarding {
  readonly #ports: ForwardingPorts;
  #busy: Promise<void> | undefined;
  #stopped = false;
  #pauseMs = 0;
  #notBeforeMs = -Infinity;
  #problem = '';

  constructor(ports: ForwardingPorts) {
    this.#ports = ports;
  }

  /** Sends what there is. Never rejects. */
  async run(): Promise<void> {
    this.#busy ??= this.#drain().finally(() => (this.#busy = undefined));
    return this.#busy;
  }

  /** A connection was made: what was refused before may be taken now. */
  connected(): void {
    this.#notBeforeMs = -Infinity;
    this.#pauseMs = 0;
  }

  /** Sends the last reports, but for no longer than this. */
  async finish(withinMs: number): Promise<void> {
    const { backlog } = this.#ports;
    this.#notBeforeMs = -Infinity;
    const late = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
    // Twice: the first may have begun before the last rows were written.
    await Promise.race([this.run().then(() => this.run()), late]);
    this.#stopped = true;
    try {
      backlog.finish();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #drain(): Promise<void> {
    const { connected, nowMs } = this.#ports;
    while (!this.#stopped && connected() && nowMs() >= this.#notBeforeMs) {
      try {
        if (!(await this.#window())) return;
      } catch (error) {
        this.#failed(error);
      }
      // So that what arrives is read, however many rows carry no report.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** False if nothing waits, or the connection is gone. */
  async #window(): Promise<boolean> {
    const { backlog, publish, window, nowMs } = this.#ports;
    const waiting = backlog.next(window());
    const outcomes = waiting.map((one): Promise<Outcome> => (one.report ? publish(one) : arrived));
    for (const [place, one] of waiting.entries()) {
      const outcome = await outcomes[place];
      if (this.#stopped || outcome === 'lost') return false;
      if (outcome !== 'arrived') {
        this.#hold(`the broker refuses ${one.report?.topic ?? ''}: ${outcome?.refused ?? ''}`);
        return false;
      }
      backlog.arrived(one, nowMs());
    }
    if (waiting.length > 0) this.connected();
    this.#tell('');
    return waiting.length > 0;
  }

  #failed(error: unknown): void {
    this.#hold(error instanceof Error ? error.message : String(error));
    // A damaged recording does not hold up the next one.
    if (error instanceof UnreadableRecording && error.another) this.#notBeforeMs = -Infinity;
  }

  #hold(problem: string): void {
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * this.#pauseMs));
    this.#notBeforeMs = this.#ports.nowMs() + this.#pauseMs;
    this.#tell(problem);
  }

  #tell(problem: string): void {
    if (problem !== this.#problem) this.#ports.onProblem(problem);
    this.#problem = problem;
  }
}

const arrived: Promise<Outcome> = Promise.resolve('arrived');
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
