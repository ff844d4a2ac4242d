import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivered, FarByte } from './far-end.js';
import { buildPacedCard, type PacedCard } from './paced-card.js';

/** A card that keeps time, as a far end: a byte of 1 where a sound begins, `rest` where it is over. */
export class CardEnd implements Delivered {
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-card-'));
  readonly #rest: number;
  readonly card: PacedCard = buildPacedCard(this.#folder, 50);

  constructor(rest: number) {
    this.#rest = rest;
  }

  get length(): number {
    return this.bytes().length;
  }

  bytes(from = 0): FarByte[] {
    return this.card
      .heard()
      .sounds.flatMap(({ onUs, offUs }) => [
        { atUs: onUs, byte: 1 },
        ...(offUs === Infinity ? [] : [{ atUs: offUs, byte: this.#rest }]),
      ])
      .slice(from);
  }

  get last(): FarByte | undefined {
    return this.bytes().at(-1);
  }

  close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}
