/** Weights as the kernels want them. Sources: int8 [output][channel][kernel row][kernel column], of one group. */

export interface KernelShape {
  readonly outputs: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

export interface Tiling {
  /** Outputs of a tile: 64, 32 or 16. */
  readonly lanes: 64 | 32 | 16;
  readonly tiles: number;
  /** The first output. */
  readonly first: number;
}

/** Tiles that cover the outputs, of which there are up to 15 more than asked for. */
export function tilingsOf(outputs: number): Tiling[] {
  const sixteens = Math.ceil(outputs / 16);
  const whole = sixteens >> 2;
  const all: Tiling[] = [
    { lanes: 64, tiles: whole, first: 0 },
    { lanes: 32, tiles: (sixteens >> 1) & 1, first: 64 * whole },
    { lanes: 16, tiles: sixteens & 1, first: 16 * (sixteens - (sixteens & 1)) },
  ];
  return all.filter(({ tiles }) => tiles > 0);
}

/** [tile][kernel row][kernel column][channel][lane], lanes in the order of assembly/axonal.ts. */
export function axonalWeights(weights: ArrayLike<number>, shape: KernelShape, tiling: Tiling): Uint8Array {
  const { channels, outputs } = shape;
  const taps = shape.kernelHeight * shape.kernelWidth;
  const { lanes, tiles, first } = tiling;
  const rows = new Uint8Array(tiles * taps * channels * lanes);
  for (let at = 0; at < tiles * lanes; at++) {
    const output = first + at;
    const lane = at % lanes;
    const upper = (lane >> 3) & 1;
    let to = Math.floor(at / lanes) * taps * channels * lanes + (lane & ~15) + (lane & 7) * 2 + upper;
    for (let tap = 0; tap < taps; tap++)
      for (let channel = 0; channel < channels; channel++, to += lanes) {
        const weight = output < outputs ? (weights[(output * channels + channel) * taps + tap] as number) : 0;
        rows[to] = upper ? weight : weight + 128;
      }
  }
  return rows;
}

/** [tile of 16][kernel row][run][pair][lane][2]; a run is a whole kernel row, or one column of it. */
export function pairedWeights(weights: ArrayLike<number>, shape: KernelShape, runs: number): Int16Array {
  const { channels, outputs, kernelHeight, kernelWidth } = shape;
  const taps = kernelHeight * kernelWidth;
  const across = (kernelWidth / runs) * channels;
  const pairs = Math.ceil(across / 2);
  const tiles = Math.ceil(outputs / 16);
  const all = new Int16Array(tiles * kernelHeight * runs * pairs * 32);
  for (let output = 0; output < outputs; output++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < taps; tap++) {
        const row = Math.floor(tap / kernelWidth);
        const column = tap % kernelWidth;
        const run = Math.floor((column * runs) / kernelWidth);
        const place = (column - (run * kernelWidth) / runs) * channels + channel;
        const pair = ((Math.floor(output / 16) * kernelHeight + row) * runs + run) * pairs + (place >> 1);
        all[(pair * 16 + (output % 16)) * 2 + (place & 1)] = weights[
          (output * channels + channel) * taps + tap
        ] as number;
      }
  return all;
}

/** f32 [tile of 16][input of the weight's row][lane] */
export function realWeights(weights: ArrayLike<number>, outputs: number): Float32Array {
  const rows = weights.length / outputs;
  const all = new Float32Array(Math.ceil(outputs / 16) * rows * 16);
  for (let output = 0; output < outputs; output++)
    for (let row = 0; row < rows; row++)
      all[(Math.floor(output / 16) * rows + row) * 16 + (output % 16)] = weights[output * rows + row] as number;
  return all;
}

/**
 * For kernels of width 3: i16 [tile of 16][6][pair][lane][2], pairs of (kernel row, channel), 24 × G of Winograd's
 * F(4, 3), as assembly/winograd.ts takes it.
 */
export function winogradWeights(weights: ArrayLike<number>, shape: KernelShape): Int16Array {
  const { channels, outputs, kernelHeight } = shape;
  const pairs = Math.ceil((kernelHeight * channels) / 2);
  const all = new Int16Array(Math.ceil(outputs / 16) * 6 * pairs * 32);
  for (let output = 0; output < outputs; output++)
    for (let channel = 0; channel < channels; channel++)
      for (let row = 0; row < kernelHeight; row++) {
        const from = ((output * channels + channel) * kernelHeight + row) * 3;
        const [g0, g1, g2] = [weights[from] as number, weights[from + 1] as number, weights[from + 2] as number];
        const place = row * channels + channel;
        winograd.forEach(([a, b, c], product) => {
          const pair = (Math.floor(output / 16) * 6 + product) * pairs + (place >> 1);
          all[(pair * 16 + (output % 16)) * 2 + (place & 1)] = a * g0 + b * g1 + c * g2;
        });
      }
  return all;
}

const winograd = [
  [6, 0, 0],
  [-4, -4, -4],
  [-4, 4, -4],
  [1, 2, 4],
  [1, -2, 4],
  [0, 0, 24],
] as const;
