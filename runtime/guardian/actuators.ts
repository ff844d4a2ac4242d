import { AudioActuator, audioLimits, type AudioHandle, type AudioPlan } from '../../drivers/audio/actuator.js';
import { BenchActuator, benchLimits, type BenchPlan } from '../../drivers/bench/actuator.js';
import { GpioOutput, gpioLimits, type GpioPlan } from '../../drivers/gpio/actuator.js';
import type { OutputLines } from '../../drivers/gpio/port.js';
import { LanTrigger, lanTriggerLimits, type LanTriggerPlan } from '../../drivers/lan-trigger/actuator.js';
import { SerialTrigger, serialTriggerLimits, type SerialTriggerPlan } from '../../drivers/serial-trigger/actuator.js';
import { VirtualActuator, virtualLimits, type VirtualPlan } from '../../drivers/virtual/actuator.js';
import { BridgeActuator, bridgeLimits, type BridgePlan, type LinkHandle } from '../../firmware-bridge/host/actuator.js';
import type { Actuator, HardLimits } from '../contracts.js';

/** Actuators by the name in `actuators: { NAME: { use: … } }`, as plain values. */
export type ActuatorPlan =
  VirtualPlan | SerialTriggerPlan | GpioPlan | LanTriggerPlan | BenchPlan | AudioPlan | BridgePlan;

export const hardLimits: Readonly<Record<ActuatorPlan['use'], HardLimits>> = {
  virtual: virtualLimits,
  'serial-trigger': serialTriggerLimits,
  gpio: gpioLimits,
  'lan-trigger': lanTriggerLimits,
  bench: benchLimits,
  audio: audioLimits,
  bridge: bridgeLimits,
};

/** How many stimuli an actuator can tell apart: `variant` of a command is below it. */
export function variantsOf(plan: ActuatorPlan): number {
  if ('codes' in plan) return plan.codes.length;
  if ('sounds' in plan) return plan.sounds.length;
  return 'lines' in plan ? plan.lines.length : 1;
}

/** What the guardian's two threads share of an actuator. */
export interface ActuatorHandle {
  /** What it is written through; −1 where there is nothing. */
  readonly descriptor: number;
  /** What takes the bytes of a sham; −1 where there is nothing. */
  readonly sham: number;
  /** Where those come out again. */
  readonly shamEnd: number;
  /** The process that says rest when this one is gone; 0 where there is none. */
  readonly lastRest: number;
  readonly lines?: OutputLines;
  readonly audio?: AudioHandle;
  readonly link?: LinkHandle;
  /** A word that is not 0 while a stimulus lasts. */
  readonly active: SharedArrayBuffer;
}

/** Opens the actuator, at rest; a thread of its own asks for real time. Throws one line that names the port and the fix. */
export function openActuator(plan: ActuatorPlan, realtime: boolean): ActuatorHandle {
  const active = new SharedArrayBuffer(4);
  switch (plan.use) {
    case 'virtual':
      return { ...nothing, active };
    case 'serial-trigger':
      return { ...SerialTrigger.open(plan), active };
    case 'gpio':
      return { ...nothing, lines: GpioOutput.open(plan), active };
    case 'lan-trigger':
      return { ...nothing, ...LanTrigger.open(plan), active };
    case 'bench':
      return { ...nothing, ...BenchActuator.open(plan), active };
    case 'audio':
      return { ...nothing, audio: AudioActuator.open(plan, realtime), active };
    case 'bridge':
      return { ...nothing, link: BridgeActuator.open(plan, realtime), active };
  }
}

/** One thread's view of an actuator that `openActuator` has opened. */
export function attachActuator(plan: ActuatorPlan, handle: ActuatorHandle): Actuator {
  const word = new Int32Array(handle.active);
  switch (plan.use) {
    case 'virtual':
      return new VirtualActuator(word);
    case 'serial-trigger':
      return new SerialTrigger(plan, handle, word);
    case 'gpio':
      if (!handle.lines) throw new Error('gpio: its lines are not open');
      return new GpioOutput(plan, handle.lines, word);
    case 'lan-trigger':
      return new LanTrigger(plan, handle, word);
    case 'bench':
      return new BenchActuator(handle, word);
    case 'audio':
      if (!handle.audio) throw new Error('audio: its card is not open');
      return new AudioActuator(plan, handle.audio, word);
    case 'bridge':
      if (!handle.link) throw new Error('bridge: its link is not open');
      return new BridgeActuator(plan, handle.link);
  }
}

const nothing = { descriptor: -1, sham: -1, shamEnd: -1, lastRest: 0 };
