import { resolve } from 'node:path';
import type { Detector, Policy, SignalShape, Stage } from '../contracts.js';
import { checkPolicy } from '../decide/policy.laws.js';
import { checkDetectorTiming } from '../detect/detector-timing.laws.js';
import { checkDetector } from '../detect/detector.laws.js';
import { createFromModule } from '../loop/build.js';
import type { ModulePlan } from '../loop/plan.js';
import { checkStageTiming } from '../signal/stage-timing.laws.js';
import { checkStage, type StageLawOptions } from '../signal/stage.laws.js';
import { UsageError } from './output.js';

export interface ModuleReport {
  readonly kind: 'stage' | 'detector' | 'policy';
  readonly faults: readonly string[];
  /** What was found out, a line each. */
  readonly findings: readonly string[];
}

/**
 * Tries a module of the user's own by the laws of its contract: determinism, block sizes, reset, allocation, bad input,
 * and the times that it declares, at several sampling rates. A policy is tried on detections.
 */
export async function checkModule(path: string): Promise<ModuleReport> {
  const plan = { module: resolve(path), options: {} };
  const part = await createFromModule<object>(plan, []);
  if ('decide' in part) return tryPolicy(plan, part);
  const kind = 'coefficients' in part ? 'stage' : 'delaySamples' in part ? 'detector' : undefined;
  if (kind === undefined)
    throw new UsageError(
      `${path}: what create() returns is no stage, detector or policy. Follow runtime/contracts.ts.`,
    );
  const create = await creator(plan);
  // Allocation has nothing to do with the rate: it is judged last, when the engine has compiled the code.
  const last = rates.findLast((rate) => refusalOf(create(), { rate, unit: 'uV' }) === undefined);
  const at: Trial[] = [];
  for (const rate of rates) {
    const heap = rate === last ? { heapUsed } : {};
    at.push(kind === 'stage' ? await tryStage(create, rate, heap) : await tryDetector(create, rate, heap));
  }
  const refused = at.filter(({ refusal }) => refusal !== undefined);
  const faults = at.flatMap(({ rate, faults }) => faults.map((fault) => `at ${rate} Hz: ${fault}`));
  if (refused.length === at.length) faults.push(`prepare() refuses every rate: ${refused[0]?.refusal ?? ''}`);
  return {
    kind,
    faults: merged(faults),
    findings: at.map(
      ({ rate, refusal, finding }) => `${rate} Hz: ${refusal === undefined ? finding : `refused (${refusal})`}`,
    ),
  };
}

/** Of a cheap amplifier, a usual one, and a laboratory's. */
const rates = [100, 250, 500];

interface Trial {
  readonly rate: number;
  /** Why `prepare` does not take the rate. */
  readonly refusal?: string;
  readonly faults: readonly string[];
  readonly finding: string;
}

async function tryStage(create: () => Stage, rate: number, heap: StageLawOptions): Promise<Trial> {
  const shape = { rate, unit: 'uV' };
  const refusal = refusalOf(create(), shape);
  if (refusal !== undefined) return { rate, refusal, faults: [], finding: '' };
  const faults = await lasting(() => checkStage(create, shape, heap));
  // Times of what breaks a law would only be more of the same.
  if (faults.length > 0) return { rate, faults, finding: 'breaks laws' };
  const { declared, measured, at, faults: late } = checkStageTiming(create, shape);
  const found =
    measured === null || at === null ? 'no burst comes through' : `${measured.toFixed(1)} measured at ${at} Hz`;
  return { rate, faults: late, finding: `delay of ${declared.toFixed(1)} samples declared, ${found}` };
}

async function tryDetector(create: () => Detector, rate: number, heap: StageLawOptions): Promise<Trial> {
  const shape = { rate, unit: 'uV' };
  const refusal = refusalOf(create(), shape);
  if (refusal !== undefined) return { rate, refusal, faults: [], finding: '' };
  const faults = await lasting(() => checkDetector(create, shape, heap));
  if (faults.length > 0) return { rate, faults, finding: 'breaks laws' };
  const { generated, found, onsetBias, confirmation, faults: late } = checkDetectorTiming(create, shape);
  const times =
    onsetBias === null || confirmation === null
      ? ', too few to judge its times'
      : `, onsets ${onsetBias.toFixed(2)} s off after its delay, confirmed ${confirmation.toFixed(2)} s after the true onset`;
  return { rate, faults: late, finding: `${found} of ${generated} generated spindles found${times}` };
}

/** A policy knows no rate: its clock tells it times. */
async function tryPolicy(plan: ModulePlan, part: object): Promise<ModuleReport> {
  const faults = missing(part, ['decide', 'reset']);
  if (faults.length > 0) return { kind: 'policy', faults, findings: [] };
  const create = await creator(plan);
  return { kind: 'policy', faults: await lasting(() => checkPolicy(create, { heapUsed })), findings: [] };
}

/**
 * Faults that are there each time. On a busy machine the engine may not have compiled the code yet, and what is not
 * compiled allocates.
 */
async function lasting(judge: () => string[]): Promise<string[]> {
  let faults = judge();
  for (let attempt = 1; attempt < mostAttempts && faults.length > 0; attempt++) {
    if (!faults.every((fault) => fault.startsWith('alloc'))) return faults;
    await new Promise((resolve) => setTimeout(resolve, 200));
    faults = judge();
  }
  return faults;
}

function refusalOf(part: Stage | Detector, shape: SignalShape): string | undefined {
  try {
    part.prepare(shape);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** The same fault at several rates is said once. */
function merged(faults: readonly string[]): string[] {
  const byText = new Map<string, string[]>();
  for (const fault of faults) {
    const [, where = '', text = fault] = /^at (\d+ Hz): (.*)$/s.exec(fault) ?? [];
    byText.set(text, [...(byText.get(text) ?? []), ...(where === '' ? [] : [where])]);
  }
  return [...byText].map(([text, where]) => {
    if (where.length === 0 || where.length === rates.length || text.startsWith('alloc')) return text;
    return `at ${where.join(' and ')}: ${text}`;
  });
}

const heapUsed = (): number => process.memoryUsage().heapUsed;

/** Laws make many of a kind, each of its own state. */
async function creator(plan: ModulePlan): Promise<() => Stage & Detector & Policy> {
  const many: (Stage & Detector & Policy)[] = [];
  for (let count = 0; count < mostParts; count++) many.push(await createFromModule(plan, []));
  return () => {
    const part = many.pop();
    if (part === undefined) throw new Error('the laws need more parts than were made');
    return part;
  };
}

function missing(part: object, methods: readonly string[]): string[] {
  return methods.filter((name) => !(name in part)).map((name) => `has no method ${name}`);
}

const mostAttempts = 8;
const mostParts = 128;
