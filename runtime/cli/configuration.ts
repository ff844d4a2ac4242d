import { compilePlaceRun, type PlaceRunPlan } from '../config/compile-place.js';
import { compileLoop, compileRun, type RunPlan } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import { patentNotes } from '../config/patents.js';
import type { RunDescription, StreamInfo } from '../contracts.js';
import type { LoopPlan } from '../loop/plan.js';
import { UsageError } from './output.js';

/** From options of the command line to what a run or a replay is built from. */

export interface ConfigurationOptions {
  readonly files?: readonly string[];
  readonly preset?: string;
  readonly sets: readonly string[];
  /** Arm at the start: refused unless every actuator is virtual. */
  readonly armVirtual: boolean;
  /** Of the demo alone, which plays quietly: a sound may be armed too. */
  readonly armSound?: boolean;
}

export interface LoadedRun {
  readonly plan: RunPlan;
  readonly effectiveYaml: string;
  readonly armAtStart: boolean;
  /** To be told once at the start. */
  readonly notes: readonly string[];
}

export interface LoadedPlaceRun {
  readonly plan: PlaceRunPlan;
  readonly effectiveYaml: string;
}

/** Of a configuration that may recognise places instead. */
export function loadAnyPlan(options: ConfigurationOptions): { run: LoadedRun } | { places: LoadedPlaceRun } {
  const { configuration, effectiveYaml } = loadConfiguration(options);
  const plan = compilePlaceRun(configuration);
  return plan ? { places: { plan, effectiveYaml } } : { run: loadRunPlan(options) };
}

export function loadRunPlan({ armVirtual, armSound = false, ...sources }: ConfigurationOptions): LoadedRun {
  const { configuration, effectiveYaml } = loadConfiguration(sources);
  refuseRealActuators(armVirtual, configuration.actuators, armSound);
  const plan = compileRun(configuration);
  const armAtStart = armVirtual && plan.actuator !== undefined;
  return { plan, effectiveYaml, armAtStart, notes: patentNotes(configuration) };
}

export function loadFilePlan({
  armVirtual,
  stream,
  ...sources
}: ConfigurationOptions & { readonly stream: StreamInfo }): {
  plan: LoopPlan;
  effectiveYaml: string;
  record: string;
  name: string;
} {
  const { configuration, effectiveYaml } = loadConfiguration({ ...sources, stream });
  refuseRealActuators(armVirtual, configuration.actuators);
  const { record, name } = configuration.device;
  return { plan: compileLoop(configuration, stream), effectiveYaml, record, name };
}

/** What places a recording was made with; undefined where it recognised none. */
export function placePlanOfRecording({ configuration }: RunDescription): PlaceRunPlan | undefined {
  const files = [{ name: 'configuration of the recording', text: configuration }];
  return compilePlaceRun(loadConfiguration({ files }).configuration);
}

/** The loop that a recording was made by, from the configuration that it carries. */
export function planOfRecording({ configuration, stream }: RunDescription): LoopPlan {
  const loaded = loadConfiguration({
    files: [{ name: 'configuration of the recording', text: configuration }],
    stream,
  });
  return compileLoop(loaded.configuration, stream);
}

function refuseRealActuators(
  armVirtual: boolean,
  actuators: Readonly<Record<string, { readonly use: string }>>,
  armSound = false,
): void {
  if (!armVirtual) return;
  const real = Object.entries(actuators).filter(([, { use }]) => use !== 'virtual' && !(armSound && use === 'audio'));
  if (real.length === 0) return;
  const names = real.map(([name, { use }]) => `${name} (${use})`).join(', ');
  throw new UsageError(`--arm-virtual: ${names} is not virtual. Arm on the machine itself: axond arm --for 10m.`);
}
