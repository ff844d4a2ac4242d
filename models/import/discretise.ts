import type { GraphNode } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';

/**
 * From time constants, or from the conventions of a framework, to the `neuron` and `cubafixed` nodes of nodes-spiking.ts.
 * Coefficients are made in float64 and rounded once, to float32.
 *
 * A tick of dt on τ·v' = (leak − v) + r·x:
 *   euler     v + (dt/τ)·((leak − v) + r·x); refused from dt = 2τ on, where it swings without bound
 *   zoh       a·v + (1 − a)·(leak + r·x), a = exp(−dt/τ): exact for an x that holds through the tick
 *   subtract  Euler's coefficients and snnTorch's reset: the threshold is taken off in the tick after the spike
 */
export type Integrator = 'euler' | 'zoh' | 'subtract';

/** One entry, or one for each neuron. */
export type PerNeuron = readonly number[] | Float32Array | Float64Array;

/** Everything in seconds and the file's own units. */
export interface NeuronEquation {
  /** τ_syn·i' = −i + weight·x before the membrane. */
  readonly synapse?: { readonly tau: PerNeuron; readonly weight: PerNeuron };
  /** Absent in a neuron that does not leak: v' = r·x. */
  readonly tau?: PerNeuron;
  readonly resistance: PerNeuron;
  readonly leak?: PerNeuron;
  /** Absent in a neuron that does not spike. */
  readonly threshold?: PerNeuron;
  readonly resetValue?: PerNeuron;
}

/** A `neuron` node but for its name, its input, and the tensors, which stand here as values. */
export interface Neuron {
  readonly synapseDecay?: Float32Array;
  readonly synapseGain?: Float32Array;
  readonly decay: Float32Array;
  readonly gain: Float32Array;
  readonly drive?: Float32Array;
  readonly threshold?: Float32Array;
  readonly resetValue?: Float32Array;
  readonly current: NeuronNode['current'];
  readonly strict: boolean;
  readonly reset: NeuronNode['reset'];
  readonly resetAt: NeuronNode['resetAt'];
}
type NeuronNode = Extract<GraphNode, { op: 'neuron' }>;

/** `name` is for messages. A reset by subtraction is snnTorch's, which waits for the next tick. */
export function discretise(
  name: string,
  equation: NeuronEquation,
  dt: number,
  integrator: Integrator,
  reset: 'set' | 'subtract' = integrator === 'subtract' ? 'subtract' : 'set',
): Neuron {
  const { synapse, tau, resistance, leak, threshold, resetValue } = equation;
  const decayOf = (constant: number) => {
    if (integrator === 'zoh') return Math.exp(-dt / constant);
    if (dt < 2 * constant) return 1 - dt / constant;
    throw new ModelError(
      `${name}: a tick of ${dt} s is at least twice its time constant of ${constant} s, where Euler's rule swings without bound. Give a shorter tick (--dt), or the integrator zoh.`,
    );
  };
  if (tau === undefined) return integrating(equation, dt, reset);
  const decay = perNeuron(decayOf, tau);
  const gain = perNeuron((r, kept) => r * (1 - kept), resistance, decay);
  const drive = leak === undefined ? undefined : perNeuron((rest, kept) => rest * (1 - kept), leak, decay);
  const synapseDecay = synapse && perNeuron(decayOf, synapse.tau);
  return {
    ...(synapse &&
      synapseDecay && {
        synapseDecay: rounded(synapseDecay),
        synapseGain: rounded(perNeuron((weight, kept) => weight * (1 - kept), synapse.weight, synapseDecay)),
      }),
    decay: rounded(decay),
    gain: rounded(gain),
    ...(drive?.some((each) => each !== 0) && { drive: rounded(drive) }),
    ...spiking(threshold, true, { reset, resetAt: reset === 'subtract' ? 'next' : 'spike' }, resetValue),
    current: 'new',
  };
}

/**
 * A neuron that does not leak. If it spikes, its membrane is kept in units of the gain: sums of whole inputs are exact
 * then, and a membrane that just reaches its threshold is judged by the file's own numbers, not by float32 rounding.
 */
function integrating(equation: NeuronEquation, dt: number, reset: 'set' | 'subtract'): Neuron {
  const { resistance, threshold, resetValue = [0] } = equation;
  const gain = perNeuron((r) => r * dt, resistance);
  const rule = { reset, resetAt: reset === 'subtract' ? 'next' : 'spike' } as const;
  const shared = { decay: Float32Array.of(1), current: 'new' } as const;
  if (threshold === undefined || gain.some((each) => each <= 0))
    return { ...shared, gain: rounded(gain), ...spiking(threshold, true, rule, resetValue) };
  const inGains = (values: PerNeuron) => perNeuron((value, unit) => value / unit, values, gain);
  return { ...shared, gain: Float32Array.of(1), ...spiking(inGains(threshold), true, rule, inGains(resetValue)) };
}

/** snnTorch's Leaky and, with `alpha`, Synaptic: v = beta·v + i; its reset waits for the next tick. */
export function snnTorch(neuron: {
  readonly beta: PerNeuron;
  readonly alpha?: PerNeuron;
  readonly threshold: PerNeuron;
  readonly reset: 'subtract' | 'zero' | 'none';
}): Neuron {
  const { beta, alpha, threshold, reset } = neuron;
  const rule = { subtract: 'subtract', zero: 'set', none: 'none' } as const;
  return {
    ...(alpha && { synapseDecay: rounded(alpha), synapseGain: Float32Array.of(1) }),
    decay: rounded(beta),
    gain: Float32Array.of(1),
    ...spiking(threshold, true, { reset: rule[reset], resetAt: 'next' }),
    current: 'new',
  };
}

/** SpikingJelly's LIFNode, `tau` in ticks: it spikes at the threshold, not above; no reset value means by subtraction. */
export function spikingJelly(neuron: {
  readonly tau: number;
  readonly decayInput: boolean;
  readonly threshold: number;
  readonly resetValue: number | null;
}): Neuron {
  const { tau, decayInput, threshold, resetValue } = neuron;
  const rule = { reset: resetValue === null ? 'subtract' : 'set', resetAt: 'spike' } as const;
  return {
    decay: rounded([1 - 1 / tau]),
    gain: rounded([decayInput ? 1 / tau : 1]),
    ...(resetValue !== null && resetValue !== 0 && { drive: rounded([resetValue / tau]) }),
    // As in the framework, the threshold is a float32.
    ...spiking(Float32Array.of(threshold), false, rule, [resetValue ?? 0]),
    current: 'new',
  };
}

/** Norse's feed-forward LIF cell, its inverse time constants in 1/s: the membrane sees the current of the tick before. */
export function norse(neuron: {
  readonly tauSynapseInverse: number;
  readonly tauMembraneInverse: number;
  readonly leak: number;
  readonly threshold: number;
  readonly resetValue: number;
  readonly dt: number;
}): Neuron {
  const { tauSynapseInverse, tauMembraneInverse, leak, threshold, resetValue, dt } = neuron;
  return {
    synapseDecay: rounded([1 - dt * tauSynapseInverse]),
    synapseGain: Float32Array.of(1),
    decay: rounded([1 - dt * tauMembraneInverse]),
    gain: rounded([dt * tauMembraneInverse]),
    ...(leak !== 0 && { drive: rounded([dt * tauMembraneInverse * leak]) }),
    // As in the framework, the threshold is a float32.
    ...spiking(Float32Array.of(threshold), true, { reset: 'set', resetAt: 'spike' }, [resetValue]),
    current: 'old',
  };
}

/**
 * A tick as the unit of time, as Sinabs and Spyx write it: v = decay·v + x. Sinabs stores r = 1 and means exp(−1/τ), Spyx
 * stores r = beta = 1 − 1/τ.
 */
export function ticked(neuron: NeuronEquation, reset: 'set' | 'subtract'): Neuron {
  const { tau, resistance, threshold, resetValue } = neuron;
  const decay =
    tau === undefined
      ? Float64Array.of(1)
      : perNeuron((constant, r) => (r === 1 ? Math.exp(-1 / constant) : 1 - 1 / constant), tau, resistance);
  return {
    decay: rounded(decay),
    gain: tau === undefined ? rounded(resistance) : Float32Array.of(1),
    ...spiking(threshold, true, { reset, resetAt: 'spike' }, resetValue),
    current: 'new',
  };
}

function spiking(
  threshold: PerNeuron | undefined,
  strict: boolean,
  rule: Pick<Neuron, 'reset' | 'resetAt'>,
  resetValue?: PerNeuron,
): Pick<Neuron, 'threshold' | 'strict' | 'reset' | 'resetAt' | 'resetValue'> {
  if (threshold === undefined) return { strict, reset: 'none', resetAt: 'spike' };
  return {
    threshold: strict ? rounded(threshold, below) : rounded(threshold, above),
    strict,
    ...rule,
    ...(rule.reset === 'set' && { resetValue: rounded(resetValue ?? [0]) }),
  };
}

function perNeuron(formula: (a: number, b: number) => number, a: PerNeuron, b: PerNeuron = [0]): Float64Array {
  const at = (values: PerNeuron, neuron: number) => values[values.length === 1 ? 0 : neuron] as number;
  return Float64Array.from({ length: Math.max(a.length, b.length) }, (_, n) => formula(at(a, n), at(b, n)));
}

/** In float32, and as a single entry where all are equal. */
function rounded(values: PerNeuron, round: (value: number) => number = Math.fround): Float32Array {
  const all = Float32Array.from(values, round);
  return all.every((value) => value === all[0]) ? all.slice(0, 1) : all;
}

/** The largest float32 not above a number: a float32 is above the one just when it is above the other. */
function below(value: number): number {
  const near = Math.fround(value);
  if (near <= value) return near;
  const bits = new Int32Array(Float32Array.of(near).buffer);
  bits[0] = near > 0 ? (bits[0] as number) - 1 : near < 0 ? (bits[0] as number) + 1 : -0x7fffffff;
  return new Float32Array(bits.buffer)[0] as number;
}

function above(value: number): number {
  return -below(-value);
}
