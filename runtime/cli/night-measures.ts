import { setTimeout as pause } from 'node:timers/promises';
import { renderWithin } from '../../drivers/audio/actuator.js';
import { AudioOutput, openOutput } from '../../drivers/audio/output.js';
import type { RunPlan } from '../config/compile.js';
import { measureImpedance } from '../impedance/measure.js';
import { readPower } from '../supervisor/power.js';
import type { Heard } from './biocalibration.js';
import { judgeMachine, type Finding } from './check-machine.js';
import { lookAtMachine, type ConfigurationSources } from './machine.js';
import { measureDevice } from './measure-device.js';
import type { Ear, MachineFacts, Problem, SignalPart } from './night-wishes.js';
import { electrodesOf, judgeElectrodes, seriesOhmsOf, type JudgedElectrode } from './setup-impedance.js';
import { oneEar } from './setup-sound.js';

/** What is measured of a bed before its run begins. Each rejects with one line. */

export async function measureElectrodes(
  { source }: RunPlan,
  isOver: () => boolean,
): Promise<{ readonly electrodes: readonly JudgedElectrode[] } | Problem> {
  const { device, port, baudRate } = source;
  const electrodes = electrodesOf(source);
  const { ohms, stillOn } = await measureImpedance(
    { device, port, baudRate, electrodes, seriesOhms: seriesOhmsOf(source), windows: 3 },
    { notice: () => undefined, measured: () => undefined, isOver },
  );
  if (stillOn.length > 0)
    return { problem: `The test current is still on at ${stillOn.join(', ')}: switch the amplifier off and on.` };
  return { electrodes: judgeElectrodes(electrodes, ohms) };
}

/** Of the electrodes that are used. */
export async function listen({ source }: RunPlan, part: SignalPart, isOver: () => boolean): Promise<Heard> {
  const { port, baudRate, device } = source;
  // Alpha swells and fades: of six seconds one in eight would be wrong either way.
  const seconds = part === 'open' || part === 'closed' ? 10 : 6;
  const { info, values, railed, problem } = await measureDevice(port, baudRate, device, seconds, isOver);
  if (problem !== '') throw new Error(`${port}: ${problem}`);
  const used = electrodesOf(source);
  const stretches = info.channels.map(({ name, unit }, place) => {
    const own = values[place] ?? new Float64Array(0);
    return { name, unit, values: own, railed: (railed[place] ?? 0) / Math.max(1, own.length) };
  });
  const shown = stretches.filter(({ name, unit }) => unit === 'uV' && (used.length === 0 || used.includes(name)));
  return { rate: info.rate, stretches: shown };
}

/** The first sound of the study, three times, as loud as it is there and no louder than its ceiling. */
export async function playTo(ear: Ear, { actuator }: Pick<RunPlan, 'actuator'>): Promise<void> {
  const plan = actuator?.plan;
  if (plan?.use !== 'audio') throw new Error('no sound card stimulates here');
  const [first] = renderWithin(plan);
  if (!first) throw new Error('stimulus: has no sound');
  const output = new AudioOutput(openOutput(plan, [oneEar(first, ear)], true));
  try {
    if (!output.awaitRunning(patienceMs))
      throw new Error(`${plan.card}: ${output.fault() || 'does not begin to play'}`);
    for (let time = 0; time < 3; time++) {
      output.play(0, 1, patienceMs);
      while (!output.isOver()) await pause(10);
      await pause(400);
    }
  } finally {
    output.close();
  }
}

export async function lookAround({ timeZone }: RunPlan, sources: ConfigurationSources): Promise<MachineFacts> {
  const machine = await lookAtMachine(sources);
  const { battery } = readPower();
  const { freeBytes, nightBytes } = machine.recordings;
  return {
    findings: [...judgeMachine(machine), ...(battery ? [judgeBattery(battery)] : [])],
    measures: {
      power: battery ? { batteryPercent: battery.percent } : {},
      disk: { freeMegabytes: Math.floor(freeBytes / 1e6), nightMegabytes: Math.ceil(nightBytes / 1e6) },
    },
    time: new Date().toLocaleString('en-GB', {
      ...{ timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
      ...{ hour: '2-digit', minute: '2-digit' },
    }),
  };
}

function judgeBattery({ percent, discharging }: { percent: number; discharging: boolean }): Finding {
  const detail = `${percent} %${discharging ? ', discharging' : ''}`;
  return discharging
    ? { level: 'fault', name: 'battery', detail, fix: 'Plug the supply in.' }
    : { level: 'good', name: 'battery', detail, fix: '' };
}

const patienceMs = 2000;
