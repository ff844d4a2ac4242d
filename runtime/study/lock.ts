import { createHash } from 'node:crypto';
import { z } from 'zod';

/**
 * The lock of a study: what its protocol was when somebody approved it. One line of JSON a version, each with the hash of
 * the one before and of itself; an amendment is one more line. The last one is in force. Pure.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What decides what a sleeper gets. */
const protocol = z.strictObject({
  study: z.string(),
  axond: z.string(),
  /** SHA-256 of each file that axond itself runs, by its path in the package: two builds can have one version. */
  programs: z.record(z.string(), sha256),
  node: z.string(),
  /** Versions of the libraries that axond names, by their name. */
  libraries: z.record(z.string(), z.string()),
  /** SHA-256 of the sealed file. */
  allocation: sha256,
  /** Values of the effective configuration, as JSON, by their key. */
  keys: z.record(z.string(), z.string()),
  /** SHA-256 of the files that it names, by the key that names them. */
  files: z.record(z.string(), sha256),
  /** Variables that can change what is run or played, by their name. */
  environment: z.record(z.string(), z.string()),
});
export type Protocol = z.infer<typeof protocol>;

const version = z.strictObject({
  axondStudyLock: z.literal(1),
  /** From 1. */
  version: z.int().min(1),
  /** Of the ethics committee, as it was typed. */
  approval: z.string(),
  by: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Why it was amended; empty for the first one. */
  reason: z.string(),
  protocol,
  /** Hash of the line before; empty for the first one. */
  previous: z.string(),
  hash: sha256,
});
export type LockVersion = z.infer<typeof version>;

/** Who locks, and why. */
export type Signature = Pick<LockVersion, 'approval' | 'by' | 'at' | 'reason'>;

/** The line of a version after `before`, which is undefined for the first one. */
export function encodeVersion(signature: Signature, held: Protocol, before: LockVersion | undefined): string {
  const { approval, by, at, reason } = signature;
  const text = JSON.stringify({
    axondStudyLock: 1,
    version: (before?.version ?? 0) + 1,
    ...{ approval, by, at, reason },
    protocol: sorted(held),
    previous: before?.hash ?? '',
  });
  return `${text.slice(0, -1)},"hash":"${hashOf(text)}"}\n`;
}

/** All versions, the one in force last; at least one. Throws a `RangeError` that names the line. */
export function readLock(text: string): readonly [LockVersion, ...LockVersion[]] {
  const versions: LockVersion[] = [];
  const lines = text.split('\n');
  const end = lines.pop();
  for (const [place, line] of lines.entries()) {
    const fault = (what: string): RangeError => new RangeError(`${what} in line ${place + 1}`);
    const [, body = '', hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
    if (hash !== hashOf(`${body}}`)) throw fault('was edited, or is damaged,');
    const read = version.safeParse(JSON.parse(line));
    if (!read.success) throw fault('is no lock of this version of axond');
    if (read.data.previous !== (versions.at(-1)?.hash ?? '')) throw fault('lacks what was before it');
    versions.push(read.data);
  }
  if (end !== '') throw new RangeError(`is cut off in line ${lines.length + 1}`);
  const [first, ...more] = versions;
  if (!first) throw new RangeError('is empty');
  return [first, ...more];
}

/** SHA-256 of a protocol: the same on every box that has locked the same one. */
export function protocolHash(held: Protocol): string {
  return hashOf(JSON.stringify(sorted(held)));
}

/** What there is now. A file that cannot be read has the reason instead of its SHA-256. */
export interface ProtocolNow extends Omit<Protocol, 'allocation'> {
  /** Null if the guardian could not read it. */
  readonly allocation: string | null;
}

/** Everything in which they differ, one line each: thing, value, what was locked. Empty: nothing. */
export function lockFaults(lock: LockVersion, now: ProtocolNow): string[] {
  const { protocol: locked } = lock;
  const by = `(approval ${lock.approval}, by ${lock.by})`;
  const differences: string[] = [];
  const say = (what: string): void => void differences.push(`study: ${what} ${by}. ${fix}`);
  const compare = (what: string, is: string | null, was: string): void => {
    if (is !== was) say(`${what} is ${is ?? 'not to be read'}, locked as ${was}`);
  };
  compare('study.name', now.study, locked.study);
  compare("axond's version", now.axond, locked.axond);
  const others = changes(now.programs, locked.programs).map(([file]) => file);
  if (others.length > 0) say(`axond's own ${some(others)} ${others.length === 1 ? 'is' : 'are'} not as locked`);
  compare("Node's version", now.node, locked.node);
  for (const [name, is = 'missing', was] of changes(now.libraries, locked.libraries))
    say(`the library ${name} is ${is}, ${was === undefined ? notLocked : `locked as ${was}`}`);
  for (const [what, is, was] of changes(now.keys, locked.keys)) {
    say(
      `${what} is ${is === undefined ? 'missing' : shown(is)}, ${was === undefined ? notLocked : `locked as ${shown(was)}`}`,
    );
  }
  for (const [what, is, was] of changes(now.environment, locked.environment)) {
    const value = is === undefined ? 'is not set' : `is ${is}`;
    say(`the environment's ${what} ${value}, ${was === undefined ? notLocked : `locked as ${was}`}`);
  }
  for (const [what, is, was] of changes(now.files, locked.files)) {
    if (is === undefined) say(`${what} names no file, locked with one (SHA-256 ${short(was ?? '')})`);
    else if (!sha256.safeParse(is).success) say(`${what}: ${is}, and was locked`);
    else if (was === undefined) say(`${what} names a file (SHA-256 ${short(is)}), ${notLocked}`);
    else say(`${what} is another file than was locked (SHA-256 ${short(is)}, locked as ${short(was)})`);
  }
  const allocation = now.allocation === null ? null : short(now.allocation);
  if (now.allocation !== locked.allocation) compare('study.allocation', allocation, short(locked.allocation));
  return differences;
}

const fix = 'Put it back, or amend the lock: axond study lock --amend REASON.';
const notLocked = 'and not in the lock';

function changes(
  now: Readonly<Record<string, string>>,
  then: Readonly<Record<string, string>>,
): [key: string, is: string | undefined, was: string | undefined][] {
  const keys = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  const own = (of: Readonly<Record<string, string>>, key: string) => (Object.hasOwn(of, key) ? of[key] : undefined);
  return keys
    .map((key): [string, string | undefined, string | undefined] => [key, own(now, key), own(then, key)])
    .filter(([, is, was]) => is !== was);
}

/** Of another build hundreds differ. */
function some(files: readonly string[]): string {
  const more = files.length - mostNamed;
  return `${files.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const mostNamed = 3;

/** A text without its quotes. */
const shown = (json: string): string => json.replace(/^"(.+)"$/, '$1');
const short = (hash: string): string => `${hash.slice(0, 12)}…`;

/** Whatever order its keys were found in. */
function sorted(held: Protocol): Protocol {
  const inOrder = (map: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { study, axond, programs, node, libraries, allocation, keys, files, environment } = held;
  const maps = { keys: inOrder(keys), files: inOrder(files), environment: inOrder(environment) };
  return { study, axond, programs: inOrder(programs), node, libraries: inOrder(libraries), allocation, ...maps };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
