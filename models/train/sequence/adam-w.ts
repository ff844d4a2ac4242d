/** A stretch of the parameters. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019) of some parameters: w −= rate · decay · w. β₂ = 0.999,
 * ε = 1e-8; β₁ may change from step to step, as the one-cycle schedule has it.
 */
export class AdamW {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #decayed: readonly Stretch[];
  readonly #decay: number;
  #step = 0;

  constructor(parameters: number, decay: number, decayed: readonly Stretch[]) {
    this.#first = new Float32Array(parameters);
    this.#second = new Float32Array(parameters);
    this.#decay = decay;
    this.#decayed = decayed;
  }

  step(parameters: Float32Array, gradient: Float32Array, rate: number, beta1: number): void {
    this.#step++;
    for (const { start, end } of this.#decayed)
      for (let i = start; i < end; i++) parameters[i] = (parameters[i] as number) * (1 - rate * this.#decay);
    const size = rate / (1 - beta1 ** this.#step);
    const spread = 1 / (1 - 0.999 ** this.#step);
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i] as number;
      const m = beta1 * (this.#first[i] as number) + (1 - beta1) * g;
      const v = 0.999 * (this.#second[i] as number) + 0.001 * g * g;
      this.#first[i] = m;
      this.#second[i] = v;
      parameters[i] = (parameters[i] as number) - (size * m) / (Math.sqrt(v * spread) + 1e-8);
    }
  }
}

/** Shortens a gradient that is longer than `most`; its length before. */
export function clipNorm(gradient: Float32Array, most: number): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += (gradient[i] as number) ** 2;
  const norm = Math.sqrt(sum);
  if (norm > most) for (let i = 0; i < gradient.length; i++) gradient[i] = ((gradient[i] as number) * most) / norm;
  return norm;
}
