import {
  neurons,
  one,
  parameterSlot,
  fromInput,
  fromNeuron,
  silentTables,
  slots,
  type ChipTables,
} from './protocol.js';

/**
 * The 90 neurons of a NeuroCoreX, tick by tick and bit by bit: the engine's fixed-point twin of the chip. In tick T
 *
 *   u = v + bias (of the biased neuron)
 *   u ≥ threshold and not at rest:  spike in T, v = 0; what would have come in T is lost
 *   else:                           v = u − leak + from neurons + from inputs, also while at rest after a spike
 *
 * - From inputs: the weight of the input taken in tick T − 1; nothing where the neuron before spikes in T (the chip's
 *   pipeline looks one neuron too far).
 * - From neurons: where any neuron spiked in T − 1, the sum of its weights is added to what came in T − 1, so that the
 *   current grows for as long as the network goes on firing; where none did, all get what the last slot holds. A neuron
 *   that spiked alone gets what its predecessor gets, for no other neuron counted towards it. A weight onto the neuron
 *   before the one that spikes is never added.
 * - Nothing saturates: membranes and currents wrap at 18 bits; a sum of weights keeps its sign and the low 17 bits.
 *
 * All but three of this is in recordings of the published VHDL. Read in it, not recorded: the neuron that spiked alone,
 * the weight onto the neuron before, and what a run leaves to the next one (`endRun`).
 */
export class NeuroCore {
  readonly tables: ChipTables;
  readonly membranes = new Int32Array(neurons);
  /** Times that a membrane, a current or a sum of weights passed its range and came out at the other end. */
  wraps = 0;
  /** Of the last tick. */
  readonly spikes = new Uint8Array(neurons);
  readonly #resting = new Int32Array(neurons);
  readonly #currents = new Int32Array(neurons);
  /** Sums of weights of what spiked, and of the input that was taken, in the tick before; and how many spiked. */
  readonly #fromNeurons = new Int32Array(neurons);
  readonly #nextFromNeurons = new Int32Array(neurons);
  #spiked = 0;
  #alone = -1;
  #address = -1;
  /** What the register of the recurrent current holds. */
  #held = 0;

  constructor(tables: ChipTables = silentTables()) {
    this.tables = tables;
  }

  /** One tick, in which the input of this address is taken (−1: none). */
  tick(address: number): void {
    const { tables, membranes, spikes } = this;
    const { thresholds, refractory, leaks, feedForward } = tables;
    const leak = leaks[8] as number;
    const scale = (refractory[0] as number) & 0xff;
    this.#nextFromNeurons.fill(0);
    let count = 0;
    let last = -1;
    let beforeSpikes = false;
    for (let n = 0; n < neurons; n++) {
      this.#recur(n);
      const slot = parameterSlot(n);
      const u = tables.biased === n + 1 ? this.#wrap((membranes[n] as number) + tables.bias) : (membranes[n] as number);
      const resting = this.#resting[n] as number;
      if (u >= (thresholds[slot] as number) && resting === 0) {
        spikes[n] = 1;
        membranes[n] = 0;
        this.#resting[n] = 1;
        beforeSpikes = true;
        this.#send(n);
        count++;
        last = n;
        continue;
      }
      spikes[n] = 0;
      if (resting >= 1) this.#resting[n] = resting < (refractory[slot] as number) ? resting + 1 : 0;
      const weight = this.#address < 0 || beforeSpikes ? 0 : (feedForward[rowOf(n) + this.#address] as number);
      membranes[n] = this.#wrap(u - leak + (this.#currents[n] as number) + this.#shift(weight * scale));
      beforeSpikes = false;
    }
    this.#fromNeurons.set(this.#nextFromNeurons);
    this.#spiked = count;
    this.#alone = count === 1 ? last : -1;
    this.#address = address;
  }

  /**
   * The tick in which the last entry of a run is taken computes nothing, then membranes and currents are cleared. Rests,
   * and the spikes of the tick before, stay for the first tick of the next run.
   */
  endRun(): void {
    this.membranes.fill(0);
    this.#currents.fill(0);
    this.spikes.fill(0);
    this.#address = -1;
  }

  /** As after power-on, the tables stay. */
  reset(): void {
    this.endRun();
    this.#resting.fill(0);
    this.#fromNeurons.fill(0);
    this.#spiked = this.#held = this.wraps = 0;
    this.#alone = -1;
  }

  #recur(n: number): void {
    if (this.#spiked > 0 && this.#alone !== n)
      this.#held = this.#wrap((this.#currents[n] as number) + this.#shift(this.#fromNeurons[n] as number));
    this.#currents[n] = this.#held;
  }

  #send(from: number): void {
    const { recurrent } = this.tables;
    const sums = this.#nextFromNeurons;
    for (let n = 0; n < neurons; n++)
      if (n !== from - 1) sums[n] = (sums[n] as number) + (recurrent[fromNeuron(n, from)] as number);
  }

  /** Into 18 bits with sign, as an adder does. */
  #wrap(value: number): number {
    const kept = (value << 14) >> 14;
    if (kept !== value) this.wraps++;
    return kept;
  }

  /** Weights to membrane: 10 places up, the sign and the low 17 bits kept. */
  #shift(sum: number): number {
    const low = (sum * one) & 0x1ffff;
    const kept = sum < 0 ? low - 0x20000 : low;
    if (kept !== sum * one) this.wraps++;
    return kept;
  }
}

const rowOf = (neuron: number): number => fromInput(neuron, 0) - (fromInput(neuron, 0) % slots);
