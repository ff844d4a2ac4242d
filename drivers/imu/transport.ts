import { constants } from 'node:fs';
import type { Transport } from '../../runtime/contracts.js';
import { openSerialTransport } from '../serial/transport.js';
import { describeScans } from './attributes.js';
import type { ImuOptions } from './options.js';

/** A sensor whose scans run: what it says of itself, then the scans. Throws where it cannot be opened. */
export function openImuTransport(port: string, options: ImuOptions): Transport {
  const description = Buffer.from(describeScans(port, options), 'latin1');
  const scans = openScans(port);
  // What nobody came for before would all seem to come now.
  const old = new Uint8Array(4096);
  while (scans.read(old, 0) > 0);
  let told = 0;
  return {
    read(buffer, timeoutMs) {
      if (told === description.length) return scans.read(buffer, timeoutMs);
      const length = description.copy(buffer, 0, told);
      told += length;
      return length;
    },
    // Nothing is said to a sensor.
    write: () => true,
    close() {
      scans.close();
    },
  };
}

function openScans(port: string): Transport {
  try {
    return openSerialTransport(port, constants.O_RDONLY);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const fix =
      code === 'EBUSY'
        ? 'Another program reads it: end that.'
        : 'Let your user read it by a rule of udev: drivers/imu/README.md.';
    throw new Error(`${port}: cannot be opened (${code}). ${fix}`, { cause: error });
  }
}
