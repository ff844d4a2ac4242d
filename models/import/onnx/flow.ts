import { fold, thresholdTensors } from '../../engine/fold.js';
import { ModelError } from '../../format/model-error.js';
import type { NetworkDraft } from '../network-draft.js';
import type { Constant } from './constant.js';

/**
 * What an ONNX value is while nodes are converted. Arithmetic that may yet fold into integer thresholds is put off: a
 * value of form `sums` is the integer sums of a layer and the float32 steps that stand for them, a `truth` a comparison
 * that becomes spikes when something wants numbers. Shapes are without the batch.
 */
export type Flow = ConstantFlow | QuantizedFlow | DynamicFlow | Truth;
/** What depends on the input, as numbers. */
export type DynamicFlow = Real | Codes | Dequantized | Sums | Spikes;

export interface ConstantFlow {
  readonly form: 'constant';
  readonly constant: Constant;
}
/** A constant behind DequantizeLinear: scale × (q − zero point), `scale` and `zeroPoint` of one element or one a slice along `axis`. */
export interface QuantizedFlow {
  readonly form: 'quantized';
  readonly constant: Constant;
  readonly scale: Float32Array;
  readonly zeroPoint: ArrayLike<number>;
  readonly axis: number;
}
export interface Real {
  readonly form: 'real';
  readonly node: string;
  readonly shape: readonly number[];
}
/** u8 or i8 as integers. */
export interface Codes {
  readonly form: 'codes';
  readonly node: string;
  readonly shape: readonly number[];
  readonly type: 'u8' | 'i8';
  /** What a code stands for; of an input not known until a node tells it. */
  readonly meaning: { scale?: number; zeroPoint?: number };
  /** Set where `node` gives spikes n that were quantised: the code less its zero point is n × `code`. */
  readonly spikes?: { readonly levels: number; readonly code: number };
}
export interface Dequantized {
  readonly form: 'dequantized';
  readonly node: string;
  readonly shape: readonly number[];
  readonly type: 'u8' | 'i8';
  readonly scale: number;
  readonly zeroPoint: number;
}
export interface Sums {
  readonly form: 'sums';
  readonly node: string;
  readonly shape: readonly number[];
  /** No sum is larger. */
  readonly most: number;
  readonly steps: readonly Step[];
}
/** One float32 operation; of one value or one a channel. */
export interface Step {
  readonly kind: 'multiply' | 'add';
  readonly values: Float32Array;
}
/** Whole numbers n that stand for n × step. */
export interface Spikes {
  readonly form: 'spikes';
  readonly node: string;
  readonly shape: readonly number[];
  readonly levels: number;
  readonly step: number;
}
export interface Truth {
  readonly form: 'truth';
  readonly of: Real | Sums;
  readonly relation: Relation;
  /** One, one a channel, or (of real) the whole shape. */
  readonly threshold: Float32Array;
  readonly name: string;
}
export type Relation = '>' | '>=' | '<' | '<=';

const opposites: Record<Relation, Relation> = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' };

export function not(truth: Truth): Truth {
  return { ...truth, relation: opposites[truth.relation] };
}

/** Longer chains are computed as real numbers. */
const mostSteps = 16;

/** What codes stand for: scale × (q − zero point). */
export function decode(name: string, codes: Codes, scale: number, zeroPoint: number): Dequantized | Spikes {
  const { node, shape, type, meaning, spikes } = codes;
  meaning.scale ??= scale;
  meaning.zeroPoint ??= zeroPoint;
  if (meaning.scale !== scale || meaning.zeroPoint !== zeroPoint)
    throw new ModelError(
      `${name}: takes codes of scale ${meaning.scale} and zero point ${meaning.zeroPoint} as if of ${scale} and ${zeroPoint}. Use the same for both.`,
    );
  return spikes
    ? { form: 'spikes', node, shape, levels: spikes.levels, step: Math.fround(spikes.code * scale) }
    : { form: 'dequantized', node, shape, type, scale, zeroPoint };
}

/** The value after one more float32 operation. */
export function withStep(draft: NetworkDraft, name: string, flow: DynamicFlow, step: Step): DynamicFlow {
  const channels = flow.shape[0] ?? 1;
  const perChannel = step.values.length === 1 || step.values.length === channels;
  if (flow.form === 'sums' && perChannel && flow.steps.length < mostSteps)
    return { ...flow, steps: [...flow.steps, step] };
  const [value] = step.values;
  if (flow.form === 'spikes' && step.kind === 'multiply' && step.values.length === 1 && value !== undefined)
    return { ...flow, step: Math.fround(flow.step * value) };
  return affine(draft, name, toReal(draft, name, flow), [step]);
}

/** The steps as nodes `scale`, each of a factor and what is added to it. */
function affine(draft: NetworkDraft, name: string, flow: Real, steps: readonly Step[]): Real {
  let { node } = flow;
  for (let i = 0; i < steps.length;) {
    const { scale, bias, taken } = factorAndBias(draft, name, flow.shape, steps.slice(i));
    node = draft.node(name, { op: 'scale', from: [node], scale, ...(bias !== undefined && { bias }) });
    i += taken;
  }
  return { ...flow, node };
}

/** The first one or two of `steps` as tensors. */
function factorAndBias(
  draft: NetworkDraft,
  name: string,
  shape: readonly number[],
  steps: readonly Step[],
): { scale: string; bias?: string; taken: number } {
  const [first, second] = steps;
  const factor = first?.kind === 'multiply' ? first : undefined;
  const added = factor ? (second?.kind === 'add' ? second : undefined) : first;
  const tensor = (part: string, values: Float32Array): string =>
    draft.floats(`${name}.${part}`, constantShape(values, shape), values);
  return {
    scale: tensor('scale', factor?.values ?? Float32Array.of(1)),
    ...(added && { bias: tensor('bias', added.values) }),
    taken: (factor ? 1 : 0) + (added ? 1 : 0),
  };
}

/** The shape of a constant of one element, one a channel, or the whole shape. */
export function constantShape(values: Float32Array, shape: readonly number[]): readonly number[] {
  return values.length === 1 || values.length === shape[0] ? [values.length] : shape;
}

/** Float32 numbers, as onnxruntime would hold them. */
export function toReal(draft: NetworkDraft, name: string, flow: DynamicFlow | Truth): Real {
  switch (flow.form) {
    case 'real':
      return flow;
    case 'codes':
      throw new ModelError(`${name}: takes ${flow.type} without a scale. Put a DequantizeLinear or Cast before it.`);
    case 'dequantized':
      return {
        form: 'real',
        node: draft.node(`${name}.real`, { op: 'dequantize', from: [flow.node] }),
        shape: flow.shape,
      };
    case 'sums': {
      const { scale, bias, taken } = factorAndBias(draft, name, flow.shape, flow.steps);
      const node = draft.node(name, { op: 'readout', from: [flow.node], scale, ...(bias !== undefined && { bias }) });
      return affine(draft, name, { form: 'real', node, shape: flow.shape }, flow.steps.slice(taken));
    }
    case 'spikes':
      return affine(draft, name, { form: 'real', node: flow.node, shape: flow.shape }, [
        { kind: 'multiply', values: Float32Array.of(flow.step) },
      ]);
    case 'truth':
      return toReal(draft, name, toSpikes(draft, flow));
  }
}

/** The comparison as 0 and 1. */
export function toSpikes(draft: NetworkDraft, truth: Truth): Spikes {
  const node = truth.of.form === 'sums' ? integerThreshold(draft, truth, truth.of) : comparison(draft, truth, truth.of);
  return { form: 'spikes', node, shape: truth.of.shape, levels: 1, step: 1 };
}

function comparison(draft: NetworkDraft, truth: Truth, of: Real): string {
  const { name, relation, threshold } = truth;
  const strict = relation === '>' || relation === '<';
  const rising = relation === '>' || relation === '>=';
  // x < t is −x > −t, exactly.
  const limits = rising ? threshold : threshold.map((value) => -value);
  const from = rising ? of : affine(draft, name, of, [{ kind: 'multiply', values: Float32Array.of(-1) }]);
  const tensor = draft.floats(`${name}.threshold`, constantShape(limits, of.shape), limits);
  return draft.node(name, { op: 'compare', from: [from.node], threshold: tensor, strict });
}

/** What finding one threshold takes, in bytes of constants that might be read instead. */
const bisectionBytes = 128;

/** One integer threshold a channel that gives the spikes of the float32 steps: each is monotone, also when rounded. */
function integerThreshold(draft: NetworkDraft, truth: Truth, sums: Sums): string {
  const { name, relation } = truth;
  draft.spend(bisectionBytes * (sums.shape[0] ?? 1), name);
  const foldings = Array.from({ length: sums.shape[0] ?? 1 }, (_, channel) => {
    const limit = at(truth.threshold, channel);
    return fold((sum) => holds(relation, evaluate(sums.steps, sum, channel), limit), sums.most);
  });
  const { threshold, mode } = thresholdTensors(foldings);
  return draft.node(name, {
    op: 'threshold',
    from: [sums.node],
    threshold: draft.tensor(`${name}.threshold`, threshold),
    mode: draft.tensor(`${name}.mode`, mode),
  });
}

function at(values: Float32Array, channel: number): number {
  return values[values.length === 1 ? 0 : channel] as number;
}

function evaluate(steps: readonly Step[], sum: number, channel: number): number {
  let value = Math.fround(sum);
  for (const { kind, values } of steps) {
    const operand = at(values, channel);
    value = Math.fround(kind === 'multiply' ? value * operand : value + operand);
  }
  return value;
}

function holds(relation: Relation, value: number, limit: number): boolean {
  switch (relation) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
  }
}
