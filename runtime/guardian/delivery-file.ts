import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseDeliveries, type DeliveryLog } from './delivery-lines.js';

/**
 * `NAME.deliveries` as one thread of the guardian writes it. Nothing is synchronised: what the kernel has taken outlives
 * any death of ours, and a power cut is covered by the leases, which are on disk before.
 */
export class DeliveryFile {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'a');
  }

  append(line: string): void {
    let written: number;
    try {
      written = writeSync(this.#descriptor, line);
    } catch (error) {
      throw new Error(`${this.#path}: ${error instanceof Error ? error.message : String(error)}. ${remedy}`);
    }
    if (written !== line.length) throw new Error(`${this.#path}: the disk took half a line. ${remedy}`);
  }
}

/** What the guardians of this run have written so far. */
export function readDeliveryFile(path: string): DeliveryLog {
  return parseDeliveries(existsSync(path) ? readFileSync(path, 'utf8') : '');
}

const remedy = 'Nothing fires that cannot be written down: free space, then arm again.';
