import { ModelError } from '../../models/format/model-error.js';
import { command, inputAddress, mostWait, slots, spikesBytes, writeEnd, writeEntry } from './protocol.js';

/** Ticks of a run at most: with one entry a tick and the last one they fit the chip's memory, whenever they come. */
export const mostTicks = 1000;
/** An address that nobody has weights for: entries that only say how long to wait. */
export const noAddress = slots - 1;

/**
 * The spikes of a run as the chip takes them: one a tick. Where several inputs spike at once, the lower one goes first
 * and the others follow in the next ticks.
 */
export class InputWindow {
  /** Address taken in each tick, −1 for none. */
  readonly addresses: Int16Array;
  /** The run in bytes, as many as `encode` says. */
  readonly bytes: Uint8Array;
  /** Of the run that was scheduled last: spikes that come later than they should, and those that it is too short for. */
  readonly counts = { late: 0, lost: 0 };
  readonly #ticks: number;
  readonly #inputs: number;

  constructor(ticks: number, inputs: number) {
    if (!Number.isInteger(ticks) || ticks < 1 || ticks > mostTicks)
      throw new ModelError(`a run of ${ticks} ticks: the chip takes whole runs of 1 to ${mostTicks}.`);
    this.#ticks = ticks;
    this.#inputs = inputs;
    this.addresses = new Int16Array(ticks);
    this.bytes = new Uint8Array(spikesBytes(ticks + 1));
    this.bytes[0] = command.spikes;
  }

  /** `spikes` is [tick][input], anything but 0 is one. */
  schedule(spikes: ArrayLike<number>): void {
    const length = this.#ticks * this.#inputs;
    if (spikes.length !== length)
      throw new ModelError(
        `${spikes.length} values for a run of ${this.#ticks} ticks of ${this.#inputs} inputs. Give ${length}.`,
      );
    this.counts.late = this.counts.lost = 0;
    let next = 0;
    for (let tick = 0; tick < this.#ticks; tick++) {
      const end = (tick + 1) * this.#inputs;
      while (next < end && spikes[next] === 0) next++;
      this.addresses[tick] = next < end ? inputAddress(next % this.#inputs) : -1;
      if (next >= end) continue;
      if (next < tick * this.#inputs) this.counts.late++;
      next++;
    }
    for (; next < length; next++) if (spikes[next] !== 0) this.counts.lost++;
  }

  /**
   * Writes the run that was scheduled, a tick longer so that all of its ticks compute, and returns its length in bytes.
   * It begins with an entry in its first tick, spike or not.
   */
  encode(): number {
    let entries = 0;
    let before = -1;
    for (let tick = 0; tick <= this.#ticks; tick++) {
      const address = tick < this.#ticks ? (this.addresses[tick] as number) : noAddress;
      if (address < 0 && tick > 0 && tick - before <= mostWait) continue;
      writeEntry(this.bytes, entries++, tick - before - 1, address < 0 ? noAddress : address);
      before = tick;
    }
    writeEnd(this.bytes, entries);
    return spikesBytes(entries);
  }
}
