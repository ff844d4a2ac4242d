/** What a stream of bytes may take, in microseconds. */
export interface StreamLimits {
  /** From its start to its first byte. */
  readonly startUs: number;
  /** Between two reads that brought bytes. */
  readonly stallUs: number;
}

/**
 * When a stream that ought to deliver bytes for ever, of a child or a connection, is ended and started again. Pure: time
 * is an argument. One that fails again and again is started later and later; one that delivered for ten seconds has
 * earned a quick start.
 */
export class StreamWatch {
  readonly #limits: StreamLimits;
  #state: 'waiting' | 'starting' | 'delivering' | 'terminated' | 'killed' = 'waiting';
  #dueUs = -Infinity;
  #backOffUs = leastBackOffUs;
  #deliversSinceUs = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** When `due` has something to say, if nothing else is told before. */
  get dueUs(): number {
    return this.#dueUs;
  }

  started(nowUs: number): void {
    this.#state = 'starting';
    this.#dueUs = nowUs + this.#limits.startUs;
  }

  /** Returns true where these are the first since it was started. */
  delivered(nowUs: number): boolean {
    if (this.#state !== 'starting' && this.#state !== 'delivering') return false;
    const first = this.#state === 'starting';
    if (first) this.#deliversSinceUs = nowUs;
    this.#state = 'delivering';
    this.#dueUs = nowUs + this.#limits.stallUs;
    if (nowUs - this.#deliversSinceUs >= reliableUs) this.#backOffUs = leastBackOffUs;
    return first;
  }

  /** It has ended, or could not be started. */
  ended(nowUs: number): void {
    this.#state = 'waiting';
    this.#dueUs = nowUs + this.#backOffUs;
    this.#backOffUs = Math.min(2 * this.#backOffUs, mostBackOffUs);
  }

  /** What is to be done now, told once. `terminate` and `kill` are for one that has stalled. */
  due(nowUs: number): 'start' | 'terminate' | 'kill' | undefined {
    if (nowUs < this.#dueUs) return undefined;
    switch (this.#state) {
      case 'waiting':
        this.#dueUs = Infinity;
        return 'start';
      case 'starting':
      case 'delivering':
        this.#state = 'terminated';
        this.#dueUs = nowUs + graceUs;
        return 'terminate';
      case 'terminated':
        this.#state = 'killed';
        this.#dueUs = Infinity;
        return 'kill';
      case 'killed':
        return undefined;
    }
  }
}

const leastBackOffUs = 250_000;
const mostBackOffUs = 10_000_000;
const reliableUs = 10_000_000;
const graceUs = 1_000_000;
