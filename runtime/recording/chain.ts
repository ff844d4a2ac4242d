import { createHash } from 'node:crypto';

/**
 * Hash chains: each link is the SHA-256 over the link before it and its own content, so that a change anywhere shows from
 * there on. Against somebody who calculates all of it anew, only a link helps that stood elsewhere before: the head, which
 * axond gives out (SAFETY.md R-42).
 */

/** In lower-case hex. `previous` is the link before, or the empty string. */
export function chainHash(previous: string, content: string | Uint8Array): string {
  return createHash('sha256').update(`${previous}\n`).update(content).digest('hex');
}

/** A chain that is being written, or gone over again. */
export class Chain {
  length: number;
  /** The newest link. */
  head: string;

  /** `head` is what the next link continues, the link of number `length`. */
  constructor(head = '', length = 0) {
    this.head = head;
    this.length = length;
  }

  copy(): Chain {
    return new Chain(this.head, this.length);
  }

  /** Returns the new head. */
  add(content: string | Uint8Array): string {
    this.head = chainHash(this.head, content);
    this.length++;
    return this.head;
  }
}

/** Place, from 0, of the first link that does not continue the chain from `start`; -1 if all do. */
export function firstBreak(
  links: Iterable<{ readonly content: string | Uint8Array; readonly hash: string }>,
  start = '',
): number {
  const chain = new Chain(start);
  for (const { content, hash } of links) if (chain.add(content) !== hash) return chain.length - 1;
  return -1;
}

/** Columns of a row as bytes, each with its type and length: other columns are other bytes. */
export function rowContent(columns: readonly (number | string | Uint8Array | null)[]): Uint8Array {
  const parts = columns.map((column) => {
    if (column === null) return Buffer.from('0');
    if (typeof column === 'number') {
      const bytes = Buffer.from('n12345678', 'latin1');
      // SQLite keeps no sign of zero.
      bytes.writeDoubleLE(column + 0, 1);
      return bytes;
    }
    const bytes = typeof column === 'string' ? Buffer.from(column) : column;
    return Buffer.concat([Buffer.from(`${typeof column === 'string' ? 't' : 'b'}${bytes.length}:`), bytes]);
  });
  return Buffer.concat(parts);
}
