import { join } from 'node:path';
import { createDevice } from '../../drivers/devices.js';
import type { MarksPlan } from '../../drivers/marks/open-marks.js';
import type { SyncPlan } from '../../drivers/sync/sync-output.js';
import type { StreamInfo, StudyPlan } from '../contracts.js';
import { withDetectors, type PolicyPlan } from '../decide/policy-plan.js';
import { variantsOf, type ActuatorPlan } from '../guardian/actuators.js';
import type { StopInputPlan } from '../guardian/stop-input.js';
import { isModule, type LoopPlan, type SignalPlan, type StimulationPlan } from '../loop/plan.js';
import type { StoragePolicy } from '../recording/storage.js';
import type { BrokerPlan, DashboardPlan, Reveal, UploadPlan } from './device.js';
import type { Configuration } from './schema.js';
import { compileSounds, type Sounds } from './sound.js';
import { orderSignals, parentOf } from './signal-order.js';
import type { SourcePlan } from './source.js';
import type { NamedPolicy } from './policy.js';

/** What a run is built from: plain values, names resolved. */
export interface RunPlan {
  readonly name: string;
  readonly timeZone: string;
  /** Folder for recordings. */
  readonly record: string;
  readonly storage: StoragePolicy;
  /** Seconds after which another recording is begun; absent where a run has one. */
  readonly rotate?: number;
  /** Folder for what outlives a recording. */
  readonly state: string;
  /** Absent where nothing is reported. */
  readonly mqtt?: BrokerPlan;
  /** Absent where there is no page. */
  readonly dashboard?: DashboardPlan;
  readonly upload?: UploadPlan;
  /** What of its people it may tell by MQTT and LSL. */
  readonly reveal: readonly Reveal[];
  /** Whom finished recordings are encrypted to; absent where they stay plain. */
  readonly recipients?: readonly string[];
  /** Marks are offered as a stream of LSL. */
  readonly lsl: boolean;
  readonly realtime: boolean;
  /** Absent where nothing is wired to the guardian. */
  readonly stopInput?: StopInputPlan;
  /** Where marks come in, by name. */
  readonly marks: Readonly<Record<string, MarksPlan>>;
  /** Absent where no other recorder is told the time. */
  readonly sync?: SyncPlan;
  readonly source: SourcePlan;
  /** Absent where nothing is stimulated. */
  readonly actuator?: {
    readonly name: string;
    readonly plan: ActuatorPlan;
    /** File that axond setup timing has written for it. */
    readonly timing?: string;
  };
  /** Absent where every stimulus is real. */
  readonly study?: StudyPlan;
  readonly loop: LoopPlan;
}

/** For a configuration that was loaded without `stream`, so that it has a source. */
export function compileRun(configuration: Configuration): RunPlan {
  const { device, source, actuators, stimulus, study } = configuration;
  if (!source || !('device' in source)) throw new RangeError('source: gives no samples. A run needs one that does.');
  const {
    name,
    timeZone,
    record,
    storage,
    rotate,
    state = join(record, 'state'),
    realtime,
    mqtt,
    dashboard,
    upload,
    encrypt,
    lsl,
    reveal,
    stopInput,
    marks,
    sync,
  } = device;
  const chosen = stimulus && actuators[stimulus.actuator];
  const plan = chosen && actuatorOf(configuration, chosen);
  return {
    name,
    timeZone,
    record,
    storage,
    ...(rotate === undefined ? {} : { rotate }),
    state,
    realtime,
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(dashboard === undefined ? {} : { dashboard }),
    ...(upload === undefined ? {} : { upload }),
    ...(encrypt === undefined ? {} : { recipients: encrypt.recipients }),
    lsl,
    reveal,
    ...(stopInput === undefined ? {} : { stopInput }),
    marks,
    ...(sync === undefined ? {} : { sync }),
    ...(sync === undefined ? {} : { sync }),
    source,
    ...(stimulus && plan ? { actuator: { name: stimulus.actuator, ...plan } } : {}),
    ...(study ? { study } : {}),
    loop: compileLoop(configuration, createDevice(source.device).info),
  };
}

function actuatorOf(
  configuration: Configuration,
  { timing, ...chosen }: Configuration['actuators'][string],
): Omit<NonNullable<RunPlan['actuator']>, 'name'> | undefined {
  const plan = chosen.use === 'audio' ? soundsOf(configuration)?.plan : chosen;
  return plan && { plan, ...(timing === undefined ? {} : { timing }) };
}

/** `stream` is that of the source, or of the file that is replayed. */
export function compileLoop(configuration: Configuration, stream: Pick<StreamInfo, 'channels'>): LoopPlan {
  const [first] = stream.channels;
  const firstChannel = first?.name ?? '';
  const { detectors } = configuration;
  const named = configuration.signals;
  // Something has to be shown, also where nothing is made from the channels.
  const signals = Object.keys(named).length > 0 ? named : { [firstChannel]: { stages: [] } };
  const order = orderSignals(signals);
  const stimulation = compileStimulation(configuration);
  return {
    signals: order.map((name): SignalPlan => {
      const { from, stages } = signals[name] as Configuration['signals'][string];
      const parent = parentOf(signals, name);
      const origin = parent === undefined ? { derivation: from ?? firstChannel } : { signal: order.indexOf(parent) };
      return { name, from: origin, stages };
    }),
    detectors: Object.entries(detectors).map(([name, { signal, more, plan }]) => ({
      name,
      signal: order.indexOf(signal),
      ...(more ? { more: more.map((other) => order.indexOf(other)) } : {}),
      plan,
    })),
    ...(stimulation ? { stimulation } : {}),
    trace: order.indexOf(order.includes('trace') ? 'trace' : (Object.keys(signals)[0] ?? '')),
  };
}

function soundsOf({ actuators, stimulus }: Configuration): Sounds | undefined {
  const card = stimulus && actuators[stimulus.actuator];
  if (!stimulus || card?.use !== 'audio') return undefined;
  return compileSounds(card, stimulus, (path, rule, fix) => {
    // The cross-check found none: a file has changed since.
    throw new RangeError(`${path.join('.')} ${rule}. ${fix}`);
  });
}

/** One a variant. */
function durationsOf(configuration: Configuration): readonly number[] {
  const { actuators, stimulus } = configuration;
  const actuator = stimulus && actuators[stimulus.actuator];
  if (actuator?.use === 'audio') return soundsOf(configuration)?.durationsUs ?? [];
  return Array.from({ length: actuator ? variantsOf(actuator) : 1 }, () => stimulus?.durationUs ?? 0);
}

/** As they were written. */
function variantNames({ actuators, stimulus }: Configuration): readonly string[] {
  if (stimulus?.sounds) return stimulus.sounds;
  const actuator = stimulus && actuators[stimulus.actuator];
  if (actuator && 'codes' in actuator) return actuator.codes.map(String);
  return actuator && 'lines' in actuator ? actuator.lines.map((line) => `line ${line}`) : [];
}

function compileStimulation(configuration: Configuration): StimulationPlan | undefined {
  const { detectors, policy, stimulus, gate, study } = configuration;
  if (!policy || !stimulus || !gate) return undefined;
  const placeOf = (name: string): number => Object.keys(detectors).indexOf(name);
  const durationsUs = durationsOf(configuration);
  return {
    policy: isModule(policy) ? policy : compilePolicy(policy, placeOf, durationsUs.length),
    durationsUs,
    ...(durationsUs.length > 1 ? { variants: variantNames(configuration) } : {}),
    limits: gate.limits,
    ...(study ? { ofNight: true } : {}),
    require: gate.require.map(placeOf),
  };
}

function compilePolicy(policy: NamedPolicy, placeOf: (name: string) => number, stimuli: number): PolicyPlan {
  const plan = withDetectors(policy, placeOf);
  if (!policy.cues && stimuli === 1) return plan;
  const { order, each } = policy.cues ?? { order: 'sequence', each: Infinity };
  return { ...plan, cues: { count: stimuli, order, each } };
}
