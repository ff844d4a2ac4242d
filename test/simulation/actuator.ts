import type { Actuator, Command, Started } from '../../runtime/contracts.js';

/** What the simulated device did, for whoever judges it. */
export interface DeviceWitness {
  began(command: Command): void;
  ended(): void;
}

/**
 * The device at the end of the chain. It ends by itself when the process that holds it is gone, as a sound card does whose
 * stream is closed, or a pin whose line is let go.
 */
export class SimulatedActuator implements Actuator {
  /** The next calls of that name fail. */
  failing: '' | 'fire' | 'rest' = '';
  isAlive = true;
  readonly #witness: DeviceWitness;
  readonly #nowUs: () => number;
  /** False if the process has died, perhaps at this very moment. */
  readonly #touches: () => boolean;
  #active = false;

  constructor(witness: DeviceWitness, nowUs: () => number, touches: () => boolean) {
    this.#witness = witness;
    this.#nowUs = nowUs;
    this.#touches = touches;
  }

  check(): readonly string[] {
    return this.failing === '' ? [] : ['the device does not answer'];
  }

  fire(command: Command): Started {
    if (!this.#touches() || !this.isAlive) return { atUs: this.#nowUs(), evidence: '' };
    if (this.failing === 'fire') throw new Error('the device does not answer');
    this.#active = true;
    this.#witness.began(command);
    return { atUs: this.#nowUs(), evidence: 'simulated' };
  }

  rest(): void {
    if (!this.isAlive) return;
    if (this.failing === 'rest') {
      this.failing = '';
      throw new Error('the device does not answer');
    }
    this.#end();
  }

  isAtRest(): boolean {
    return !this.#active;
  }

  close(): void {
    this.#end();
  }

  /** Its process is gone. */
  letGo(): void {
    this.isAlive = false;
    this.#end();
  }

  #end(): void {
    if (this.#active) this.#witness.ended();
    this.#active = false;
  }
}
