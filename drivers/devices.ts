import { createBridgeSource, type BridgeSourceOptions } from '../firmware-bridge/host/source.js';
import type { DeviceSession } from '../runtime/contracts.js';
import type { Ads1299Options } from './ads1299/options.js';
import { createAds1299Session } from './ads1299/session.js';
import { createCytonSession, type CytonOptions } from './cyton/session.js';

/** Devices that stream bytes, by the name in `source: { use: … }`, with their plain options. */
export type DevicePlan =
  | { readonly use: 'cyton'; readonly options: CytonOptions }
  | { readonly use: 'ads1299'; readonly options: Ads1299Options }
  | { readonly use: 'bridge'; readonly options: BridgeSourceOptions };

/** The pure half of a driver; what reads and writes bytes is a `Transport`: `transports.ts`. */
export function createDevice(plan: DevicePlan): DeviceSession {
  switch (plan.use) {
    case 'cyton':
      return createCytonSession(plan.options);
    case 'ads1299':
      return createAds1299Session(plan.options);
    case 'bridge':
      return createBridgeSource(plan.options);
  }
}
