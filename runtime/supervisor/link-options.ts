import type { RunPlan } from '../config/compile.js';
import type { StreamInfo } from '../contracts.js';
import type { LinkOptions } from '../link/messages.js';
import type { Places } from './places.js';
import { readBootId } from './run-file.js';

export interface ReportedRun {
  readonly plan: RunPlan;
  readonly axondVersion: string;
  readonly stream: StreamInfo;
  /** The one that is being written. */
  readonly recording: string;
  readonly places: Places;
}

/** What the link process of a run is told at its start. */
export function linkOptions({ plan, axondVersion, stream, recording, places }: ReportedRun): LinkOptions {
  const { channels, rate, device } = stream;
  const { homeAssistant, ...broker } = plan.mqtt ?? {};
  const shown = {
    axond: axondVersion,
    source: device,
    stimulates: plan.actuator !== undefined,
    recognisesPlaces: false,
  };
  const dashboard = plan.dashboard && {
    ...plan.dashboard,
    socket: places.page,
    state: plan.state,
    timeZone: plan.timeZone,
    stream: { rate, channels: channels.map(({ name, unit, scale }) => ({ name, unit, scale })) },
    stimulates: plan.actuator !== undefined,
    notes: plan.reveal.includes('notes'),
  };
  return {
    ...broker,
    ...(homeAssistant === undefined ? {} : { homeAssistant: { shown: homeAssistant, ...shown } }),
    ...(dashboard ? { dashboard } : {}),
    ...(plan.upload ? { upload: plan.upload } : {}),
    ...(plan.recipients ? { recipients: plan.recipients } : {}),
    lsl: plan.lsl,
    notes: plan.reveal.includes('notes'),
    node: plan.name,
    bootId: readBootId(),
    recording,
    silenceSocket: places.silence,
    description: {
      axond: axondVersion,
      node_js: process.version,
      time_zone: plan.timeZone,
      device,
      rate_hz: rate,
      channels: channels.map(({ name, unit }) => ({ name, unit })),
      detectors: plan.loop.detectors.map(({ name }) => name),
      actuator: plan.actuator ? { name: plan.actuator.name, use: plan.actuator.plan.use } : null,
      limits: plan.loop.stimulation?.limits ?? null,
    },
  };
}
