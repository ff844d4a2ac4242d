import { Plants, type Bug } from './plants.js';
import { Random } from './random.js';
import { drawScenario } from './scenario.js';
import { World } from './world.js';

export interface SimulationOptions {
  readonly seed: bigint;
  readonly rate: 10 | 250;
  readonly hours: number;
  readonly bug?: Bug;
  /** Keeps a line of all that happens. */
  readonly traces?: boolean;
}

export interface Outcome {
  readonly seed: bigint;
  readonly violations: readonly string[];
  readonly faults: number;
  readonly stimuli: number;
  readonly refusals: number;
  readonly runs: number;
  /** The same for two runs of a seed. */
  readonly digest: number;
  readonly trace: readonly string[];
}

/** Simulates one seed, from start to end. */
export async function simulate({ seed, rate, hours, bug, traces = false }: SimulationOptions): Promise<Outcome> {
  const random = new Random(seed);
  const scenario = drawScenario(random.fork(), rate, hours);
  const world = new World(scenario, random, new Plants(bug), traces);
  await world.run();
  const { violations, faults, given, refusals } = world.checker;
  return {
    seed,
    violations,
    faults,
    stimuli: given.length,
    refusals,
    runs: world.runs,
    digest: world.digest,
    trace: world.lines,
  };
}
