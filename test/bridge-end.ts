import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridgeProcess } from '../firmware-bridge/host/bridge-process.test.fixture.js';
import type { Delivered, FarByte } from './far-end.js';

/** The pin of a bridge, as a far end: a byte of 1 where a pulse begins, `rest` where it is over. */
export class BridgeEnd implements Delivered {
  readonly bridge: BridgeProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-pin-'));
  readonly #rest: number;

  constructor(rest: number) {
    this.#rest = rest;
    this.bridge = new BridgeProcess(join(this.#folder, 'pin'), ['--realtime']);
  }

  get length(): number {
    return this.bridge.outputs.length;
  }

  bytes(from = 0): FarByte[] {
    return this.bridge.outputs
      .slice(from)
      .map(({ amplitude, atUs }) => ({ atUs, byte: amplitude > 0 ? 1 : this.#rest }));
  }

  get last(): FarByte | undefined {
    return this.bytes(this.length - 1)[0];
  }

  async close(): Promise<void> {
    await this.bridge.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
