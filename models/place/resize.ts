/**
 * `area`: each pixel is the mean of what it covers. `bilinear`: between the four nearest centres, as networks are fed
 * (corners not aligned, nothing smoothed before).
 */
export type Resampling = 'area' | 'bilinear';

/** How a picture lies in an array: pixel (x, y) is at `origin + x * across + y * down`. */
export interface PictureLayout {
  readonly origin: number;
  readonly across: number;
  readonly down: number;
}

/** Pictures of one size to another one. Allocates nothing after construction. */
export class Resizer {
  readonly #height: number;
  readonly #columns: Weights;
  readonly #rows: Weights;
  /** Height of the source × width of the result. */
  readonly #narrowed: Float64Array;

  constructor(width: number, height: number, toWidth: number, toHeight: number, resampling: Resampling = 'area') {
    const weights = resampling === 'area' ? areaWeights : bilinearWeights;
    this.#height = height;
    this.#columns = weights(width, toWidth);
    this.#rows = weights(height, toHeight);
    this.#narrowed = new Float64Array(height * toWidth);
  }

  /** `levels[value]` stands for each value. Where `visible` is given, pixels that are 0 in it count as nothing. */
  resize(
    source: Uint8Array,
    { origin, across, down }: PictureLayout,
    levels: Float64Array,
    visible: Uint8Array | undefined,
    into: Float64Array,
  ): void {
    const columns = this.#columns;
    const toWidth = columns.first.length;
    for (let y = 0; y < this.#height; y++) {
      const row = origin + y * down;
      for (let x = 0; x < toWidth; x++) {
        let at = row + (columns.first[x] as number) * across;
        let sum = 0;
        for (let k = columns.from[x] as number; k < (columns.from[x + 1] as number); k++, at += across)
          if (visible === undefined || visible[at] !== 0)
            sum += (columns.weights[k] as number) * (levels[source[at] as number] as number);
        this.#narrowed[y * toWidth + x] = sum;
      }
    }
    const rows = this.#rows;
    for (let y = 0; y < rows.first.length; y++)
      for (let x = 0; x < toWidth; x++) {
        let at = (rows.first[y] as number) * toWidth + x;
        let sum = 0;
        for (let k = rows.from[y] as number; k < (rows.from[y + 1] as number); k++, at += toWidth)
          sum += (rows.weights[k] as number) * (this.#narrowed[at] as number);
        into[y * toWidth + x] = sum;
      }
  }
}

/** Of one axis: result `i` is the sum of sources from `first[i]`, weighted by `weights[from[i] … from[i + 1])`. */
interface Weights {
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly weights: Float64Array;
}

function areaWeights(length: number, toLength: number): Weights {
  const scale = length / toLength;
  return weightsOf(toLength, (index) => {
    const start = index * scale;
    const end = Math.min(length, (index + 1) * scale);
    const first = Math.floor(start);
    const weights: number[] = [];
    // What is left of a source by rounding is no source.
    for (let at = first; at < end - 1e-9; at++)
      weights.push((Math.min(end, at + 1) - Math.max(start, at)) / (end - start));
    return { first, weights };
  });
}

function bilinearWeights(length: number, toLength: number): Weights {
  const scale = length / toLength;
  return weightsOf(toLength, (index) => {
    const centre = Math.min(length - 1, Math.max(0, (index + 0.5) * scale - 0.5));
    const first = Math.floor(centre);
    const beyond = centre - first;
    return { first, weights: beyond === 0 ? [1] : [1 - beyond, beyond] };
  });
}

function weightsOf(count: number, of: (index: number) => { first: number; weights: number[] }): Weights {
  const all = Array.from({ length: count }, (_, index) => of(index));
  const from = new Int32Array(count + 1);
  all.forEach(({ weights }, index) => (from[index + 1] = (from[index] as number) + weights.length));
  return {
    first: Int32Array.from(all, ({ first }) => first),
    from,
    weights: Float64Array.from(all.flatMap(({ weights }) => weights)),
  };
}
