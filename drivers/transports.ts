import { realpathSync } from 'node:fs';
import type { Transport } from '../runtime/contracts.js';
import { openChipPort } from './ads1299/port.js';
import { chipTransport } from './ads1299/transport.js';
import type { DevicePlan } from './devices.js';
import { startScans } from './imu/attributes.js';
import { openImuTransport } from './imu/transport.js';
import { openLslTransport } from './lsl/transport.js';
import { openSerialLine, type SerialLine } from './serial/line.js';
import { openSerialTransport } from './serial/transport.js';

/** How the bytes of a device come and go. An emulated chip is behind a terminal, as the serial devices are. */

/** For the thread that reads. Throws one line where the port cannot be opened. */
export function openTransport(plan: DevicePlan, port: string): Transport {
  if (plan.use === 'lsl') return openLslTransport(plan.options.stream);
  if (plan.use === 'imu') return openImuTransport(port, plan.options);
  return plan.use === 'ads1299' && isSpi(port)
    ? chipTransport(openChipPort(port, plan.options))
    : openSerialTransport(port);
}

/** For the thread that keeps the port: lines and scans are set up for as long as it is kept; the others need nothing. */
export async function openLine(plan: DevicePlan, port: string, baudRate: number): Promise<SerialLine> {
  if (plan.use === 'imu') {
    const stop = startScans(port, plan.options);
    return {
      close: () => {
        stop();
        return Promise.resolve();
      },
    };
  }
  return plan.use === 'lsl' || (plan.use === 'ads1299' && isSpi(port))
    ? { close: () => Promise.resolve() }
    : openSerialLine(port, baudRate);
}

/** Also by the link that a rule of udev has made. */
function isSpi(port: string): boolean {
  try {
    return /\/spidev\d+\.\d+$/.test(realpathSync(port));
  } catch {
    return /\/spidev\d+\.\d+$/.test(port);
  }
}
