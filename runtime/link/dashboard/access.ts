import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { roles, type Role } from './messages.js';

/** Who may look, from where, and how often they may be wrong. Pure. */

export type Tokens = Readonly<Record<Role, string>>;

/** The role of a token, compared in constant time. */
export function roleOf(token: string, tokens: Tokens): Role | undefined {
  const given = digest(token);
  let found: Role | undefined;
  for (const role of roles) if (timingSafeEqual(given, digest(tokens[role]))) found = role;
  return found;
}

/** Of equal length, whatever the text. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Against DNS rebinding: a page of somebody else whose name is made to point here says that name. An address in numbers
 * is nobody's name.
 */
export function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  return name === 'localhost' || isIP(name) !== 0 || names.some((own) => own.toLowerCase() === name);
}

/** A WebSocket obeys no CORS: the page that opens it must be ours, of the very host that it asks. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined) return false;
  const wanted = host.toLowerCase();
  return origin === `http://${wanted}` || origin === `https://${wanted}`;
}

/** Without port and brackets; undefined for what is no host. */
function hostName(host: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (parts?.[1] ?? parts?.[2])?.toLowerCase();
}

/** So many at once, and one more each `refillMs`. */
export class Allowance {
  readonly #most: number;
  readonly #refillMs: number;
  #left: number;
  #atMs = 0;

  constructor(most: number, refillMs: number) {
    this.#most = most;
    this.#refillMs = refillMs;
    this.#left = most;
  }

  /** False: too many. */
  take(nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#atMs) / this.#refillMs);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
