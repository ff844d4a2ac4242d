import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayFor } from '../../models/engine/ports.js';
import type { Network } from '../../models/format/graph.js';
import type { Model, ModelValues } from '../contracts.js';
import { median } from './quantiles.js';
import { compileFloor, type Floor } from './snn-floor.js';
import { generateNetwork, shapes, type BenchNetwork } from './snn-networks.js';
import { onnxruntime, startTensorFlow, type Contender } from './snn-peers.js';

/** Makes the model that is timed. */
export type Engine = (network: Network) => Model;

export interface SnnShape {
  readonly name: string;
  /** Share of active elements in what each hidden layer hands on, as the timed engine computed it. */
  readonly activity: readonly number[];
  readonly axondUs: number;
  readonly ortUs: number;
  /** Null where onnxruntime's int8 kernels do not give the right sums on this processor. */
  readonly ortQdqUs: number | null;
  readonly tfjsUs: number;
  readonly cUs: number;
  /** Times as fast as onnxruntime in float, and as TensorFlow.js. */
  readonly ratioOrt: number;
  readonly ratioTfjs: number;
  /** Times the floor. */
  readonly ratioC: number;
  readonly ratioOrtQdq: number | null;
  /** Of the input, where it is binary. */
  readonly inputActivity: number | null;
  /** AVX-512, where this processor has it. */
  readonly cWideUs: number | null;
  /** Microseconds a step in each round. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

export interface SnnRun {
  readonly rounds: number;
  /** For each contender in each round. */
  readonly roundMs: number;
}

/** All contenders in this process on one thread, batch 1, in rounds in which they take turns. */
export async function benchSnn(run: SnnRun, engine: Engine, say: (text: string) => void): Promise<SnnShape[]> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-bench-'));
  try {
    const floor = compileFloor(folder, 'ordinary');
    if (floor === undefined) throw new Error('the floor in C is written for x86-64 with AVX2 and for arm64.');
    const wideFloor = compileFloor(folder, 'wide');
    const tensorflow = await startTensorFlow();
    const reports: SnnShape[] = [];
    for (const shape of shapes) {
      say(`${shape.name}: ${run.rounds} rounds`);
      const network = generateNetwork(shape, aim, seed);
      const activity = measureActivity(network, engine);
      const axond = axondContender(network, engine);
      const ort = onnxruntime(network, 'float');
      const qdq = onnxruntime(network, 'qdq');
      const tfjs = tensorflow(network);
      expectRight(network, 'axond', axond, 0);
      expectRight(network, 'onnxruntime', ort, floatTolerance);
      expectRight(network, 'TensorFlow.js', tfjs, floatTolerance);
      const qdqIsRight = largestDifference(network, qdq) <= floatTolerance;
      if (!qdqIsRight) say(`${shape.name}: onnxruntime's int8 kernels give other sums on this processor; left out`);
      const inC = floor(network);
      const wide = wideFloor?.(network);
      for (const c of [inC, wide]) if (c) expectFloorRight(network, c);
      const passes: Record<string, () => number> = {
        axond: passOf(network, axond),
        ort: passOf(network, ort),
        ...(qdqIsRight ? { ortQdq: passOf(network, qdq) } : {}),
        tfjs: passOf(network, tfjs),
        c: () => inC.run(network.examples.length),
        ...(wide ? { cWide: () => wide.run(network.examples.length) } : {}),
      };
      const rounds = takeTurns(passes, run);
      for (const contender of [axond, ort, qdq, tfjs]) await contender.close();
      reports.push({ ...summarise(shape.name, activity, rounds), inputActivity: network.inputActivity ?? null });
    }
    return reports;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The engine's own activity in each hidden layer over the examples; a network gone silent, or too loud, is no measure. */
export function measureActivity(network: BenchNetwork, engine: Engine): number[] {
  const { graph, tensors } = network.network;
  const hidden = graph.nodes.filter(({ op }) => op === 'threshold').map(({ name }) => ({ name, node: name }));
  const model = engine({ graph: { ...graph, outputs: hidden }, tensors });
  const planes = model.outputs.map(({ shape }) => new Uint8Array(shape.reduce((a, b) => a * b, 1)));
  const ones = planes.map(() => 0);
  for (const example of network.examples) {
    model.step([example], planes);
    for (const [place, plane] of planes.entries()) (ones[place] as number) += plane.reduce((sum, s) => sum + s, 0);
  }
  const activity = ones.map((count, place) => count / network.examples.length / (planes[place]?.length ?? 0));
  for (const [place, share] of activity.entries())
    if (Math.abs(share - aim) > hiddenTolerance)
      throw new Error(
        `${network.name}: ${hidden[place]?.name ?? ''} is ${percent(share)} active, not ${percent(aim)} ± ${percent(hiddenTolerance)}.`,
      );
  const { inputActivity = aim } = network;
  if (Math.abs(inputActivity - aim) > inputTolerance)
    throw new Error(`${network.name}: the input is ${percent(inputActivity)} active, not ${percent(aim)}.`);
  return activity;
}

export function axondContender(network: BenchNetwork, engine: Engine): Contender {
  const model = engine(network.network);
  const inputs: ModelValues[][] = network.examples.map((example) => [example]);
  const outputs = model.outputs.map(arrayFor);
  const [logits = new Int32Array(0)] = outputs;
  return {
    infer(example) {
      model.step(inputs[example] as ModelValues[], outputs);
    },
    logits: () => logits,
    close: () => Promise.resolve(),
  };
}

export function largestDifference(network: BenchNetwork, contender: Contender): number {
  let largest = 0;
  for (const [example, expected] of network.logits.entries()) {
    contender.infer(example);
    const logits = contender.logits();
    for (const [at, value] of expected.entries()) largest = Math.max(largest, Math.abs(value - (logits[at] ?? NaN)));
  }
  return Number.isNaN(largest) ? Infinity : largest;
}

export function expectRight(network: BenchNetwork, name: string, contender: Contender, tolerance: number): void {
  const difference = largestDifference(network, contender);
  if (difference > tolerance)
    throw new Error(`${network.name}: a logit of ${name} is off by ${difference}: what is wrong is not timed.`);
}

export function expectFloorRight(network: BenchNetwork, floor: Floor): void {
  floor.run(network.examples.length);
  const logits = floor.logits();
  for (const [example, expected] of network.logits.entries())
    if (expected.some((value, at) => value !== logits[example]?.[at]))
      throw new Error(`${network.name}: a logit of the floor in C is off: what is wrong is not timed.`);
}

/** Microseconds a step, over all examples once. */
export function passOf({ examples }: BenchNetwork, contender: Contender): () => number {
  const count = examples.length;
  return () => {
    const start = performance.now();
    for (let example = 0; example < count; example++) contender.infer(example);
    return ((performance.now() - start) * 1000) / count;
  };
}

/** The median pass of each in each round; who begins changes from round to round. */
export function takeTurns(
  passes: Readonly<Record<string, () => number>>,
  { rounds, roundMs }: SnnRun,
): Record<string, number[]> {
  const contenders = Object.entries(passes);
  for (const [, pass] of contenders) for (let done = 0; done < warmUpPasses; done++) pass();
  const medians: Record<string, number[]> = Object.fromEntries(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const [name, pass] = contenders[(round + turn) % contenders.length] as [string, () => number];
      const times: number[] = [];
      const end = performance.now() + roundMs;
      while (performance.now() < end || times.length < fewestPasses) times.push(pass());
      medians[name]?.push(median(times));
    }
  }
  return medians;
}

function summarise(
  name: string,
  activity: readonly number[],
  rounds: Readonly<Record<string, readonly number[]>>,
): Omit<SnnShape, 'inputActivity'> {
  const of = (contender: string): readonly number[] => rounds[contender] ?? [];
  const ratio = (of1: string, to: string): number => median(of(of1).map((us, round) => us / (of(to)[round] ?? NaN)));
  const ifRun = (contender: string, value: number): number | null => (contender in rounds ? value : null);
  return {
    name,
    activity,
    axondUs: median(of('axond')),
    ortUs: median(of('ort')),
    ortQdqUs: ifRun('ortQdq', median(of('ortQdq'))),
    tfjsUs: median(of('tfjs')),
    cUs: median(of('c')),
    ratioOrt: ratio('ort', 'axond'),
    ratioTfjs: ratio('tfjs', 'axond'),
    ratioC: ratio('axond', 'c'),
    ratioOrtQdq: ifRun('ortQdq', ratio('ortQdq', 'axond')),
    cWideUs: ifRun('cWide', median(of('cWide'))),
    rounds,
  };
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const seed = 1;
const aim = 0.15;
const hiddenTolerance = 0.02;
const inputTolerance = 0.01;
/** Sums are whole numbers below 2^24 and exact in float; scales of 1/255 leave less than this. */
const floatTolerance = 1e-3;
/** Of 16 examples each: more than 200 runs. */
const warmUpPasses = 13;
const fewestPasses = 3;
