import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type {
  Detector,
  Estimate,
  Policy,
  RunDescription,
  RunPosition,
  SignalShape,
  Stage,
  StreamInfo,
} from '../contracts.js';
import { Gate } from '../decide/gate.js';
import type { PolicyPlan } from '../decide/policy-plan.js';
import { createPolicy } from '../decide/policy.js';
import { estimateFaults } from '../detect/estimate.js';
import { createChain } from '../signal/chain.js';
import { Derivation, parseDerivation } from '../signal/derivation.js';
import { createStage } from '../signal/stage-plan.js';
import { loadDetector, type LoadedDetector } from './load-detector.js';
import { Loop } from './loop.js';
import { isModule, type LoopPlan, type ModulePlan, type SignalPlan } from './plan.js';
import { RequiredEstimates } from './required-estimates.js';
import { SignalGraph, type DetectorPart, type SignalPart } from './signal-graph.js';
import type { PhaseSource } from './stimulus-phase.js';

/** Frames that one cycle takes at most; a longer read is taken in several. */
export const blockCapacity = 256;

/**
 * Builds the loop of a plan, for a whole run or for what follows `after`. Throws a `RangeError` that names what cannot work
 * on this stream.
 */
export async function buildLoop(plan: LoopPlan, stream: StreamInfo, after?: RunPosition): Promise<Loop> {
  const signals: SignalPart[] = [];
  for (const signal of plan.signals) signals.push(await buildSignal(signal, stream, signals));
  const detectors: DetectorPart[] = [];
  for (const { name, signal, more = [], plan: detectorPlan } of plan.detectors) {
    const loaded: LoadedDetector = isModule(detectorPlan)
      ? { detector: await createFromModule<Detector>(detectorPlan, ['prepare', 'process', 'reset']) }
      : await loadDetector(detectorPlan, 1 + more.length);
    checkSeveral(name, loaded.detector, signals, [signal, ...more]);
    loaded.detector.prepare((signals[signal] as SignalPart).shape);
    const [fault] = estimateFaults(loaded.detector.estimates);
    if (fault !== undefined) throw new RangeError(`detectors.${name}: ${fault}. Follow runtime/contracts.ts.`);
    detectors.push({ name, signal, more, ...loaded });
  }
  const graph = new SignalGraph(stream.rate, blockCapacity, signals, detectors);
  if (!plan.stimulation) return new Loop({ stream, graph }, after);
  const { policy, limits, durationsUs, variants = [], require, ofNight = false } = plan.stimulation;
  const required = new RequiredEstimates(require.flatMap((place) => judgementsOf(detectors[place] as DetectorPart)));
  const phase = phaseSourceOf(graph, policy);
  return new Loop({
    stream,
    graph,
    stimulation: {
      policy: isModule(policy)
        ? await createFromModule<Policy>(policy, ['decide', 'reset'])
        : createPolicy(policy, stream.rate),
      gate: new Gate(limits, required.reasons, ofNight),
      required,
      durationsUs,
      variants,
      ...(phase ? { phase } : {}),
    },
  });
}

/** The detector that the policy answers or is coupled to, if it follows the slow oscillation; else the first that does. */
function phaseSourceOf(graph: SignalGraph, policy: PolicyPlan | ModulePlan): PhaseSource | undefined {
  const followers = graph.estimates.flatMap((list, place) =>
    list.some(({ name }) => name === 'phase') ? [place] : [],
  );
  const meant = isModule(policy) || policy.use === 'periodic' ? [] : [policy.after, policy.coupling?.of];
  const detector = meant.find((place) => place !== undefined && followers.includes(place)) ?? followers[0];
  if (detector === undefined) return undefined;
  return { estimates: graph.estimates[detector] ?? [], delayFrames: graph.delayFrames(detector) };
}

function judgementsOf({ name, detector }: DetectorPart): readonly Estimate[] {
  const judgements = (detector.estimates ?? []).filter(({ reason }) => reason !== undefined);
  if (judgements.length === 0) {
    throw new RangeError(`gate.require: ${name} judges nothing that the gate could wait for. Take it out of the list.`);
  }
  return judgements;
}

/**
 * What a recording says of its loop: the coefficients of every stage of every signal, which models decide, the names of
 * estimates and of variants.
 */
export function describeLoop({ graph, variants }: Loop): LoopDescription {
  return {
    ...(variants.length > 0 ? { variants } : {}),
    coefficients: Object.fromEntries(
      graph.signals.map(({ name, chain }) => [name, chain ? [[...chain.coefficients()]] : []]),
    ),
    models: Object.fromEntries(
      graph.detectors.flatMap(({ name, model }) => (model === undefined ? [] : [[name, model]])),
    ),
    estimates: Object.fromEntries(
      graph.detectorNames.flatMap((name, place) => {
        const names = (graph.estimates[place] ?? []).map((estimate) => estimate.name);
        return names.length === 0 ? [] : [[name, names]];
      }),
    ),
  };
}
export type LoopDescription = Pick<RunDescription, 'coefficients' | 'models' | 'estimates' | 'variants'>;

async function buildSignal(plan: SignalPlan, stream: StreamInfo, earlier: readonly SignalPart[]): Promise<SignalPart> {
  const { name, from } = plan;
  const stages: Stage[] = [];
  for (const stage of plan.stages) {
    stages.push(
      isModule(stage) ? await createFromModule<Stage>(stage, ['prepare', 'process', 'reset']) : createStage(stage),
    );
  }
  const chain = stages.length > 0 ? createChain(stages) : undefined;
  const source = 'signal' in from ? from.signal : derive(from.derivation, stream);
  const shape: SignalShape =
    typeof source === 'number'
      ? (earlier[source] as SignalPart).shape
      : { rate: stream.rate, unit: stream.channels[source.channels[0] as number]?.unit ?? '' };
  return { name, from: source, chain, shape: chain ? chain.prepare(shape) : shape };
}

/** Several signals come to a detector sample by sample. */
function checkSeveral(
  name: string,
  detector: Detector,
  signals: readonly SignalPart[],
  places: readonly number[],
): void {
  if (places.length > 1 && !detector.processSeveral) {
    throw new RangeError(`detectors.${name}: looks in one signal. Name only one of ${places.length}.`);
  }
  const [first, ...others] = places.map((place) => signals[place] as SignalPart);
  for (const { name: other, shape } of others) {
    if (!first || (shape.rate === first.shape.rate && shape.unit === first.shape.unit)) continue;
    throw new RangeError(
      `detectors.${name}: signal ${other} has ${shape.rate} Hz in ${shape.unit}, and ${first.name} ${first.shape.rate} Hz in ${first.shape.unit}. Give them the same stages.`,
    );
  }
}

function derive(text: string, stream: StreamInfo): Derivation {
  return new Derivation(
    parseDerivation(
      text,
      stream.channels.map(({ name }) => name),
    ),
    stream.channels,
  );
}

/** Loads a part of the user's own: a module whose export `create(options)` returns the part. */
export async function createFromModule<Part>(
  plan: ModulePlan,
  methods: readonly (keyof Part & string)[],
): Promise<Part> {
  // The time of the last change is part of the address: a corrected file is loaded anew.
  const url = `${pathToFileURL(plan.module).href}?${statSync(plan.module).mtimeMs}`;
  const exports: unknown = await import(url);
  const create = typeof exports === 'object' && exports !== null && 'create' in exports ? exports.create : undefined;
  if (typeof create !== 'function')
    throw new RangeError(`${plan.module}: has no export "create". Export a function create(options).`);
  const part: unknown = (create as (options: ModulePlan['options']) => unknown)(plan.options);
  for (const method of methods) {
    if (typeof part !== 'object' || part === null || typeof (part as Record<string, unknown>)[method] !== 'function') {
      throw new RangeError(
        `${plan.module}: what create() returned has no method "${method}". Follow runtime/contracts.ts.`,
      );
    }
  }
  return part as Part;
}
