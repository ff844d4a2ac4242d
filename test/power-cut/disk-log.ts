import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Random } from '../fuzz/random.js';

/** What `disk-log.c` has written down of a folder, and every state of it that a power cut may leave. */

export type DiskCall = {
  readonly path: string;
  /** Of the call, in microseconds of CLOCK_MONOTONIC. */
  readonly startUs: number;
  readonly endUs: number;
} & (
  | { readonly kind: 'created' | 'truncated' | 'synced'; readonly file: string; readonly offset: number }
  | { readonly kind: 'written'; readonly file: string; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: 'renamed'; readonly to: string }
  | { readonly kind: 'unlinked' }
);

/** Why no log can be made here, or the empty string. */
export function withoutDiskLog(): string {
  return spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0 ? '' : 'there is no C compiler (cc)';
}

/** Builds the library in a folder; the environment of a process whose disk calls below `folders` go into `log`. */
export function diskLogged(folder: string, log: string, folders: readonly string[]): Record<string, string> {
  const library = join(folder, 'disk-log.so');
  if (!existsSync(library)) {
    const source = fileURLToPath(new URL('../../../test/power-cut/disk-log.c', import.meta.url));
    const { status, stderr } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`cc: ${stderr}`);
  }
  return { LD_PRELOAD: library, AXOND_DISK_LOG: log, AXOND_DISK_LOG_FOLDERS: folders.join(':') };
}

const kinds = ['', 'created', 'written', 'truncated', 'synced', 'renamed', 'unlinked'] as const;
const headBytes = 56;

/** A record that is not whole yet ends it. */
export function readDiskLog(log: string): DiskCall[] {
  const bytes = readFileSync(log);
  const calls: DiskCall[] = [];
  for (let at = 0; at + headBytes <= bytes.length;) {
    if (bytes.readUInt32LE(at) !== 0x4b534944) throw new Error(`${log}: no record at byte ${at}`);
    const [startUs, endUs] = [bytes.readDoubleLE(at + 8), bytes.readDoubleLE(at + 16)];
    const file = `${bytes.readBigUInt64LE(at + 24)} ${bytes.readBigUInt64LE(at + 32)}`;
    const offset = Number(bytes.readBigUInt64LE(at + 40));
    const pathEnd = at + headBytes + bytes.readUInt32LE(at + 48);
    const end = pathEnd + bytes.readUInt32LE(at + 52);
    if (end > bytes.length) break;
    const path = bytes.toString('utf8', at + headBytes, pathEnd);
    const data = bytes.subarray(pathEnd, end);
    const kind = kinds[bytes.readUInt32LE(at + 4)] ?? '';
    if (kind === 'renamed') calls.push({ kind, path, startUs, endUs, to: data.toString('utf8') });
    else if (kind === 'unlinked') calls.push({ kind, path, startUs, endUs });
    else if (kind === 'written') calls.push({ kind, path, startUs, endUs, file, offset, data });
    else if (kind !== '') calls.push({ kind, path, startUs, endUs, file, offset });
    at = end;
  }
  return calls;
}

/** A change of a file's contents or of names that no sync has made sure of. */
interface Unsure<Change> {
  readonly endUs: number;
  readonly change: Change;
}
type Content = { readonly data: Uint8Array; readonly offset: number } | { readonly length: number };
interface File {
  readonly sure: Bytes;
  unsure: Unsure<Content>[];
}
/** Names that one call gives or takes away; or a folder that has another one, with all that is in it. */
type Names =
  readonly (readonly [path: string, file: File | undefined])[] | { readonly from: string; readonly to: string };

/**
 * The folder as a power cut may leave it. Sure is what stood before the start of a sync that has returned: of the file for
 * its contents, of the folder for names. Of the rest any combination may be there.
 */
export class CutDisk {
  readonly #files = new Map<string, File>();
  /** As they are without a power cut. */
  readonly #here = new Map<string, File>();
  readonly #sure = new Map<string, File>();
  #unsure: Unsure<Names>[] = [];

  /** The next call, in the order of the log. */
  take(call: DiskCall): void {
    if (call.kind === 'created') {
      const file = { sure: new Bytes(), unsure: [] };
      this.#files.set(call.file, file);
      this.#named(call, [[call.path, file]]);
    } else if (call.kind === 'renamed' && !this.#here.has(call.path)) {
      this.#named(call, { from: call.path, to: call.to });
    } else if (call.kind === 'renamed') {
      this.#named(call, [
        [call.path, undefined],
        [call.to, this.#here.get(call.path)],
      ]);
    } else if (call.kind === 'unlinked') this.#named(call, [[call.path, undefined]]);
    else {
      const file = this.#files.get(call.file);
      if (!file) this.#syncedFolder(call);
      else if (call.kind === 'synced') syncedFile(file, call.startUs);
      else {
        const change = call.kind === 'written' ? { data: call.data, offset: call.offset } : { length: call.offset };
        file.unsure.push({ endUs: call.endUs, change });
      }
    }
  }

  /** Of what is not sure, `random` keeps each name and each sector of each write, or not; or all of a file's, or none. */
  afterPowerCut(random: Random): Map<string, Uint8Array> {
    const names = new Map(this.#sure);
    for (const { change } of this.#unsure) if (random.chance(0.5)) give(names, change);
    return new Map([...names].map(([path, file]) => [path, contents(file, random)]));
  }

  /** As a clean end leaves it. */
  whole(): Map<string, Uint8Array> {
    return new Map(
      [...this.#here].map(([path, { sure, unsure }]) => {
        const bytes = sure.copy();
        for (const { change } of unsure) bytes.change(change);
        return [path, bytes.all];
      }),
    );
  }

  #named(call: DiskCall, change: Names): void {
    this.#unsure.push({ endUs: call.endUs, change });
    give(this.#here, change);
  }

  #syncedFolder({ path, startUs }: DiskCall): void {
    const isHere = (name: string): boolean => dirname(name) === path;
    const isSure = ({ endUs, change }: Unsure<Names>): boolean =>
      endUs <= startUs &&
      ('from' in change ? isHere(change.from) && isHere(change.to) : change.every(([name]) => isHere(name)));
    for (const { change } of this.#unsure.filter(isSure)) give(this.#sure, change);
    this.#unsure = this.#unsure.filter((one) => !isSure(one));
  }
}

function give(names: Map<string, File>, changes: Names): void {
  if ('from' in changes) {
    const within = [...names].filter(([path]) => path.startsWith(`${changes.from}/`));
    for (const [path, file] of within) {
      names.delete(path);
      names.set(changes.to + path.slice(changes.from.length), file);
    }
    return;
  }
  for (const [path, file] of changes) {
    if (file) names.set(path, file);
    else names.delete(path);
  }
}

function syncedFile(file: File, startUs: number): void {
  for (const { change } of file.unsure.filter(({ endUs }) => endUs <= startUs)) file.sure.change(change);
  file.unsure = file.unsure.filter(({ endUs }) => endUs > startUs);
}

function contents({ sure, unsure }: File, random: Random): Uint8Array {
  const share = random.pick([0, 1, 0.5, 0.9]);
  const bytes = sure.copy();
  for (const { change } of unsure) {
    if ('length' in change) {
      if (random.chance(share)) bytes.change(change);
      continue;
    }
    const { data, offset } = change;
    for (let from = 0; from < data.length;) {
      const to = Math.min(data.length, sectorBytes * (Math.floor((offset + from) / sectorBytes) + 1) - offset);
      if (random.chance(share)) bytes.change({ data: data.subarray(from, to), offset: offset + from });
      from = to;
    }
  }
  return bytes.all;
}

/** Contents of a file; what was skipped is zero. */
class Bytes {
  #bytes: Uint8Array;
  #length: number;

  constructor(bytes = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#length = bytes.length;
  }

  get all(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): Bytes {
    return new Bytes(this.all.slice());
  }

  change(change: Content): void {
    const length = 'length' in change ? change.length : Math.max(this.#length, change.offset + change.data.length);
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(2 * length);
      grown.set(this.all);
      this.#bytes = grown;
    }
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
    if ('data' in change) this.#bytes.set(change.data, change.offset);
  }
}

/** What a disk writes whole or not at all. */
const sectorBytes = 512;
