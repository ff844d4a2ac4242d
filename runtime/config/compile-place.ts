import { join } from 'node:path';
import type { StoragePolicy } from '../recording/storage.js';
import type { CameraPlan } from './camera.js';
import type { EdvsPlan, EventsPlan } from './events.js';
import type { BrokerPlan, DashboardPlan, Reveal, UploadPlan } from './device.js';
import type { PlacePlan } from './place.js';
import type { Configuration } from './schema.js';

/** What a run that recognises places is built from: plain values. */
export interface PlaceRunPlan {
  readonly name: string;
  readonly timeZone: string;
  /** Folder for recordings. */
  readonly record: string;
  readonly storage: StoragePolicy;
  /** Seconds after which another recording is begun; absent where a run has one. */
  readonly rotate?: number;
  /** Absent where nothing is reported. */
  readonly mqtt?: BrokerPlan;
  /** Folder for what outlives a recording. */
  readonly state: string;
  /** Absent where there is no page. */
  readonly dashboard?: DashboardPlan;
  readonly upload?: UploadPlan;
  /** What of its people it may tell by MQTT. */
  readonly reveal: readonly Reveal[];
  /** Whom finished recordings are encrypted to; absent where they stay plain. */
  readonly recipients?: readonly string[];
  readonly source: CameraPlan | EventsPlan | EdvsPlan;
  readonly place: PlacePlan;
}

/** Undefined for a configuration that recognises no places. */
export function compilePlaceRun({ device, source, place }: Configuration): PlaceRunPlan | undefined {
  if (!place || !source || 'device' in source) return undefined;
  const {
    name,
    timeZone,
    record,
    storage,
    rotate,
    state = join(record, 'state'),
    mqtt,
    dashboard,
    upload,
    encrypt,
    reveal,
  } = device;
  return {
    name,
    timeZone,
    record,
    storage,
    ...(rotate === undefined ? {} : { rotate }),
    state,
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(dashboard === undefined ? {} : { dashboard }),
    ...(upload === undefined ? {} : { upload }),
    reveal,
    ...(encrypt === undefined ? {} : { recipients: encrypt.recipients }),
    source,
    place,
  };
}
