import { NeuroCore } from './core.js';
import type { Placement } from './placement.js';
import { neurons } from './protocol.js';
import { createRunModel, type RunModel, type Runner } from './run-model.js';
import type { InputWindow } from './window.js';

/** The network as the chip computes it, here: what the chip's answers must equal. */
export function createTwin(placement: Placement, ticks: number): RunModel {
  return createRunModel(placement, ticks, new TwinRunner(placement));
}

class TwinRunner implements Runner {
  readonly engine = 'neurocorex-twin';
  readonly #core: NeuroCore;

  constructor({ tables }: Placement) {
    this.#core = new NeuroCore(tables);
  }

  get wraps(): number {
    return this.#core.wraps;
  }

  run({ addresses }: InputWindow, frames: Uint8Array): void {
    const core = this.#core;
    core.reset();
    for (let tick = 0; tick < addresses.length; tick++) {
      core.tick(addresses[tick] as number);
      frames.set(core.spikes, tick * neurons);
    }
  }
}
