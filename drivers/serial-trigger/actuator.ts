import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { startLastRest } from '../last-rest.js';
import { nativeBytes, poll } from '../serial/libc.js';
import { emptyShamLine, openShamLine, type ShamLine } from '../serial/sham-line.js';
import { TriggerState } from '../trigger-state.js';

export interface SerialTriggerPlan {
  readonly use: 'serial-trigger';
  readonly port: string;
  readonly baudRate: number;
  /** Byte at the start of a stimulus, by variant. */
  readonly codes: readonly number[];
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

/** The port, and what takes the bytes of a sham. */
export interface SerialTriggerHandle extends ShamLine {
  readonly descriptor: number;
  /** The process that says rest when the guardian is gone; 0 where the device ends each pulse itself. */
  readonly lastRest: number;
}

/** A trigger box on a serial port: one byte starts, another one ends. */
export class SerialTrigger implements Actuator {
  readonly #plan: SerialTriggerPlan;
  readonly #handle: SerialTriggerHandle;
  readonly #state: TriggerState;
  readonly #starts: readonly Uint8Array[];
  readonly #end: Uint8Array | undefined;
  #start: Uint8Array | undefined;

  constructor(plan: SerialTriggerPlan, handle: SerialTriggerHandle, active: Int32Array) {
    this.#plan = plan;
    this.#handle = handle;
    this.#starts = plan.codes.map((code) => Uint8Array.of(code));
    this.#end = plan.restCode === undefined ? undefined : Uint8Array.of(plan.restCode);
    this.#state = new TriggerState(active, (condition, starts) => this.#send(condition, starts));
  }

  /** Opens the port, sets its line and says rest. */
  static open({ port, baudRate, restCode }: SerialTriggerPlan): SerialTriggerHandle {
    try {
      execFileSync('stty', ['-F', port, String(baudRate), 'raw', '-echo', '-hupcl', 'clocal'], { stdio: 'pipe' });
      const descriptor = openSync(port, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      if (restCode === undefined) return { descriptor, lastRest: 0, ...openShamLine() };
      writeSync(descriptor, Uint8Array.of(restCode));
      return { descriptor, lastRest: startLastRest(descriptor, Uint8Array.of(restCode)), ...openShamLine() };
    } catch (error) {
      const detail = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
      throw new Error(
        `${port}: the trigger port cannot be opened (${detail}). Plug it in, or correct actuators.*.port.`,
      );
    }
  }

  check(): readonly string[] {
    emptyShamLine(this.#handle);
    return isGone(this.#handle.descriptor) ? [this.#gone] : [];
  }

  fire({ command, variant }: Command, condition: Condition): Started {
    this.#start = this.#starts[variant];
    if (!this.#start) throw new Error(`${this.#plan.port}: there is no code for variant ${variant}`);
    const atUs = this.#state.start(condition);
    return { atUs, evidence: `byte ${this.#start[0] as number} on ${this.#plan.port} for command ${command}` };
  }

  rest(): void {
    this.#state.end();
  }

  isAtRest(): boolean {
    return this.#state.isAtRest;
  }

  close(): void {
    if (this.#handle.lastRest > 0) process.kill(this.#handle.lastRest, 'SIGKILL');
    closeSync(this.#handle.descriptor);
    closeSync(this.#handle.sham);
    closeSync(this.#handle.shamEnd);
  }

  get #gone(): string {
    return `${this.#plan.port}: the trigger port is gone. Plug it in, and start axond again.`;
  }

  #send(condition: Condition, starts: boolean): void {
    const byte = starts ? this.#start : this.#end;
    const { descriptor, sham } = this.#handle;
    if (!byte) return;
    // Of a sham too: a plug that was pulled would stop real stimuli alone, and so tell which they were.
    if (isGone(descriptor)) throw new Error(this.#gone);
    if (writeSync(condition === 'real' ? descriptor : sham, byte) !== 1)
      throw new Error(`${this.#plan.port}: took no byte`);
  }
}

/** Hung up, as when its plug was pulled. */
function isGone(descriptor: number): boolean {
  polled.setInt32(0, descriptor, true);
  polled.setInt32(4, 0, true);
  return poll(pollMemory.pointer, 1, 0) !== 0; // nothing is asked for but what is always told: error, hang-up
}

const pollMemory = nativeBytes(8);
const polled = new DataView(pollMemory.bytes.buffer, pollMemory.bytes.byteOffset, 8);
