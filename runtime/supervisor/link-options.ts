import type { RunPlan } from '../config/compile.js';
import type { StreamInfo } from '../contracts.js';
import type { DashboardOptions } from '../link/dashboard/options.js';
import type { RunLinkOptions } from '../link/messages.js';
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

/** Of the page of a device; undefined where it has none. */
export function pageOptions(
  { dashboard, state, timeZone, actuator, reveal }: RunPlan,
  { rate, channels }: StreamInfo,
  places: Places,
): DashboardOptions | undefined {
  return (
    dashboard && {
      ...dashboard,
      socket: places.page,
      state,
      timeZone,
      stream: { rate, channels: channels.map(({ name, unit, scale }) => ({ name, unit, scale })) },
      stimulates: actuator !== undefined,
      notes: reveal.includes('notes'),
    }
  );
}

/** What the link process of a run is told at its start. */
export function linkOptions({ plan, axondVersion, stream, recording, places }: ReportedRun): RunLinkOptions {
  const { channels, rate, device } = stream;
  const { homeAssistant, ...broker } = plan.mqtt ?? {};
  const shown = {
    axond: axondVersion,
    source: device,
    stimulates: plan.actuator !== undefined,
    recognisesPlaces: false,
  };
  const dashboard = pageOptions(plan, stream, places);
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
