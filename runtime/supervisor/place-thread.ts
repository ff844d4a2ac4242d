import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type {
  FromPlaceThread,
  PlaceRequestVerb,
  PlaceState,
  PlaceThreadData,
  RotatedPlaces,
  ToPlaceThread,
} from '../place/shared.js';

export interface PlaceThreadEvents {
  onState(state: PlaceState, told: boolean, moved: boolean): void;
  onNotice(delivering: boolean, text: string): void;
  onRotated(rotated: RotatedPlaces): void;
  /** Why the recording goes on. */
  onNotRotated(reason: string): void;
  /** The source has come to its end. */
  onOver(): void;
  /** The thread died: nothing may go on. */
  onDeath(error: Error): void;
}

type Ready = Extract<FromPlaceThread, { ready: unknown }>['ready'];

/** The thread of the place loop as the supervisor sees it. */
export class PlaceThread {
  /** Rejects with one line where the map cannot be used. */
  readonly ready: Promise<Ready>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, (refusal: string) => void>();
  readonly #ended: Promise<void>;
  #requests = 0;

  constructor(data: PlaceThreadData, events: PlaceThreadEvents, log: Logger) {
    const worker = new Worker(new URL('../place/thread.js', import.meta.url), { workerData: data });
    this.#worker = worker;
    this.ready = new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (message: FromPlaceThread) => {
        if ('ready' in message) resolve(message.ready);
        else if ('refused' in message) reject(new Error(message.refused));
      });
    });
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => resolve());
      worker.on('message', (message: FromPlaceThread) => {
        if ('state' in message) events.onState(message.state, message.told, message.moved);
        else if ('notice' in message) events.onNotice(message.notice.delivering, message.notice.text);
        else if ('rotated' in message) events.onRotated(message.rotated);
        else if ('notRotated' in message) events.onNotRotated(message.notRotated);
        else if ('over' in message) events.onOver();
        else if ('answer' in message) this.#answered(message.answer.id, message.answer.refusal);
        else if ('ended' in message) resolve();
      });
    });
    worker.once('error', (error: unknown) => {
      const known = error instanceof Error ? error : new Error(String(error));
      log.error(known, 'the thread of the place loop died');
      for (const id of this.#asked.keys()) this.#answered(id, 'the loop has died; see the log');
      events.onDeath(known);
    });
  }

  start(): void {
    this.#tell({ start: true });
  }

  mark(marker: number): void {
    this.#tell({ marker });
  }

  /** Begin another recording with the next cycle. */
  rotate(): void {
    this.#tell({ rotate: true });
  }

  /** Why it was not followed, or the empty string. */
  request(request: PlaceRequestVerb, place: number, number: number, text: string): Promise<string> {
    const id = ++this.#requests;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#tell({ request, id, place, number, text });
    });
  }

  /** Ends source and connections and saves the map. */
  async stop(): Promise<void> {
    this.#tell({ stop: true });
    const last = setTimeout(() => void this.#worker.terminate(), lastResortMs);
    await this.#ended;
    clearTimeout(last);
    await this.#worker.terminate();
  }

  #tell(message: ToPlaceThread): void {
    this.#worker.postMessage(message);
  }

  #answered(id: number, refusal: string): void {
    this.#asked.get(id)?.(refusal);
    this.#asked.delete(id);
  }
}

/** A camera program has two seconds to end, a map of a hundred thousand places one to be written. */
const lastResortMs = 5000;
