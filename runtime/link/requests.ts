import { remoteRequest, type RemoteRequest } from './messages.js';

export type Judged =
  | { readonly wanted: RemoteRequest; readonly id: string }
  | { readonly refused: string; readonly id: string }
  | { readonly repeated: string };

/** Judges what comes in on `request/<verb>`. Pure but for the memory of the last requests. */
export class RequestJudge {
  readonly #answered = new Map<string, string>();

  judge(verb: string, payload: Uint8Array, retained: boolean): Judged {
    if (payload.length > largestBytes) return { id: '', refused: `larger than ${largestBytes} bytes` };
    const given = parse(payload);
    const id = typeof given?.['id'] === 'string' ? given['id'] : '';
    if (retained) return { id, refused: 'retained: a request must not be' };
    if (verb === 'arm') return { id, refused: 'arming is local: use axond arm on the machine itself' };
    if (!given) return { id, refused: 'no JSON object' };
    if (given['v'] !== undefined && given['v'] !== 1)
      return { id, refused: `version ${JSON.stringify(given['v'])} is unknown` };
    const known = this.#answered.get(id);
    if (id !== '' && known !== undefined) return { repeated: known };
    const args = typeof given['args'] === 'object' && given['args'] !== null ? given['args'] : {};
    const parsed = remoteRequest.safeParse({ verb, ...args });
    if (parsed.success) return { id, wanted: parsed.data };
    return { id, refused: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
  }

  /** Keeps an answer, to give it again for the same id. */
  remember(id: string, answer: string): void {
    if (id === '') return;
    this.#answered.set(id, answer);
    if (this.#answered.size > mostAnswers) this.#answered.delete(this.#answered.keys().next().value ?? '');
  }
}

function parse(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = payload.length === 0 ? {} : JSON.parse(Buffer.from(payload).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const largestBytes = 16 * 1024;
const mostAnswers = 1000;
