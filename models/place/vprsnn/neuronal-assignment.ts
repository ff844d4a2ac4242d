/** A neuron that fired for fewer of its spikes than this at a place says nothing of the place. */
const leastShare = 0.1;
/** A neuron that speaks for this share of all places is ambiguous. */
const ambiguous = 0.02;

interface Assignment {
  readonly place: number;
  /** Spikes of the neuron at the place, and their share of all that it fired. */
  readonly spikes: number;
  readonly share: number;
}

/**
 * What spikes say of places: each neuron speaks for those at which it fired after learning, with the less weight the
 * more they are (Hussaini 2022, arXiv 2109.06452). A place's score is what its neurons say, times the share of its
 * neurons' spikes that came from ones that fire now.
 */
export class NeuronalAssignment {
  readonly #places: number;
  /** Of each neuron. */
  readonly #assigned: readonly (readonly Assignment[])[];
  readonly #weights: Float64Array;
  readonly #total: Float64Array;
  readonly #active: Float64Array;

  /** `spikes[place][neuron]` */
  constructor(spikes: readonly Uint8Array[]) {
    const places = spikes.length;
    const neurons = spikes[0]?.length ?? 0;
    this.#places = places;
    this.#assigned = Array.from({ length: neurons }, (_, neuron) => {
      let sum = 0;
      for (const row of spikes) sum += row[neuron] ?? 0;
      return spikes.flatMap((row, place) => {
        const fired = row[neuron] ?? 0;
        return fired > leastShare * sum ? [{ place, spikes: fired, share: fired / sum }] : [];
      });
    });
    this.#weights = Float64Array.from(this.#assigned, ({ length }) =>
      length > 0 && length >= ambiguous * places ? 1 / length : 1,
    );
    this.#total = new Float64Array(places);
    for (const assigned of this.#assigned)
      for (const { place, spikes: fired } of assigned) this.#total[place] = (this.#total[place] as number) + fired;
    this.#active = new Float64Array(places);
  }

  /** Places that a neuron speaks for. */
  placesOf(neuron: number): number[] {
    return (this.#assigned[neuron] ?? []).map(({ place }) => place);
  }

  get bytes(): number {
    return this.#assigned.reduce((sum, { length }) => sum + 3 * length, 0);
  }

  score(spikes: Uint8Array, scores: Float32Array): void {
    const active = this.#active.fill(0);
    scores.fill(0, 0, this.#places);
    for (let neuron = 0; neuron < spikes.length; neuron++) {
      const fired = spikes[neuron] as number;
      if (fired === 0) continue;
      for (const { place, spikes: learned, share } of this.#assigned[neuron] ?? []) {
        scores[place] = (scores[place] as number) + fired * (this.#weights[neuron] as number) * share;
        active[place] = (active[place] as number) + learned;
      }
    }
    for (let place = 0; place < this.#places; place++) {
      const total = this.#total[place] as number;
      if (total > 0) scores[place] = ((scores[place] as number) * (active[place] as number)) / total;
    }
  }
}
