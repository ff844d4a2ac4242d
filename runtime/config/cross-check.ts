import { statSync } from 'node:fs';
import { createDevice } from '../../drivers/devices.js';
import type { SignalShape, StreamInfo } from '../contracts.js';
import { hardLimits } from '../guardian/actuators.js';
import { checkDetector } from '../loop/load-detector.js';
import { isModule, type ModulePlan } from '../loop/plan.js';
import { parseDerivation } from '../signal/derivation.js';
import { createStage } from '../signal/stage-plan.js';
import { builtIn, checkName, timeText, type Check } from './check.js';
import { crossCheckPlace } from './cross-check-place.js';
import { crossCheckPolicy } from './cross-check-policy.js';
import { crossCheckWires } from './cross-check-wires.js';
import { nearestName, type Fault } from './fault.js';
import { isMap, valueAt } from './keys.js';
import { faultAt, type Written } from './messages.js';
import type { Configuration } from './schema.js';
import { orderSignals } from './signal-order.js';
import { compileSounds } from './sound.js';
import type { Path } from './tree.js';

/** What a configuration has to fit. */
export type StreamOutline = Pick<StreamInfo, 'channels' | 'rate'>;

/**
 * Faults between parts: names that lead nowhere, filters that are impossible at their rate, limits above the hard ones.
 * Takes the parts that are sound in themselves; what depends on one that is not is left unjudged.
 */
export function crossCheck(configuration: Configuration, written: Written, stream?: StreamOutline): Fault[] {
  const faults: Fault[] = [];
  const check: Check = {
    configuration,
    written,
    fault: (path, rule, fix) => faults.push(faultAt(written, path, rule, fix)),
    names: (section) => {
      const map = valueAt(written.values, [section]);
      return isMap(map) ? Object.keys(map) : [];
    },
  };
  if (!stream && valueAt(written.values, ['source']) === undefined) {
    check.fault(['source'], 'is missing', 'Say where samples come from, or give --driver and --port.');
  }
  const { source, place } = configuration;
  if (!stream && (place || (source && !('device' in source)))) {
    crossCheckPlace(check);
  } else {
    const shapes = checkSignals(
      check,
      stream ?? (source && 'device' in source ? createDevice(source.device).info : undefined),
    );
    checkDetectors(check, shapes);
    checkStimulation(check);
    checkBridges(check);
    crossCheckWires(check);
  }
  checkFiles(check, stream === undefined);
  return faults;
}

type Shapes = ReadonlyMap<string, SignalShape>;

/** The shapes of the signals that could be judged. */
function checkSignals(check: Check, stream: StreamOutline | undefined): Shapes {
  const { signals } = check.configuration;
  const shapes = new Map<string, SignalShape>();
  const ordered = orderSignals(signals);
  for (const name of ordered) {
    const { from, stages } = signals[name] as Configuration['signals'][string];
    const isSignal = from !== undefined && from !== name && check.names('signals').includes(from);
    let shape = isSignal ? shapes.get(from) : checkDerivation(check, name, from, stream);
    for (const [place, stage] of stages.entries()) {
      if (isModule(stage) || !shape) {
        // What a module does to rate and unit shows when it is loaded.
        shape = undefined;
        continue;
      }
      const before = shape;
      shape = attempt(check, ['signals', name, 'stages', place], () => createStage(stage).prepare(before));
    }
    if (shape) shapes.set(name, shape);
  }
  for (const name of Object.keys(signals).filter((signal) => !ordered.includes(signal))) {
    check.fault(['signals', name, 'from'], 'leads round in a circle', 'Make one of these signals from electrodes.');
  }
  return shapes;
}

function checkDerivation(
  check: Check,
  signal: string,
  from: string | undefined,
  stream?: StreamOutline,
): SignalShape | undefined {
  if (!stream) return undefined;
  const names = stream.channels.map(({ name }) => name);
  try {
    const [first] = from === undefined ? names : parseDerivation(from, names).map(({ channel }) => channel);
    const unit = stream.channels.find(({ name }) => name === first)?.unit ?? '';
    return { rate: stream.rate, unit };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const detail = error.message.replace(`${JSON.stringify(from)} `, '');
    const [rule = '', ...rest] = detail.split('. ');
    const others = check.names('signals').filter((name) => name !== signal);
    const nearest = from === undefined ? undefined : nearestName(from, [...others, ...names]);
    const fix = nearest === undefined ? rest.join('. ') || 'Write for example C3 - M2.' : `Did you mean ${nearest}?`;
    check.fault(['signals', signal, 'from'], `cannot be derived: ${rule}`, fix);
    return undefined;
  }
}

function checkDetectors(check: Check, shapes: Shapes): void {
  for (const [name, { signal, more = [], plan }] of Object.entries(check.configuration.detectors)) {
    const path = ['detectors', name];
    if (more.length === 0) checkName(check, [...path, 'signal'], signal, 'signals');
    else [signal, ...more].forEach((each, place) => checkName(check, [...path, 'signals', place], each, 'signals'));
    const shape = shapes.get(signal);
    if (isModule(plan) || !shape) continue;
    const level = valueAt(check.written.values, [...path, 'level']);
    if (typeof level === 'number' && shape.unit === 'uV') {
      check.fault([...path, 'level'], `has no unit, and ${signal} is in uV`, `Write ${level}uV.`);
    } else if (typeof level === 'string' && shape.unit !== 'uV') {
      check.fault([...path, 'level'], `is a voltage, and ${signal} is in ${shape.unit}`, 'Write a number alone.');
    }
    attempt(check, path, () => checkDetector(plan, shape));
  }
}

function checkStimulation(check: Check): void {
  const { policy, stimulus, gate, actuators } = check.configuration;
  const sections = ['policy', 'stimulus', 'gate'];
  const given = sections.filter((section) => valueAt(check.written.values, [section]) !== undefined);
  for (const section of given.length === 0 ? [] : sections.filter((name) => !given.includes(name))) {
    const fix = `Add ${section} to stimulate, or take ${given.join(' and ')} out to stimulate nothing.`;
    check.fault([section], `is missing, while there is ${given.join(' and ')}`, fix);
  }
  if (given.length === 0 && check.configuration.study) {
    const rule = 'says by which condition to stimulate, while nothing is stimulated';
    check.fault(['study'], rule, `Take it out, or add ${sections.join(', ')}.`);
  }
  if (policy && !isModule(policy)) crossCheckPolicy(check, policy);
  gate?.require.forEach((name, place) => {
    checkRequired(check, ['gate', 'require', place], name);
  });
  if (!stimulus) return;
  if (check.configuration.device.rotate !== undefined) {
    const rule = 'divides runs into several recordings, and one that stimulates has a single one';
    check.fault(['device', 'rotate'], rule, 'Take it out.');
  }
  const { actuator } = stimulus;
  checkName(check, ['stimulus', 'actuator'], actuator, 'actuators');
  const plan = Object.hasOwn(actuators, actuator) ? actuators[actuator] : undefined;
  if (!plan) return;
  const hard = hardLimits[plan.use];
  const whose = `(hard limit of ${actuator})`;
  const durationUs =
    plan.use === 'audio'
      ? Math.max(0, ...(compileSounds(plan, stimulus, check.fault)?.durationsUs ?? []))
      : checkDuration(check, stimulus, hard.durationUs, whose);
  if (!gate) return;
  const { limits } = gate;
  if (limits.intervalUs < hard.intervalUs) {
    const least = timeText(hard.intervalUs);
    check.fault(['gate', 'interval'], `is below ${least} ${whose}`, `Use ${least} or more.`);
  } else if (limits.intervalUs < durationUs) {
    const least = timeText(durationUs);
    check.fault(['gate', 'interval'], `is below ${least}, which one stimulus lasts`, `Use ${least} or more.`);
  } else if (plan.use === 'bridge' && limits.intervalUs < 2 * durationUs) {
    const least = timeText(2 * durationUs);
    check.fault(['gate', 'interval'], `lets ${actuator} work more than half of the time`, `Use ${least} or more.`);
  }
  for (const limit of ['perMinute', 'perHour', 'perNight'] as const) {
    if (limits[limit] <= hard[limit]) continue;
    check.fault(['gate', limit], `is above ${hard[limit]} ${whose}`, `Use ${hard[limit]} or less.`);
  }
}

/** Of what is no sound. Returns how long it lasts. */
function checkDuration(
  check: Check,
  stimulus: NonNullable<Configuration['stimulus']>,
  mostUs: number,
  whose: string,
): number {
  for (const key of ['sound', 'sounds', 'level'] as const) {
    if (stimulus[key] === undefined) continue;
    check.fault(['stimulus', key], `is for sounds, and ${stimulus.actuator} plays none`, 'Take it out.');
  }
  const { durationUs } = stimulus;
  if (durationUs === undefined) {
    check.fault(['stimulus', 'duration'], 'is missing', 'Write for example duration: 50ms.');
    return 0;
  }
  if (durationUs > mostUs) {
    const most = timeText(mostUs);
    check.fault(['stimulus', 'duration'], `is above ${most} ${whose}`, `Use ${most} or less.`);
  }
  return durationUs;
}

/** A bridge has one line, and whoever says hello on it ends the session of whoever was there. */
function checkBridges({ configuration: { source, actuators }, fault }: Check): void {
  if (source?.use !== 'bridge') return;
  for (const [name, plan] of Object.entries(actuators)) {
    if (plan.use !== 'bridge' || plan.port !== source.port) continue;
    const rule = `is the port of ${name} too, and a bridge answers one of them`;
    fault(['source', 'port'], rule, 'Use a second bridge for the inputs.');
  }
}

/** What a module judges shows when it is loaded; what is wrong with a detector itself was said there. */
function checkRequired(check: Check, path: Path, name: string): void {
  checkName(check, path, name, 'detectors');
  const detector = builtIn(check, name);
  if (!detector || detector.estimates.some(({ reason }) => reason !== undefined)) return;
  const rule = `judges nothing that the gate could wait for: a ${detector.use} only detects`;
  check.fault(path, rule, 'Take it out, or name a detector that judges the signal or sleep.');
}

/** Modules and credentials are read long after the start was announced; that they are there is known before. */
function checkFiles({ configuration, fault }: Check, reports: boolean): void {
  const { device, signals, detectors, policy } = configuration;
  const expect = (path: Path, file: string): void => {
    if (!isFile(file)) fault(path, 'is no file', 'Correct the path, or put the file there.');
  };
  const module = (path: Path, plan: object | ModulePlan | undefined): void => {
    if (plan && isModule(plan)) expect([...path, 'use'], plan.module);
  };
  for (const [name, { stages }] of Object.entries(signals)) {
    stages.forEach((stage, place) => module(['signals', name, 'stages', place], stage));
  }
  for (const [name, { plan }] of Object.entries(detectors)) module(['detectors', name], plan);
  module(['policy'], policy);
  if (reports && device.upload) {
    for (const key of ['keyIdFile', 'secretFile'] as const) expect(['device', 'upload', key], device.upload[key]);
  }
  if (!reports || !device.mqtt) return;
  for (const key of ['userFile', 'passwordFile', 'caFile', 'certFile', 'keyFile'] as const) {
    if (device.mqtt[key] !== undefined) expect(['device', 'mqtt', key], device.mqtt[key]);
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Parts refuse with `option: value rule. Fix.`; finds the key that the option stands for. */
function attempt<Result>(check: Check, path: Path, build: () => Result): Result | undefined {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [, option = '', rest = error.message] = /^(\w+): (.*)$/s.exec(error.message) ?? [];
    const [rule = '', ...fix] = rest.split('. ');
    const key = option.replace(/(Seconds|Hz)$/, '');
    const isWritten = valueAt(check.written.values, [...path, key]) !== undefined;
    const place = isWritten ? [...path, key] : path;
    // The key's value stands in the line as it was written.
    const said = isWritten ? rule.replace(/^[-\d.]+(e[-+]?\d+)?( Hz| s)? /, '') : `${option}: ${rule}`;
    check.fault(place, said, fix.join('. '));
    return undefined;
  }
}
