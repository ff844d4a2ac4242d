import type { Command } from 'commander';
import { runningDevices } from '../supervisor/places.js';
import { Failure, UsageError } from './output.js';

/** Which running axond a verb speaks to. */
export interface Target {
  socket?: string;
  device?: string;
  json?: true;
}

export function targeted(command: Command): Command {
  return command
    .option('--socket <PATH>', 'control socket of the axond to speak to')
    .option('--device <NAME>', 'device.name of the axond to speak to; not needed where only one runs')
    .option('--json', 'one JSON object on the last line of stdout');
}

export async function deviceOf({ device }: Target): Promise<string> {
  if (device !== undefined) return device;
  const running = await runningDevices();
  const [only] = running;
  if (only === undefined)
    throw new Failure('No axond is running here. Start one, or name it with --device or --socket.');
  if (running.length > 1) throw new UsageError(`--device: several run here: ${running.join(', ')}. Name one.`);
  return only;
}
