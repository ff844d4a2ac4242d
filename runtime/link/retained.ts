import type { Outcome } from './broker-connection.js';

/**
 * Topics of which the broker keeps the newest payload. One of each is under way at a time, so a slow broker gets what is
 * true when it is ready for it, and no queue grows before it.
 */
export class RetainedTopics {
  readonly #publish: (topic: string, payload: string) => Promise<Outcome>;
  readonly #newest = new Map<string, () => string>();
  /** What was given out last, where that has not been answered yet. */
  readonly #underWay = new Map<string, () => string>();

  constructor(publish: (topic: string, payload: string) => Promise<Outcome>) {
    this.#publish = publish;
  }

  /** `payload` is called when it is sent, each time anew. */
  set(topic: string, payload: () => string): void {
    this.#newest.set(topic, payload);
    this.#send(topic);
  }

  /** After a new connection: the broker may have lost them. */
  sendAll(): void {
    this.#underWay.clear();
    for (const topic of this.#newest.keys()) this.#send(topic);
  }

  /** Somebody may have missed it: also if it is under way. */
  sendAgain(topic: string): void {
    this.#underWay.delete(topic);
    this.#send(topic);
  }

  /** All that was given has been answered. */
  get settled(): boolean {
    return this.#underWay.size === 0;
  }

  #send(topic: string): void {
    const payload = this.#newest.get(topic);
    if (!payload || this.#underWay.has(topic)) return;
    this.#underWay.set(topic, payload);
    void this.#publish(topic, payload()).then((outcome) => {
      if (this.#underWay.get(topic) !== payload) return;
      this.#underWay.delete(topic);
      if (outcome === 'arrived' && this.#newest.get(topic) !== payload) this.#send(topic);
    });
  }
}
