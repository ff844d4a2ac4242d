/** Part of a view: graded spikes, and 1 for each that is known. What is not known says nothing, not even 0. */
export interface Fragment {
  readonly spikes: Int8Array;
  readonly known: Int8Array;
}

export interface Recalled {
  readonly place: number;
  /** How alike what is known of the fragment is to the same part of the view, from −1 to 1. */
  readonly overlap: number;
}

/**
 * Views bound to places, recalled from either side: a place from any fragment of its view, a view from its place. What
 * a recurrent network such as hippocampal CA3 settles into (Casanueva-Morato and others 2024: arXiv 2310.05868), as a
 * table: exact, and one pattern never disturbs another. Binding a known place again forgets its view first.
 */
export class AssociativeMemory {
  readonly #size: number;
  readonly #views = new Map<number, Int8Array>();

  /** `size`: spikes of a view. */
  constructor(size: number) {
    this.#size = size;
  }

  /** In the order in which they were bound first. */
  get places(): number[] {
    return [...this.#views.keys()];
  }

  /** @throws RangeError for a view of another size */
  bind(place: number, view: Int8Array): void {
    this.#check(view.length);
    this.#views.set(place, view.slice());
  }

  forget(place: number): void {
    this.#views.delete(place);
  }

  viewOf(place: number): Int8Array | undefined {
    return this.#views.get(place)?.slice();
  }

  /** The place whose view overlaps most; undefined where none does by `least`. */
  recall(fragment: Fragment, least: number): Recalled | undefined {
    const overlaps = new Float32Array(this.#views.size);
    this.compare(fragment, overlaps);
    let best: Recalled | undefined;
    this.places.forEach((place, number) => {
      const overlap = overlaps[number] as number;
      if (overlap >= (best?.overlap ?? least)) best = { place, overlap };
    });
    return best;
  }

  /** `overlaps[0 … places)`: cosines over what is known; 0 where nothing is. Returns the largest. */
  compare({ spikes, known }: Fragment, overlaps: Float32Array): number {
    this.#check(spikes.length);
    this.#check(known.length);
    const active: number[] = [];
    let ofCue = 0;
    known.forEach((is, cell) => {
      if (is === 0) return;
      active.push(cell);
      ofCue += (spikes[cell] as number) ** 2;
    });
    let largest = Number.NEGATIVE_INFINITY;
    let number = 0;
    for (const view of this.#views.values()) {
      let dot = 0;
      let ofView = 0;
      for (const cell of active) {
        const spike = view[cell] as number;
        dot += spike * (spikes[cell] as number);
        ofView += spike * spike;
      }
      const overlap = dot === 0 ? 0 : dot / Math.sqrt(ofCue * ofView);
      overlaps[number++] = overlap;
      largest = Math.max(largest, overlap);
    }
    return largest;
  }

  #check(length: number): void {
    if (length !== this.#size) throw new RangeError(`a view of ${length} spikes: this memory keeps ${this.#size}.`);
  }
}
