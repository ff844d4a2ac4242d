import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { startEmbeddedBroker } from '../link/embedded-broker.js';
import { loadAnyPlan } from './configuration.js';
import { UsageError, print, printJson } from './output.js';
import { conductPlaces, describeDrive } from './run-places.js';
import { packageRoot } from './version.js';

export interface PlaceDemoOptions {
  seconds?: number;
  json?: true;
  set?: string[];
  seed: string;
}

/** A robot drives round and round on a road that does not exist, each time in the other season. */
export async function demoPlace(options: PlaceDemoOptions, log: Logger): Promise<void> {
  const launcher = fileURLToPath(new URL('runtime/cli/axond.js', packageRoot));
  const emulate = [launcher, 'emulate', 'camera', '--rate', '30', '--lap', '200', '--seed', options.seed];
  const broker = await startEmbeddedBroker();
  try {
    const loaded = loadAnyPlan({
      preset: 'place',
      sets: [
        'device.name=demo',
        `device.mqtt=${broker.url}`,
        `source=${JSON.stringify({ use: 'camera', command: [process.execPath, ...emulate], width: 64, height: 32, pixels: 'grey' })}`,
        'place={ use: axond-place }',
        ...(options.set ?? []),
      ],
      armVirtual: false,
    });
    if (!('places' in loaded)) throw new UsageError('--set: this demo needs place and a camera.');
    const { seconds, json } = options;
    const summary = await conductPlaces({ verb: 'demo', loaded: loaded.places, log, seconds, quiet: json === true });
    if (json) printJson(summary);
    else print(...describeDrive(summary));
  } finally {
    await broker.close();
  }
}
