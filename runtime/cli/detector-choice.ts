import type { Command } from 'commander';
import { nearestName } from '../config/fault.js';
import { compileLoop } from '../config/compile.js';
import { alternativesOf, isMap, valueAt } from '../config/keys.js';
import { mergeLayers } from '../config/layers.js';
import { loadConfiguration, type ConfigurationSources } from '../config/load.js';
import { plain } from '../config/tree.js';
import type { StreamInfo } from '../contracts.js';
import { bandPowerPoints } from '../detect/band-power.js';
import { buildLoop } from '../loop/build.js';
import type { Loop } from '../loop/loop.js';
import type { LoopPlan } from '../loop/plan.js';
import { UsageError } from './output.js';

const detectorKinds = alternativesOf('detectors').flatMap(({ use }) => (use === '' ? [] : [use]));

/** Whether a detector that is chosen by its kind has a network; of one in a configuration only that can tell. */
export function mayHaveNetwork({ detector = 'band-power', config, preset }: DetectorFlags): boolean {
  if (config || preset !== undefined) return true;
  const [kind] = split(detector);
  return alternativesOf('detectors').some(({ use, keys }) => use === kind && keys.includes('model'));
}

/** Options by which a verb is told of one detector. All lead to a configuration, as a run has it. */
export interface DetectorFlags {
  detector?: string;
  model?: string;
  channel?: string;
  config?: string[];
  preset?: string;
  set?: string[];
}

export function withDetectorOptions(command: Command): Command {
  return command
    .option(
      '--detector <NAME>',
      `${detectorKinds.join(', ')}, a module, or a name in the configuration; NAME:POINT for one of its points (default: band-power)`,
    )
    .option('--model <FILE>', 'network of a detector that has one')
    .option('--channel <NAME>', 'channel or derivation, such as C3 - M2, to look in (default: the first channel)')
    .option('--config <FILE...>', 'configuration with the detector')
    .option('--preset <NAME>', 'preset with the detector')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration, such as detectors.band-power.threshold=3');
}

/** A detector that can be built on any stream. */
export interface DetectorChoice {
  /** What was asked for, as a title. */
  readonly name: string;
  /** The same with other values, `KEY=VALUE` of the detector's own keys. */
  with(...own: readonly string[]): DetectorChoice;
  /** Packaged name or path of the network's file; undefined for a detector without. */
  model(stream: StreamInfo): string | undefined;
  plan(stream: StreamInfo): { readonly loop: LoopPlan; readonly detector: number };
  build(stream: StreamInfo): Promise<{ readonly loop: Loop; readonly detector: number }>;
}

export function chooseDetector(flags: DetectorFlags): DetectorChoice {
  const own = flags.model === undefined ? [] : [`model=${flags.model}`];
  const choice = flags.config || flags.preset !== undefined ? fromConfiguration(flags) : byKind(flags);
  return own.length === 0 ? choice : choice.with(...own);
}

/** A detector of the configuration, with all that stands before it. */
function fromConfiguration({ detector, config = [], preset, set = [], channel }: DetectorFlags): DetectorChoice {
  if (channel !== undefined)
    throw new UsageError('--channel: the configuration says where to look. Leave it out, or set signals.NAME.from.');
  const sources = { files: config, sets: set, ...(preset === undefined ? {} : { preset }) };
  const [entry, point] = split(detector);
  return choiceOf(
    detector ?? [...config, preset].filter(Boolean).join(' + '),
    sources,
    entry,
    point === undefined ? [] : [`point=${point}`],
  );
}

/** A kind of detector by its `use`, in one channel, with its default values. */
function byKind({ detector = 'band-power', set = [], channel }: DetectorFlags): DetectorChoice {
  const isModule = /\.m?js$/.test(detector);
  const [use, point] = isModule ? [detector, undefined] : split(detector);
  if (!isModule && (use === undefined || !detectorKinds.includes(use))) {
    const known = detectorKinds.flatMap((kind) => (kind === 'band-power' ? [kind, ...bandPowerNames] : [kind]));
    const nearest = nearestName(detector, known);
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw new UsageError(`--detector: ${detector} is not known.${hint} Use one of ${known.join(', ')}.`);
  }
  const entry = isModule ? 'own' : (use ?? '');
  const from = channel === undefined ? {} : { from: channel };
  // The gate only judges: what is detected does not depend on it.
  const gate = use === 'sleep-gate' ? {} : { asleep: { use: 'sleep-gate', signal: 'eeg' } };
  const detectors = { [entry]: { use, signal: 'eeg' }, ...gate };
  const text = JSON.stringify({ signals: { eeg: from }, detectors });
  return choiceOf(detector, { files: [{ name: '--detector', text }], sets: set }, entry, ownOf(entry, point));
}

/** The keys of a point. The rules of `band-power` have theirs in its own table, networks by their name. */
function ownOf(kind: string, point: string | undefined): string[] {
  if (point === undefined) return [];
  if (kind !== 'band-power') return [`point=${point}`];
  const options = Object.entries(bandPowerPoints).find(([name]) => name === point)?.[1];
  if (!options)
    throw new UsageError(`--detector: band-power has no point ${point}. Use one of ${bandPowerNames.join(', ')}.`);
  const { confirmSeconds, ...rest } = options;
  return [...Object.entries(rest).map(([key, value]) => `${key}=${value}`), `confirm=${confirmSeconds}s`];
}

const bandPowerNames = Object.keys(bandPowerPoints).map((point) => `band-power:${point}`);

function split(name: string | undefined): [string | undefined, string | undefined] {
  const [entry, point] = name?.split(':') ?? [];
  return [entry, point];
}

/** `entry` absent: the only detector of the configuration. */
function choiceOf(
  name: string,
  sources: Omit<ConfigurationSources, 'stream'>,
  entry: string | undefined,
  own: readonly string[],
): DetectorChoice {
  const plan = (stream: StreamInfo): { loop: LoopPlan; detector: number } => {
    const load = (sets: readonly string[]) =>
      loadConfiguration({ ...sources, sets: [...sets, ...(sources.sets ?? [])], stream }).configuration;
    const chosen = entry ?? onlyOne(writtenDetectors(sources) ?? Object.keys(load([]).detectors));
    const configuration = load(own.map((set) => `detectors.${chosen}.${set}`));
    const { signals, detectors, trace } = compileLoop(configuration, stream);
    const loop = { signals, detectors, trace };
    return {
      loop,
      detector: placeOf(
        chosen,
        detectors.map((each) => each.name),
      ),
    };
  };
  return {
    name,
    with: (...more) => choiceOf(name, sources, entry, [...own, ...more]),
    model(stream) {
      const { loop, detector } = plan(stream);
      const chosen = loop.detectors[detector]?.plan ?? {};
      return 'model' in chosen && typeof chosen.model === 'string' ? chosen.model : undefined;
    },
    plan,
    async build(stream) {
      const { loop, detector } = plan(stream);
      return { loop: await buildLoop(loop, stream), detector };
    },
  };
}

/** Before it is judged: what a detector lacks may be what is given here. Undefined for what cannot be read at all. */
function writtenDetectors(sources: ConfigurationSources): string[] | undefined {
  const tree = mergeLayers(sources, []);
  const detectors = tree && valueAt(plain(tree), ['detectors']);
  return isMap(detectors) ? Object.keys(detectors) : undefined;
}

function onlyOne(names: readonly string[]): string {
  const [only, ...more] = names;
  if (only !== undefined && more.length === 0) return only;
  throw new UsageError(`--detector: the configuration has ${names.join(', ') || 'none'}. Name one of them.`);
}

function placeOf(name: string, names: readonly string[]): number {
  const place = names.indexOf(name);
  if (place < 0)
    throw new UsageError(`--detector: the configuration has no ${name}. Name one of ${names.join(', ') || 'none'}.`);
  return place;
}
