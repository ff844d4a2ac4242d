import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { TriggerState } from '../trigger-state.js';
import { createGpioPort, type GpioPort, type OutputLines } from './port.js';

export interface GpioPlan {
  readonly use: 'gpio';
  /** Lines of the chip, by variant: the BCM numbers of a Raspberry Pi. */
  readonly lines: readonly number[];
  /** Label of the chip; that of the 40-pin header without it. */
  readonly chip?: string;
  readonly activeLow: boolean;
  /** The device behind ends each pulse itself, however long the line stays high. */
  readonly oneShot: boolean;
}

/** Those of the serial trigger: the same devices hang on it. */
export const gpioLimits: HardLimits = {
  intervalUs: 400e3,
  durationUs: 1e6,
  perMinute: 60,
  perHour: 1200,
  perNight: 6000,
};

/** A line that is high for as long as a stimulus lasts. */
export class GpioOutput implements Actuator {
  readonly #plan: GpioPlan;
  readonly #lines: OutputLines;
  readonly #port: GpioPort;
  readonly #write: (values: number) => void;
  readonly #state: TriggerState;
  #variant = 0;

  constructor(plan: GpioPlan, lines: OutputLines, active: Int32Array, port = createGpioPort()) {
    this.#plan = plan;
    this.#lines = lines;
    this.#port = port;
    this.#write = port.writer(lines);
    this.#state = new TriggerState(active, (condition, starts) => {
      // A sham is the same call with the value that the line has already.
      this.#write(condition === 'real' && starts ? 1 << this.#variant : 0);
    });
  }

  static open({ lines, chip, activeLow }: GpioPlan, port = createGpioPort()): OutputLines {
    return port.openOutputs({ lines, activeLow, ...(chip === undefined ? {} : { chip }) });
  }

  /** Whoever dies cannot end his stimulus: then the kernel has to, or the device. */
  check(): readonly string[] {
    if (this.#plan.oneShot || this.#lines.fallsOnDeath) return [];
    const device = 'a device that ends each pulse itself: say so by actuators.*.oneShot: true';
    if (this.#lines.way === 'sysfs') {
      return [`gpio: by sysfs a line keeps its level when its program dies. Use ${device}.`];
    }
    const known = `gpio: ${this.#lines.chip} is not known to let go of a line when its program dies`;
    return [`${known}. On a Raspberry Pi add dtparam=strict_gpiod to config.txt and restart it, or use ${device}.`];
  }

  fire({ command, variant }: Command, condition: Condition): Started {
    const line = this.#plan.lines[variant];
    if (line === undefined) throw new Error(`gpio: there is no line for variant ${variant}`);
    this.#variant = variant;
    const atUs = this.#state.start(condition);
    return { atUs, evidence: `line ${line} of ${this.#lines.chip} for command ${command}` };
  }

  rest(): void {
    this.#state.end();
  }

  isAtRest(): boolean {
    return this.#state.isAtRest;
  }

  close(): void {
    this.#port.close(this.#lines);
  }
}
