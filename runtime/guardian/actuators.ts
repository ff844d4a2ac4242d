import { BenchActuator, benchLimits, type BenchPlan } from '../../drivers/bench/actuator.js';
import { SerialTrigger, serialTriggerLimits, type SerialTriggerPlan } from '../../drivers/serial-trigger/actuator.js';
import { VirtualActuator, virtualLimits, type VirtualPlan } from '../../drivers/virtual/actuator.js';
import type { Actuator, HardLimits } from '../contracts.js';

/** Actuators by the name in `actuators: { NAME: { use: … } }`, as plain values. */
export type ActuatorPlan = VirtualPlan | SerialTriggerPlan | BenchPlan;

export const hardLimits: Readonly<Record<ActuatorPlan['use'], HardLimits>> = {
  virtual: virtualLimits,
  'serial-trigger': serialTriggerLimits,
  bench: benchLimits,
};

/**
 * What the guardian's two threads share of an actuator: the descriptor that it is written through (−1 where there is
 * none) and a word that is 1 while a stimulus lasts.
 */
export interface ActuatorHandle {
  readonly descriptor: number;
  readonly active: SharedArrayBuffer;
}

/** Opens the actuator, at rest. Throws one line that names the port and the fix. */
export function openActuator(plan: ActuatorPlan): ActuatorHandle {
  const active = new SharedArrayBuffer(4);
  switch (plan.use) {
    case 'virtual':
      return { descriptor: -1, active };
    case 'serial-trigger':
      return { descriptor: SerialTrigger.open(plan), active };
    case 'bench':
      return { descriptor: BenchActuator.open(plan), active };
  }
}

/** One thread's view of an actuator that `openActuator` has opened. */
export function attachActuator(plan: ActuatorPlan, { descriptor, active }: ActuatorHandle): Actuator {
  const word = new Int32Array(active);
  switch (plan.use) {
    case 'virtual':
      return new VirtualActuator(word);
    case 'serial-trigger':
      return new SerialTrigger(plan, descriptor, word);
    case 'bench':
      return new BenchActuator(descriptor, word);
  }
}
