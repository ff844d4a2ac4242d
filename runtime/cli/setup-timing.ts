import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { writeAtomically } from '../../models/write-atomically.js';
import { createDevice } from '../../drivers/devices.js';
import { runningDevices } from '../supervisor/places.js';
import type { LoopbackTiming } from '../timing/loopback.js';
import { intervalUs, measureTiming, type Measurement } from '../timing/measure.js';
import { measuredWithOf, type TimingFile } from '../timing/timing-file.js';
import { loadRunPlan } from './configuration.js';
import { refuseInTheNight } from './lights-off.js';
import { wholeNumber } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';

interface SetupTimingOptions {
  config: string[];
  set?: string[];
  channel: string;
  out: string;
  pulses: number;
  yes?: true;
  json?: true;
}

export function setupTimingCommand(): Command {
  return new Command('timing')
    .description(
      'On the bench, with nobody connected: the output is looped through an attenuator into a spare input; gives delay, deviation and drift',
    )
    .requiredOption('--config <FILE...>', 'configuration files; later ones win')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .requiredOption('--channel <ELECTRODE>', 'name of the spare input in source.electrodes')
    .option('--out <FILE>', 'where the figures are kept', 'timing.json')
    .option('--pulses <N>', 'how many pulses', wholeNumber, 200)
    .option('--yes', 'nobody is connected: do not ask')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond setup timing --config device.yaml protocol.yaml --channel LOOP --out headphones-timing.json',
    )
    .action(setupTiming);
}

async function setupTiming({ config, set = [], channel, out, pulses, yes, json }: SetupTimingOptions): Promise<void> {
  const { plan } = loadRunPlan({ files: config, sets: set, armVirtual: false });
  const { actuator, loop, source, realtime } = plan;
  if (!actuator || !loop.stimulation)
    throw new UsageError('This configuration stimulates nothing. Give it a stimulus.');
  const electrodes = createDevice(source.device).info.channels.filter(({ unit }) => unit === 'uV');
  const names = electrodes.map(({ name }) => name);
  if (!names.includes(channel))
    throw new UsageError(`--channel: ${channel} is no electrode. Use one of ${names.join(', ')}.`);
  await refuseInTheNight('setup timing', plan);
  if ((await runningDevices()).includes(plan.name)) throw new Failure(`axond runs as ${plan.name}. End it first.`);
  const measurement: Measurement = {
    ...source,
    actuator: actuator.plan,
    channel,
    durationUs: loop.stimulation.durationsUs[0] ?? 0,
    pulses,
    realtime,
  };
  await seeThatNobodyIsConnected(measurement, actuator.name, yes === true);
  const { timing, faults } = await measure(measurement, json === true);
  const file: TimingFile | undefined = timing && {
    axondTiming: 1,
    measured: new Date().toISOString(),
    ...measuredWithOf(actuator.plan, source.device),
    channel,
    timing,
  };
  const isKept = file !== undefined && faults.length === 0;
  if (isKept) writeAtomically(out, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`));
  if (json) printJson({ ok: isKept, faults, ...(file ?? {}), out: isKept ? out : null });
  else {
    if (timing) print(...describe(timing, source.device.options.rate));
    for (const fault of faults) print(`FAULT   ${fault}`);
    if (isKept) print(`kept    ${out}. Name it in the configuration: actuators.${actuator.name}.timing: ${out}`);
  }
  if (!isKept) process.exitCode = 1;
}

async function measure(measurement: Measurement, quiet: boolean): ReturnType<typeof measureTiming> {
  const { pulses } = measurement;
  const show = process.stderr.isTTY && !quiet;
  const secondsEach = (intervalUs(measurement) * 1.05) / 1e6;
  try {
    return await measureTiming(measurement, {
      notice: (text) => text !== '' && process.stderr.write(`${text}\n`),
      progress: (asked) => {
        const left = Math.ceil((pulses - asked) * secondsEach);
        if (show) process.stderr.write(`\r${asked} of ${pulses} pulses, ${left} s left   `);
      },
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  } finally {
    if (show) process.stderr.write('\n');
  }
}

async function seeThatNobodyIsConnected(measurement: Measurement, name: string, isSaid: boolean): Promise<void> {
  if (isSaid) return;
  const seconds = Math.ceil((measurement.pulses * intervalUs(measurement)) / 1e6);
  const what = `${measurement.pulses} stimuli in ${seconds} s through ${name}, without the gate`;
  if (!process.stdin.isTTY) throw new UsageError(`${what}: nobody may be connected. Say so: --yes.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${what}. Nobody may be connected. Type nobody: `);
  lines.close();
  if (answer.trim() !== 'nobody') throw new Failure('Nothing was fired.');
}

function describe(
  { fired, found, missing, double, delayUs, within95Us, driftPpm }: LoopbackTiming,
  rate: number,
): string[] {
  const ms = (us: number): string => `${(us / 1000).toFixed(2)} ms`;
  return [
    `pulses  ${found} of ${fired} found, ${missing} missing, ${double} double`,
    `delay   ${ms(delayUs.median)} median, ${ms(delayUs.p95)} p95, from the receipt to the sample`,
    `spread  ${ms(delayUs.sd)} standard deviation, ${ms(delayUs.mad)} median deviation; 95 % within ${ms(within95Us)} = ${((within95Us * rate) / 1e6).toFixed(2)} samples of the median`,
    `drift   ${driftPpm.toFixed(1)} ppm: the clock of the samples against that of the stimuli`,
  ];
}
