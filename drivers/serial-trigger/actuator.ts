import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Actuator, Command, HardLimits, Started } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';

export interface SerialTriggerPlan {
  readonly use: 'serial-trigger';
  readonly port: string;
  readonly baudRate: number;
  /** Byte at the start of a stimulus. */
  readonly code: number;
  /** Byte at its end, when the duration is over or on rest; without it the device ends the pulse itself. */
  readonly restCode?: number;
}

/** What hangs on a trigger may be a sound, a light or a stimulator: the limits are those of the virtual actuator. */
export const serialTriggerLimits: HardLimits = {
  intervalUs: 400e3,
  durationUs: 1e6,
  perMinute: 60,
  perHour: 1200,
  perNight: 6000,
};

/** A trigger box on a serial port: one byte starts, another one ends. */
export class SerialTrigger implements Actuator {
  readonly #plan: SerialTriggerPlan;
  readonly #descriptor: number;
  readonly #active: Int32Array;
  readonly #start: Uint8Array;
  readonly #end: Uint8Array | undefined;

  constructor(plan: SerialTriggerPlan, descriptor: number, active: Int32Array) {
    this.#plan = plan;
    this.#descriptor = descriptor;
    this.#active = active;
    this.#start = Uint8Array.of(plan.code);
    this.#end = plan.restCode === undefined ? undefined : Uint8Array.of(plan.restCode);
  }

  /** Opens the port, sets its line and says rest. */
  static open({ port, baudRate, restCode }: SerialTriggerPlan): number {
    try {
      execFileSync('stty', ['-F', port, String(baudRate), 'raw', '-echo', '-hupcl', 'clocal'], { stdio: 'pipe' });
      const descriptor = openSync(port, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      if (restCode !== undefined) writeSync(descriptor, Uint8Array.of(restCode));
      return descriptor;
    } catch (error) {
      const detail = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
      throw new Error(
        `${port}: the trigger port cannot be opened (${detail}). Plug it in, or correct actuators.*.port.`,
      );
    }
  }

  check(): readonly string[] {
    return [];
  }

  fire(command: Command): Started {
    Atomics.store(this.#active, 0, 1);
    this.#write(this.#start);
    const atUs = monotonicUs();
    // Again: the other thread may have rested between the two lines above, and the word would hide that byte from a rest.
    Atomics.store(this.#active, 0, 1);
    return { atUs, evidence: `byte ${this.#plan.code} on ${this.#plan.port} for command ${command.command}` };
  }

  rest(): void {
    // The word falls only after the byte is out: a write that fails leaves it up, and the next rest tries again.
    if (this.#end && Atomics.load(this.#active, 0) === 1) this.#write(this.#end);
    Atomics.store(this.#active, 0, 0);
  }

  isAtRest(): boolean {
    return Atomics.load(this.#active, 0) === 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(byte: Uint8Array): void {
    if (writeSync(this.#descriptor, byte) !== 1) throw new Error(`${this.#plan.port}: took no byte`);
  }
}
