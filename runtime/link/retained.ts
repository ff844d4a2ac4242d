import type { Outcome } from './broker-connection.js';

/**
 * Topics of which the broker keeps the newest payload. One of each is under way at a time, so a slow broker gets what is
 * true when it is ready for it, and no queue grows before it.
 */
export class RetainedTopics {
  readonly #publish: (topic: string, payload: Readonly<Record<string, unknown>>) => Promise<Outcome>;
  readonly #newest = new Map<string, Readonly<Record<string, unknown>>>();
  /** What was given out last, where that has not been answered yet. */
  readonly #underWay = new Map<string, Readonly<Record<string, unknown>>>();

  constructor(publish: (topic: string, payload: Readonly<Record<string, unknown>>) => Promise<Outcome>) {
    this.#publish = publish;
  }

  /** Below the node's root. */
  set(topic: string, payload: Readonly<Record<string, unknown>>): void {
    this.#newest.set(topic, payload);
    this.#send(topic);
  }

  /** After a new connection: the broker may have lost them. */
  sendAll(): void {
    this.#underWay.clear();
    for (const topic of this.#newest.keys()) this.#send(topic);
  }

  /** All that was given has been answered. */
  get settled(): boolean {
    return this.#underWay.size === 0;
  }

  #send(topic: string): void {
    const payload = this.#newest.get(topic);
    if (!payload || this.#underWay.has(topic)) return;
    this.#underWay.set(topic, payload);
    void this.#publish(topic, payload).then((outcome) => {
      if (this.#underWay.get(topic) !== payload) return;
      this.#underWay.delete(topic);
      if (outcome === 'arrived' && this.#newest.get(topic) !== payload) this.#send(topic);
    });
  }
}
