import type { EventBlock } from '../../runtime/contracts.js';

/** Directions of motion, in the order of their numbers: to the right, then clockwise in eighths (rows count downwards). */
export const directions = 8;

export interface MotionOptions {
  readonly width: number;
  readonly height: number;
  /** Speeds that neurons are tuned to, in pixels a second. */
  readonly speeds: readonly number[];
  /** Share of a neuron's synapses that must coincide for it to fire. */
  readonly threshold?: number;
}

/**
 * Motion from delays alone: each pixel has a neuron for each direction and speed, which listens to the pixels around it,
 * each through a delay of its own, so long that the spikes of an edge that moves so arrive together. Of the neurons of a
 * pixel the one with most coincidences fires. Synapses of different delays beside each other along the edge tell its
 * direction from those an eighth to either side (Grimaldi and Perrinet 2023, heterogeneous delays; weights are equal
 * here, not learned).
 *
 * A delay line would hold every spike; the time at which each pixel was last heard of says the same of the last one.
 */
export class MotionDetector {
  readonly neurons: number;
  /** Spikes since `clear`, by direction × speeds + speed. */
  readonly spikes: Uint32Array;
  readonly #width: number;
  readonly #height: number;
  readonly #speeds: number;
  readonly #threshold: number;
  /** Per synapse: columns and rows to its pixel, its delay, and how much earlier or later a spike may come. */
  readonly #columns: Int8Array;
  readonly #rows: Int8Array;
  readonly #delayUs: Float64Array;
  readonly #toleranceUs: Float64Array;
  /** Where the synapses of a neuron begin; one more than neurons. */
  readonly #begins: Int32Array;
  /** Of both polarities, one plane behind the other. */
  readonly #lastUs: Float64Array;

  constructor({ width, height, speeds, threshold = 0.75 }: MotionOptions) {
    this.#width = width;
    this.#height = height;
    this.#speeds = speeds.length;
    this.#threshold = threshold;
    this.neurons = directions * speeds.length;
    this.spikes = new Uint32Array(this.neurons);
    this.#lastUs = new Float64Array(2 * width * height).fill(-Infinity);
    const columns: number[] = [];
    const rows: number[] = [];
    const delayUs: number[] = [];
    const toleranceUs: number[] = [];
    const begins = [0];
    for (let direction = 0; direction < directions; direction++) {
      const [right, down] = unit(direction);
      for (const speed of speeds) {
        for (let row = -reach; row <= reach; row++) {
          for (let column = -reach; column <= reach; column++) {
            // How far back the edge was when it passed there. What it has yet to pass has nothing to say.
            const back = -(column * right + row * down);
            if (back < leastBack) continue;
            columns.push(column);
            rows.push(row);
            delayUs.push((1e6 * back) / speed);
            toleranceUs.push((1e6 * tolerancePixels) / speed);
          }
        }
        begins.push(columns.length);
      }
    }
    this.#columns = Int8Array.from(columns);
    this.#rows = Int8Array.from(rows);
    this.#delayUs = Float64Array.from(delayUs);
    this.#toleranceUs = Float64Array.from(toleranceUs);
    this.#begins = Int32Array.from(begins);
  }

  /** Takes the events of a block. Allocates nothing. */
  add({ x, y, polarity, timeUs, events }: EventBlock): void {
    const pixels = this.#width * this.#height;
    for (let at = 0; at < events; at++) {
      const column = x[at] as number;
      const row = y[at] as number;
      if (column >= this.#width || row >= this.#height) continue;
      const plane = polarity[at] === 1 ? pixels : 0;
      const winner = this.#winner(column, row, plane, timeUs[at] as number);
      if (winner >= 0) this.spikes[winner] = (this.spikes[winner] as number) + 1;
      this.#lastUs[plane + row * this.#width + column] = timeUs[at] as number;
    }
  }

  /** Direction whose neurons fired most since `clear`, over all speeds, or −1 if none did. */
  get direction(): number {
    let best = -1;
    let most = 0;
    for (let direction = 0; direction < directions; direction++) {
      let sum = 0;
      for (let speed = 0; speed < this.#speeds; speed++) sum += this.spikes[direction * this.#speeds + speed] as number;
      if (sum > most) [most, best] = [sum, direction];
    }
    return best;
  }

  clear(): void {
    this.spikes.fill(0);
  }

  /** The neuron of this pixel that fires, or −1. */
  #winner(column: number, row: number, plane: number, nowUs: number): number {
    let best = this.#threshold;
    let winner = -1;
    for (let neuron = 0; neuron < this.neurons; neuron++) {
      const begin = this.#begins[neuron] as number;
      const end = this.#begins[neuron + 1] as number;
      let coincident = 0;
      for (let synapse = begin; synapse < end; synapse++) {
        const from = column + (this.#columns[synapse] as number);
        const line = row + (this.#rows[synapse] as number);
        if (from < 0 || line < 0 || from >= this.#width || line >= this.#height) continue;
        const age = nowUs - (this.#lastUs[plane + line * this.#width + from] as number);
        const early = age - (this.#delayUs[synapse] as number);
        const tolerance = this.#toleranceUs[synapse] as number;
        if (early <= tolerance && early >= -tolerance) coincident++;
      }
      const share = coincident / (end - begin);
      if (share > best) [best, winner] = [share, neuron];
    }
    return winner;
  }
}

/** Columns and rows of a step of one pixel. */
function unit(direction: number): readonly [right: number, down: number] {
  const diagonal = Math.sqrt(0.5);
  const right = [1, diagonal, 0, -diagonal, -1, -diagonal, 0, diagonal][direction] ?? 0;
  const down = [0, diagonal, 1, diagonal, 0, -diagonal, -1, -diagonal][direction] ?? 0;
  return [right, down];
}

/** A neuron sees 5 × 5 pixels. */
const reach = 2;
const leastBack = 0.5;
/** Pixels are crossed somewhere within, not in their middle. */
const tolerancePixels = 0.4;
