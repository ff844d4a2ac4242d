import { createHash } from 'node:crypto';
import { z } from 'zod';
import { forwardedRequest, type RemoteRequest } from './messages.js';

/** A message on `request/<verb>`. */
export interface Received {
  readonly verb: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** What is left of the message expiry interval of MQTT 5, in seconds. */
  readonly expirySeconds?: number | undefined;
  /** Wall time here. */
  readonly nowMs: number;
}

/** Why a request is not followed, in the answer's `error`. Codes are for programs, the rest is for people. */
export interface RemoteRefusal {
  readonly code:
    | 'local-only'
    | 'unknown-verb'
    | 'retained'
    | 'too-large'
    | 'malformed'
    | 'version'
    | 'id'
    | 'expiry'
    | 'expired'
    | 'arguments'
    | 'refused'
    | 'no-answer';
  readonly message: string;
  readonly reasons: readonly string[];
  readonly fix: string;
}

export interface Wanted {
  readonly wanted: RemoteRequest;
  readonly id: string;
  /** For `remember`. */
  readonly key: string;
}
export type Judged =
  | Wanted
  | { readonly refused: RemoteRefusal; readonly id: string }
  /** The answer that the same request got before. */
  | { readonly repeated: string }
  /** The same request is being followed: its answer comes once. */
  | { readonly underWay: true };

/**
 * Judges what comes in on `request/<verb>` (SAFETY.md ). A stop is followed whatever its payload, its age and
 * its id, for who sends it wants rest now and a wrong stop harms nobody; only a retained one is not, for it says nothing
 * of now: a broker would hand it out at every connection of every night to come. What tightens limits must be new, for
 * the person who armed since then decided otherwise. Nothing arms, and nothing raises. Pure but for the memory of the
 * last requests, which outlives connections.
 */
export class RequestJudge {
  /** Answers by verb and id; the empty string while there is none yet. */
  readonly #answers = new Map<string, { readonly content: string; answer: string }>();

  judge({ verb, payload, retained, expirySeconds, nowMs }: Received): Judged {
    const given = payload.length > largestBytes ? undefined : objectOf(payload);
    const id = typeof given?.['id'] === 'string' && given['id'].length <= longestId ? given['id'] : '';
    const refuse = (code: RemoteRefusal['code'], message: string, fix: string, reasons: string[] = []): Judged => ({
      id,
      refused: { code, message, reasons: [message, ...reasons], fix },
    });
    if (retained) return refuse('retained', `request/${verb}: was kept by the broker`, 'Send it without retain.');
    if (verb === 'disarm' || verb === 'silence') return { id, wanted: { verb }, key: '' };
    if (verb === 'arm')
      return refuse('local-only', 'arm: nothing remote can arm', 'On the machine itself: axond arm --for 8h');
    if (!isForwarded(verb)) return refuse('unknown-verb', `${verb}: is no request`, `Use ${verbs.join(', ')}.`);
    if (payload.length > largestBytes)
      return refuse('too-large', `${payload.length} bytes are more than ${largestBytes}`, 'Send less.');
    if (!given) return refuse('malformed', 'the payload is no JSON object', 'Send {"v":1,"id":"…","args":{…}}.');
    if (given['v'] !== 1)
      return refuse('version', `v: ${short(given['v'])} is not 1`, 'Send "v":1, the version of axond/1/….');
    const key = `${verb} ${id}`;
    const content = createHash('sha256').update(payload).digest('hex');
    const known = id === '' ? undefined : this.#answers.get(key);
    if (known && known.content !== content)
      return refuse('id', `id: ${id} was used for another ${verb}`, 'Give each request an id of its own.');
    if (known) return known.answer === '' ? { underWay: true } : { repeated: known.answer };
    const parsed = forwardedRequest.safeParse({ ...record.safeParse(given['args']).data, verb });
    if (!parsed.success) {
      const reasons = parsed.error.issues.map(({ path, message }) => `args.${path.join('.')}: ${message}`);
      return refuse('arguments', `args: not those of ${verb}`, argumentsOf[verb], reasons);
    }
    // Late it would be said of another limit, or of another alarm, than was meant.
    if (verb === 'lower' || verb === 'acknowledge') {
      if (id === '') return refuse('id', 'id: is missing', 'Give each request an id, so that it is followed once.');
      const late = this.#late(verb, given['expires'], expirySeconds, nowMs);
      if (late) return refuse(late.code, late.message, late.fix);
    }
    if (id !== '') this.#keep(key, content);
    return { id, wanted: parsed.data, key };
  }

  /** Keeps an answer, to give it again for the same request. */
  remember(key: string, answer: string): void {
    const kept = this.#answers.get(key);
    if (kept) kept.answer = answer;
  }

  #keep(key: string, content: string): void {
    this.#answers.set(key, { content, answer: '' });
    if (this.#answers.size > mostAnswers) this.#answers.delete(this.#answers.keys().next().value ?? '');
  }

  /** Of both ways to say how long a request is good, one is needed, and each that is used must hold. */
  #late(
    verb: string,
    expires: unknown,
    seconds: number | undefined,
    nowMs: number,
  ): Omit<RemoteRefusal, 'reasons'> | undefined {
    const fix = `Set the message expiry interval to ${longestSeconds} s or less, or "expires" to a time so near.`;
    if (expires === undefined && seconds === undefined)
      return { code: 'expiry', message: `${verb}: says not how long it is good`, fix };
    if (seconds !== undefined && !(seconds <= longestSeconds))
      return { code: 'expiry', message: `message expiry interval: ${seconds} s is above ${longestSeconds} s`, fix };
    if (expires === undefined) return undefined;
    const leftMs = typeof expires === 'string' ? Date.parse(expires) - nowMs : NaN;
    const here = `it is ${new Date(nowMs).toISOString()} here`;
    if (!(leftMs <= longestSeconds * 1000))
      return {
        code: 'expiry',
        message: `expires: ${short(expires)} is no time within ${longestSeconds} s; ${here}`,
        fix,
      };
    return leftMs > 0 ? undefined : { code: 'expired', message: `expires: ${short(expires)} is over; ${here}`, fix };
  }
}

/** Where the answer goes: to the topic that was asked for, but never to one where a report or a request would stand. */
export function answerTopic(asked: string | undefined, root: string, verb: string): string {
  const own = `${root}response/${known.has(verb) ? verb : 'unknown'}`;
  if (asked === undefined || asked === '' || /[#+\0]/.test(asked)) return own;
  const foreign = asked.startsWith('axond/') || asked.startsWith('$');
  return foreign && !asked.startsWith(`${root}response/`) ? own : asked;
}

function objectOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    return record.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

const short = (value: unknown): string => JSON.stringify(value ?? null).slice(0, 100);

const record = z.record(z.string(), z.unknown());
const argumentsOf = {
  lower: 'Give perMinute, perHour, perNight (whole numbers), interval_us or gain_db (0 or less).',
  mark: 'Give text, of at most 1,000 characters.',
  acknowledge: 'Give alarm, its name, and by, two to five letters.',
  status: 'Give none.',
  'place/learn': 'Give none.',
  'place/match': 'Give none.',
  'place/pause': 'Give none.',
  'place/label':
    'Give label, of at most 200 characters, and place, its number; without it the place where the robot is.',
  'place/forget': 'Give place, its number.',
  'place/map': 'Give map, the name of the file of the map that the robot is on.',
} as const;
const isForwarded = (verb: string): verb is keyof typeof argumentsOf => Object.hasOwn(argumentsOf, verb);
const verbs = ['disarm', 'silence', ...Object.keys(argumentsOf)];
const known = new Set([...verbs, 'arm']);
const largestBytes = 16 * 1024;
const longestId = 64;
const longestSeconds = 10;
const mostAnswers = 1000;
