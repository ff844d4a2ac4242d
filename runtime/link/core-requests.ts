import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { silenceGuardian } from '../guardian/silence.js';
import { leaveRestCall } from '../study/rest-call.js';
import type { FromLink, RemoteRequest } from './messages.js';

/** What came of a request. Without reasons and not `ok`: nobody has answered in time. */
export interface CoreAnswer {
  readonly ok: boolean;
  readonly data: unknown;
  readonly reasons: readonly string[];
}

/** Hands requests to the core, and silences to the guardian, past the core; each gets one answer. */
export class CoreRequests {
  readonly #silenceSocket: string;
  readonly #bootId: string;
  readonly #say: (message: FromLink) => void;
  readonly #asked = new Map<string, (answer: CoreAnswer) => void>();
  #requests = 0;

  constructor(silenceSocket: string, bootId: string, say: (message: FromLink) => void) {
    this.#silenceSocket = silenceSocket;
    this.#bootId = bootId;
    this.#say = say;
  }

  async ask(wanted: RemoteRequest): Promise<CoreAnswer> {
    if (wanted.verb !== 'silence') {
      const answer = this.#askCore(wanted);
      if (wanted.verb === 'disarm') this.#callForRest();
      return answer;
    }
    try {
      const silenced = silenceGuardian(this.#silenceSocket);
      // Not before: nothing may hold it up, a slow disk least of all.
      this.#callForRest();
      return { ok: true, data: await silenced, reasons: [] };
    } catch (error) {
      // One that is just being started would be armed a moment later.
      void this.#askCore({ verb: 'disarm' });
      return { ok: false, data: null, reasons: [error instanceof Error ? error.message : String(error)] };
    }
  }

  answered({ id, ...answer }: CoreAnswer & { readonly id: string }): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  /** A core that hangs hears nothing; the run after it does (SAFETY.md R-51). */
  #callForRest(): void {
    const folder = dirname(this.#silenceSocket);
    if (!existsSync(folder)) return;
    try {
      leaveRestCall(folder, this.#bootId);
    } catch (error) {
      process.stderr.write(`link: for the next run it could not be left that rest is wanted: ${String(error)}\n`);
    }
  }

  #askCore(wanted: Exclude<RemoteRequest, { verb: 'silence' }>): Promise<CoreAnswer> {
    const id = String(++this.#requests);
    return new Promise((resolve) => {
      const given = setTimeout(() => this.answered({ id, ok: false, data: null, reasons: [] }), answerMs);
      this.#asked.set(id, (answer) => {
        clearTimeout(given);
        resolve(answer);
      });
      this.#say({ request: { id, wanted } });
    });
  }
}

const answerMs = 2000;
