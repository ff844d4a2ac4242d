import {
  membrane,
  spikedBefore,
  spread,
  spreadIntegers,
  type NodeContext,
  type NodeOf,
  type NodeStep,
} from './node-context.js';

const { fround } = Math;

export function prepareNeuron(node: NodeOf<'neuron'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const { shape } = context.value(from);
  const input = context.array(from);
  const output = context.array(node.name);
  const given = (name: string | undefined) => (name === undefined ? undefined : spread(context.tensor(name), shape));
  const decay = spread(context.tensor(node.decay), shape);
  const gain = spread(context.tensor(node.gain), shape);
  const drive = given(node.drive);
  const synapseDecay = given(node.synapseDecay);
  const synapseGain = given(node.synapseGain);
  const thresholds = given(node.threshold);
  const resetValue = given(node.resetValue) ?? new Float32Array(input.length);
  const v = context.state(node.name, membrane, given(node.initial) ?? new Float32Array(input.length));
  const current = context.state(node.name, 'current', new Float32Array(input.length));
  const spiked = context.state(node.name, spikedBefore, new Uint8Array(input.length));
  const old = node.current === 'old';
  const { strict, reset } = node;
  const resetNext = reset !== 'none' && node.resetAt === 'next';
  const resetNow = reset !== 'none' && node.resetAt === 'spike';

  return () => {
    for (let n = 0; n < input.length; n++) {
      const before = current[n] as number;
      let i = input[n] as number;
      if (synapseDecay && synapseGain)
        i = fround(fround((synapseDecay[n] as number) * before) + fround((synapseGain[n] as number) * i));
      current[n] = i;
      const d = old ? before : i;

      const resets = resetNext && spiked[n] === 1;
      let membrane = resets && reset === 'set' ? (resetValue[n] as number) : (v[n] as number);
      membrane = fround(fround((decay[n] as number) * membrane) + fround((gain[n] as number) * d));
      if (drive) membrane = fround(membrane + (drive[n] as number));
      if (thresholds) {
        const threshold = thresholds[n] as number;
        if (resets && reset === 'subtract') membrane = fround(membrane - threshold);
        const spike = strict ? membrane > threshold : membrane >= threshold;
        if (spike && resetNow) membrane = reset === 'set' ? (resetValue[n] as number) : fround(membrane - threshold);
        spiked[n] = spike ? 1 : 0;
        output[n] = spike ? 1 : 0;
      } else output[n] = membrane;
      v[n] = membrane;
    }
  };
}

/** Currents and voltages of 24 bits; halves of products are cut towards zero, as the chip does. */
export function prepareFixedNeuron(node: NodeOf<'cubafixed'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const { shape } = context.value(from);
  const input = context.array(from);
  const output = context.array(node.name);
  const currentDecay = spreadIntegers(context.tensor(node.currentDecay), shape);
  const voltageDecay = spreadIntegers(context.tensor(node.voltageDecay), shape);
  const bias = node.bias === undefined ? undefined : spreadIntegers(context.tensor(node.bias), shape);
  const thresholds = spreadIntegers(context.tensor(node.threshold), shape);
  const currents = context.state(node.name, 'current', new Int32Array(input.length));
  const voltages = context.state(node.name, 'voltage', new Int32Array(input.length));
  return () => {
    for (let n = 0; n < input.length; n++) {
      const kept = decayed(currents[n] as number, 4095 - (currentDecay[n] as number));
      const current = wrapped(kept + 64 * (input[n] as number));
      currents[n] = current;
      let voltage = decayed(voltages[n] as number, 4096 - (voltageDecay[n] as number));
      voltage = Math.max(-most, Math.min(most, voltage + current + (bias ? (bias[n] as number) : 0)));
      const spike = voltage > 64 * (thresholds[n] as number);
      voltages[n] = spike ? 0 : voltage;
      output[n] = spike ? 1 : 0;
    }
  };
}

const most = 2 ** 23 - 1;

/** value × factor ÷ 4096, cut towards zero; exact, because the product is below 2³⁶. */
function decayed(value: number, factor: number): number {
  return Math.trunc((value * factor) / 4096);
}

/** Into −2²³ + 1 … 2²³, by multiples of 2²⁴. */
function wrapped(value: number): number {
  return value - 2 ** 24 * Math.ceil((value - 2 ** 23) / 2 ** 24);
}
