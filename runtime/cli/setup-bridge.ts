import { Command } from 'commander';
import { updatePort } from '../../firmware-bridge/host/update-port.js';
import { inspectBridge, type Inspection } from '../../firmware-bridge/host/inspect.js';
import { phases, reasons as reasonNames } from '../../firmware-bridge/protocol/description.js';
import { refuseInTheNight } from './lights-off.js';
import { wholeNumber } from './options.js';
import { Failure, print, printJson } from './output.js';

interface SetupBridgeOptions {
  baud: number;
  update?: string;
  json?: true;
}

export function setupBridgeCommand(): Command {
  return new Command('bridge')
    .description('Who is on a port: versions, limits, state and clock of a bridge; nothing fires')
    .argument('<PORT>', 'serial port of the bridge')
    .option('--baud <RATE>', 'baud rate', wholeNumber, 921_600)
    .option('--update <FILE>', 'put this signed firmware onto it instead, start it and confirm it')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond setup bridge /dev/ttyACM0\n          axond setup bridge /dev/ttyACM0 --update bridge-7.firmware',
    )
    .action(setupBridge);
}

async function setupBridge(port: string, { baud, update, json }: SetupBridgeOptions): Promise<void> {
  await refuseInTheNight('setup bridge');
  let found: Inspection;
  try {
    if (update !== undefined) {
      const { from, to, bank } = await updatePort(port, baud, update);
      if (json) printJson({ ok: true, port, from, to, bank });
      else
        print(`${port}: version ${to} runs from bank ${bank}, confirmed; version ${from} before it stays in the other`);
      return;
    }
    found = inspectBridge(port, baud);
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
  if (json) printJson({ ok: true, port, ...found });
  else print(...describe(found));
}

function describe({ welcome, state, clock, uncertainUs, roundTripUs }: Inspection): string[] {
  const trial = welcome.trial === 1 ? ', on trial' : '';
  const against = reasonNames.filter((_, bit) => (state.reasons & (1 << bit)) !== 0);
  const ppm = (rate: number): string => (rate * 1e6).toFixed(1);
  const ms = (us: number): string => `${us / 1000} ms`;
  return [
    `device  firmware ${welcome.firmware}, protocol ${welcome.protocol}, bank ${welcome.bank}${trial}, boot ${welcome.boot}`,
    `limits  amplitude ${welcome.amplitudeLimit} of 1000, ${ms(welcome.durationLimitUs)} a pulse, one in ${ms(welcome.intervalLimitUs)}, ` +
      `${welcome.perMinuteLimit} a minute, ${welcome.dutyLimit / 10} % of the time; at rest ${ms(welcome.beatTimeoutUs)} after the last beat`,
    `state   ${phases[state.phase] ?? state.phase}, ${state.amplitude === 0 ? 'at rest' : `amplitude ${state.amplitude}`}; ` +
      (against.length === 0 ? 'nothing speaks against a pulse' : `against a pulse: ${against.join(', ')}`),
    `clock   known to ${Math.ceil(uncertainUs)} us, from ${ppm(clock.slowest)} to ${ppm(clock.fastest)} ppm; ` +
      `${Math.round(roundTripUs)} us there and back`,
    `line    ${state.goodFrames} frames taken, ${state.damagedFrames} damaged, ${state.strayFrames} not meant for now, ` +
      `${state.unsentBytes} bytes unsent, ${state.beatLosses} heartbeats lost since its boot`,
  ];
}
