import { monotonicUs } from '../runtime/monotonic.js';
import { StreamWatch, type StreamLimits } from './stream-watch.js';

export interface StreamNotice {
  /** `over`: it has ended, and is not started again. */
  readonly state: 'delivering' | 'stalled' | 'ended' | 'missing' | 'over';
  /** One line that names the stream, what happened, and what can be done. */
  readonly text: string;
}

export interface StreamListener {
  /** A stream is about to start: what was kept of the last one is void. */
  onStart(): void;
  onBytes(bytes: Uint8Array, nowUs: number): void;
  /** It has ended: what the bytes say of why, as a sentence, or nothing. */
  onEnd(): string;
  /** Once for each change, however often the same happens again. */
  onNotice(notice: StreamNotice): void;
}

/** Bytes that ought to come for ever: ended where they stall, started again where they end. */
export abstract class KeptStream {
  /** How often it was started again. */
  restarts = -1;
  protected readonly listener: StreamListener;
  /** Nobody wants it any longer. */
  protected stopped = false;
  /** It is ended because it had stalled: all is said. */
  protected stalled = false;
  readonly #watch: StreamWatch;
  #timer: NodeJS.Timeout | undefined;
  #lastNotice = '';
  #open = false;
  #onStopped: () => void = () => undefined;

  constructor(limits: StreamLimits, listener: StreamListener) {
    this.#watch = new StreamWatch(limits);
    this.listener = listener;
  }

  /** What it is called in notices. */
  protected abstract readonly name: string;
  /** What is done about one that has stalled, as a sentence. */
  protected abstract readonly remedy: string;
  /** Starts it; `deliver` and `ended` tell how it goes on. */
  protected abstract open(): void;
  /** Ends it, at last by force; `ended` follows. */
  protected abstract close(force: boolean): void;

  start(): void {
    this.#act();
  }

  /** Ends it, and returns when it is gone. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.#timer);
    if (!this.#open) return;
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.close(false);
    const force = setTimeout(() => this.close(true), graceMs);
    await stopped;
    clearTimeout(force);
  }

  protected deliver(bytes: Uint8Array): void {
    if (this.stopped) return;
    const nowUs = monotonicUs();
    if (this.#watch.delivered(nowUs)) {
      this.#act();
      this.tell('delivering', `${this.name} delivers.`);
    }
    this.listener.onBytes(bytes, nowUs);
  }

  /** `tell` is called with what the bytes say of why, where there is anything to tell. */
  protected ended(tell: (why: string) => void): void {
    this.#open = false;
    const why = this.listener.onEnd();
    this.#watch.ended(monotonicUs());
    this.#onStopped();
    if (this.stopped) return;
    if (!this.stalled) tell(why);
    this.#act();
  }

  protected tell(state: StreamNotice['state'], text: string): void {
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.listener.onNotice({ state, text });
  }

  #act(): void {
    clearTimeout(this.#timer);
    switch (this.#watch.due(monotonicUs())) {
      case 'start':
        this.#begin();
        break;
      case 'terminate':
        this.stalled = true;
        this.tell('stalled', `${this.name} has stopped delivering. ${this.remedy}`);
        this.close(false);
        break;
      case 'kill':
        this.close(true);
        break;
    }
    if (!this.stopped && this.#watch.dueUs < Infinity)
      this.#timer = setTimeout(() => this.#act(), Math.max(1, (this.#watch.dueUs - monotonicUs()) / 1000));
  }

  #begin(): void {
    this.listener.onStart();
    this.restarts++;
    this.stalled = false;
    this.#open = true;
    this.open();
    this.#watch.started(monotonicUs());
  }
}

const graceMs = 1000;
