import type { GateLimits, StreamInfo } from '../../runtime/contracts.js';
import { compileLoop } from '../../runtime/config/compile.js';
import { loadConfiguration } from '../../runtime/config/load.js';
import { createPolicy } from '../../runtime/decide/policy.js';
import { blockCapacity, buildLoop } from '../../runtime/loop/build.js';
import type { Loop } from '../../runtime/loop/loop.js';
import { RequiredEstimates } from '../../runtime/loop/required-estimates.js';
import { SignalGraph, type DetectorPart, type SignalPart } from '../../runtime/loop/signal-graph.js';
import { Derivation, parseDerivation } from '../../runtime/signal/derivation.js';
import { ScriptedSleep, ScriptedSpindles } from './detectors.js';
import type { Plants } from './plants.js';
import type { Scenario } from './scenario.js';

/** The loop of scripted frames: the smallest graph that has a detection, and an estimate that the gate requires. */
export function buildScriptedLoop(
  { policy, limits, durationUs, night }: Scenario,
  stream: StreamInfo,
  plants: Plants,
): Loop {
  const { rate, channels } = stream;
  const names = channels.map(({ name }) => name);
  const signals: SignalPart[] = names.map((name) => ({
    name,
    from: new Derivation(parseDerivation(name, names), channels),
    chain: undefined,
    shape: { rate, unit: 'count' },
  }));
  const sleep = new ScriptedSleep();
  const detectors: DetectorPart[] = [
    { name: 'spindle', detector: new ScriptedSpindles(), signal: 0 },
    { name: 'asleep', detector: sleep, signal: 1 },
  ];
  const required = new RequiredEstimates(sleep.estimates);
  return plants.loop({
    stream,
    graph: new SignalGraph(rate, blockCapacity, signals, detectors),
    stimulation: {
      policy: createPolicy(policy, rate),
      gate: plants.gate(limits, required.reasons, night !== ''),
      required,
      durationsUs: [durationUs],
    },
  });
}

/** The loop of a real configuration: filters, detectors and estimates as a sleep laboratory would have them. */
export function buildConfiguredLoop(
  { policy, limits, durationUs, night }: Scenario,
  stream: StreamInfo,
): Promise<Loop> {
  const { configuration } = loadConfiguration({ files: [{ name: 'simulation.yaml', text: yaml(limits, durationUs) }] });
  const plan = compileLoop(configuration, stream);
  if (!plan.stimulation) throw new Error('the configuration of the simulation stimulates nothing');
  return buildLoop({ ...plan, stimulation: { ...plan.stimulation, policy, ofNight: night !== '' } }, stream);
}

function yaml({ intervalUs, perMinute, perHour, perNight }: GateLimits, durationUs: number): string {
  return `
device: { name: simulation }
source: { use: cyton, port: /dev/null, electrodes: { C3: 1, M2: 2 } }
signals:
  c3: { from: C3 - M2 }
  trace: { from: c3, stages: [{ use: bandpass, from: 0.3Hz, to: 35Hz }] }
detectors:
  spindle: { use: band-power, signal: c3 }
  asleep: { use: sleep-gate, signal: c3 }
  contact: { use: signal-quality, signal: c3 }
policy: { use: immediate, after: spindle }
actuators: { light: { use: virtual } }
stimulus: { actuator: light, duration: ${durationUs / 1e3}ms }
gate:
  interval: ${intervalUs / 1e6}s
  perMinute: ${perMinute}
  perHour: ${perHour}
  perNight: ${perNight}
  require: [asleep, contact]
`;
}
