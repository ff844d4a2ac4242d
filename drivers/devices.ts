import { createBridgeSource, type BridgeSourceOptions } from '../firmware-bridge/host/source.js';
import type { DeviceSession } from '../runtime/contracts.js';
import type { Ads1299Options } from './ads1299/options.js';
import { createAds1299Session } from './ads1299/session.js';
import { createCytonSession, type CytonOptions } from './cyton/session.js';
import type { ImuOptions } from './imu/options.js';
import { createImuSession } from './imu/session.js';
import type { LslOptions } from './lsl/options.js';
import { createLslSession } from './lsl/session.js';

/** Devices that stream bytes, by the name in `source: { use: … }`, with their plain options. */
export type DevicePlan =
  | { readonly use: 'cyton'; readonly options: CytonOptions }
  | { readonly use: 'ads1299'; readonly options: Ads1299Options }
  | { readonly use: 'lsl'; readonly options: LslOptions }
  | { readonly use: 'imu'; readonly options: ImuOptions }
  | { readonly use: 'bridge'; readonly options: BridgeSourceOptions };

/** The same device with the test current of its lead-off detection on these channels, from 1; undefined where it has none. */
export function withTestCurrent(plan: DevicePlan, channels: readonly number[]): DevicePlan | undefined {
  switch (plan.use) {
    case 'cyton':
      return { use: plan.use, options: { ...plan.options, testCurrent: channels } };
    case 'ads1299':
      return { use: plan.use, options: { ...plan.options, testCurrent: channels } };
    case 'lsl':
    case 'imu':
    case 'bridge':
      return undefined;
  }
}

/** The pure half of a driver; what reads and writes bytes is a `Transport`: `transports.ts`. */
export function createDevice(plan: DevicePlan): DeviceSession {
  switch (plan.use) {
    case 'cyton':
      return createCytonSession(plan.options);
    case 'ads1299':
      return createAds1299Session(plan.options);
    case 'lsl':
      return createLslSession(plan.options);
    case 'imu':
      return createImuSession(plan.options);
    case 'bridge':
      return createBridgeSource(plan.options);
  }
}
