import { createBridgeSource, type BridgeSourceOptions } from '../firmware-bridge/host/source.js';
import type { DeviceSession } from '../runtime/contracts.js';
import { createCytonSession, type CytonOptions } from './cyton/session.js';

/** Devices that stream over a serial port, by the name in `source: { use: … }`, with their plain options. */
export type DevicePlan =
  | { readonly use: 'cyton'; readonly options: CytonOptions }
  | { readonly use: 'bridge'; readonly options: BridgeSourceOptions };

/** The pure half of a driver; what reads and writes bytes is a `Transport`. */
export function createDevice(plan: DevicePlan): DeviceSession {
  return plan.use === 'cyton' ? createCytonSession(plan.options) : createBridgeSource(plan.options);
}
