import { RandomBits } from '../../../runtime/signal/random.js';
import { normal } from '../random-draws.js';

export interface LayerShape {
  readonly inputs: number;
  readonly outputs: number;
  /** Chance that an input excites an output, and that it inhibits it. */
  readonly excitatory: number;
  readonly inhibitory: number;
}

const smallest = 1e-6;
const largest = 10;

/**
 * Synapses from every input to every output, which keep their sign for life. Each output holds its excitatory and its
 * inhibitory ones apart, as lists of inputs; the inhibitory ones of an output are `scale` times what is stored, so
 * that homeostasis, which multiplies them all, costs one multiplication.
 */
export class SignedLayer {
  readonly shape: LayerShape;
  /** By output. */
  readonly #excitatory: readonly Synapses[];
  readonly #inhibitory: readonly Synapses[];
  readonly #scale: Float64Array;

  constructor(shape: LayerShape, random: RandomBits) {
    this.shape = shape;
    const { excitatory, inhibitory } = drawn(shape, random);
    this.#excitatory = excitatory;
    this.#inhibitory = inhibitory;
    this.#scale = new Float64Array(shape.outputs).fill(1);
  }

  get synapses(): number {
    return [...this.#excitatory, ...this.#inhibitory].reduce((sum, { weights }) => sum + weights.length, 0);
  }

  /** Weighted sum of the inputs that reach an output. */
  drive(output: number, inputs: Float32Array): number {
    return (
      weighted(this.#excitatory[output], inputs) +
      (this.#scale[output] as number) * weighted(this.#inhibitory[output], inputs)
    );
  }

  /** Adds `amount × inputs[i]` to the weight of each synapse, and `sign` times that to inhibitory ones. */
  change(output: number, inputs: Float32Array, amount: number, sign: 1 | -1): void {
    this.#settle(output);
    add(this.#excitatory[output], inputs, amount, smallest, largest);
    add(this.#inhibitory[output], inputs, sign * amount, -largest, -smallest);
  }

  /** Multiplies the inhibitory weights of an output. What would turn their sign leaves them at their smallest. */
  scaleInhibition(output: number, factor: number): void {
    if (factor > 0) this.#scale[output] = (this.#scale[output] as number) * factor;
    else {
      this.#scale[output] = 1;
      this.#inhibitory[output]?.weights.fill(-smallest);
    }
  }

  #settle(output: number): void {
    const scale = this.#scale[output] as number;
    if (scale === 1) return;
    const weights = this.#inhibitory[output]?.weights;
    if (weights !== undefined)
      for (let place = 0; place < weights.length; place++) weights[place] = (weights[place] as number) * scale;
    this.#scale[output] = 1;
  }
}

interface Synapses {
  readonly inputs: Uint16Array;
  readonly weights: Float32Array;
}

function weighted(synapses: Synapses | undefined, inputs: Float32Array): number {
  if (synapses === undefined) return 0;
  const { inputs: from, weights } = synapses;
  let sum = 0;
  for (let place = 0; place < from.length; place++)
    sum += (weights[place] as number) * (inputs[from[place] as number] as number);
  return sum;
}

function add(synapses: Synapses | undefined, inputs: Float32Array, amount: number, least: number, most: number): void {
  if (synapses === undefined) return;
  const { inputs: from, weights } = synapses;
  for (let place = 0; place < from.length; place++) {
    const weight = (weights[place] as number) + amount * (inputs[from[place] as number] as number);
    weights[place] = weight < least ? least : weight > most ? most : weight;
  }
}

/**
 * Excitatory weights from N(½, ⅙), inhibitory ones from N(−½, ⅙), none of the wrong sign; each kind is divided by the
 * sum of its sizes in the last row, then both are added. The sum's sign makes the synapse.
 */
function drawn(
  { inputs, outputs, excitatory, inhibitory }: LayerShape,
  random: RandomBits,
): {
  excitatory: Synapses[];
  inhibitory: Synapses[];
} {
  const exciting = new Float32Array(inputs * outputs);
  const inhibiting = new Float32Array(inputs * outputs);
  for (let place = 0; place < exciting.length; place++) {
    if (random.uniform() < excitatory) exciting[place] = Math.max(0, 0.5 + normal(random) / 6);
    if (random.uniform() < inhibitory) inhibiting[place] = Math.min(0, -0.5 + normal(random) / 6);
  }
  const lastRow = (weights: Float32Array): number =>
    weights.subarray(weights.length - inputs).reduce((sum, weight) => sum + Math.abs(weight), 0) || 1;
  const [excitatoryNorm, inhibitoryNorm] = [lastRow(exciting), lastRow(inhibiting)];
  const sum = exciting.map((weight, place) => weight / excitatoryNorm + (inhibiting[place] ?? 0) / inhibitoryNorm);
  const ofSign = (sign: number): Synapses[] =>
    Array.from({ length: outputs }, (_, output) => {
      const row = sum.subarray(output * inputs, (output + 1) * inputs);
      const connected = Uint16Array.from({ length: inputs }, (__, input) => input).filter(
        (input) => Math.sign(row[input] ?? 0) === sign,
      );
      return { inputs: connected, weights: Float32Array.from(connected, (input) => row[input] ?? 0) };
    });
  return { excitatory: ofSign(1), inhibitory: ofSign(-1) };
}
