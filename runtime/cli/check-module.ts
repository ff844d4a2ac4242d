import { resolve } from 'node:path';
import type { Detector, Stage } from '../contracts.js';
import { checkDetector } from '../detect/detector.laws.js';
import { createFromModule } from '../loop/build.js';
import { checkStage } from '../signal/stage.laws.js';
import { UsageError } from './output.js';

/** Tries a module of the user's own by the laws of its contract: determinism, block sizes, allocation, delay. */
export async function checkModule(path: string): Promise<{ kind: string; faults: string[] }> {
  const plan = { module: resolve(path), options: {} };
  const heapUsed = (): number => process.memoryUsage().heapUsed;
  const shape = { rate: 250, unit: 'uV' };
  const part = await createFromModule<object>(plan, []);
  if ('decide' in part) return { kind: 'policy', faults: missing(part, ['decide', 'permitted', 'reset']) };
  if ('coefficients' in part || 'delaySamples' in part) {
    const create = await creator(plan);
    const isStage = 'coefficients' in part;
    const faults = isStage ? checkStage(create, shape, { heapUsed }) : checkDetector(create, shape, { heapUsed });
    return { kind: isStage ? 'stage' : 'detector', faults };
  }
  throw new UsageError(`${path}: what create() returns is no stage, detector or policy. Follow runtime/contracts.ts.`);
}

/** Laws make many of a kind, each of its own state. */
async function creator(plan: { module: string; options: Record<string, unknown> }): Promise<() => Stage & Detector> {
  const many: (Stage & Detector)[] = [];
  for (let count = 0; count < mostParts; count++) many.push(await createFromModule<Stage & Detector>(plan, []));
  return () => {
    const part = many.pop();
    if (part === undefined) throw new Error('the laws need more parts than were made');
    return part;
  };
}

function missing(part: object, methods: readonly string[]): string[] {
  return methods.filter((name) => !(name in part)).map((name) => `has no method ${name}`);
}

const mostParts = 64;
