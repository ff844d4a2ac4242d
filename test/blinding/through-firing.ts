import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import {
  attachActuator,
  hardLimits,
  type ActuatorHandle,
  type ActuatorPlan,
} from '../../runtime/guardian/actuators.js';
import { CommandWriter } from '../../runtime/guardian/command.js';
import { Firing } from '../../runtime/guardian/firing.js';
import { RestKeeper } from '../../runtime/guardian/rest-keeper.js';
import type { Actuator, Condition } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import type { Known } from './sources.js';

/** Stimuli that were given, and how often the guardian's sides latched, as they must when a machine is too slow. */
export interface Given {
  readonly known: readonly Known[];
  readonly latched: number;
}

/**
 * Stimuli of one actuator kind through the two sides of the guardian, in this process. The hard limits are those of the
 * kind, so time is made to jump by 15 s between stimuli; within one, all times are those of the machine's clock. Nobody
 * reads the far end of a port: it takes 64 kB, and reading gives the kernel work that a sham's own end has not. After a
 * latch new sides go on with a device that is opened anew; the stimulus in which it came is left out.
 */
export function throughFiring(
  plan: ActuatorPlan,
  open: () => ActuatorHandle,
  count: number,
  logPath: string,
  random: () => number,
): Given {
  const known: Known[] = [];
  let latched = 0;
  while (known.length < count) {
    const sides = new Sides(plan, open(), logPath);
    try {
      while (known.length < count && sides.latchedBy === '') {
        const condition = random() < 0.5 ? 'real' : 'sham';
        const published = sides.give(condition);
        if (published) known.push({ published, condition, group: Math.floor(known.length / groupSize) });
      }
    } finally {
      sides.close();
    }
    if (sides.latchedBy === '') continue;
    latched++;
    if (latched > mostLatches) throw new Error(`${plan.use}: latched ${latched} times: ${sides.latchedBy}`);
  }
  return { known, latched };
}

/** 6000 a night are the hard limit of a kind. */
const jump = 15e6;
const shortPulseUs = 1000;
/** `pink-15ms` */
const shortSoundUs = 15e3;
const groupSize = 20;
/** A machine on which more of them come has to be mended, not measured. */
const mostLatches = 20;

/** One life of the guardian's two sides. */
class Sides {
  latchedBy = '';
  readonly #plan: ActuatorPlan;
  readonly #device: ReturnType<typeof attachActuator>;
  readonly #log: number;
  readonly #times = new Float64Array(new SharedArrayBuffer(32));
  readonly #keeper: RestKeeper;
  readonly #firing: Firing;
  readonly #writer = new CommandWriter();
  #jumpUs = 0;
  #condition: Condition = 'real';
  #command = 0;
  #words: { text: string; readUs: number }[] = [];
  #lines: string[] = [];

  constructor(plan: ActuatorPlan, handle: ActuatorHandle, logPath: string) {
    this.#plan = plan;
    this.#device = attachActuator(plan, handle);
    rmSync(logPath, { force: true });
    this.#log = openSync(logPath, 'a+');
    const append = (line: string): void => {
      writeSync(this.#log, line);
      this.#lines.push(line.trim());
    };
    const device = this.#device;
    const actuator: Actuator = {
      check: () => device.check(),
      fire: (command, given) => {
        const { atUs, evidence } = device.fire(command, given);
        return { atUs: atUs + this.#jumpUs, evidence };
      },
      rest: () => device.rest(),
      isAtRest: () => device.isAtRest(),
      close: () => device.close(),
    };
    const memory = new Int32Array(new SharedArrayBuffer(16));
    this.#keeper = new RestKeeper(memory, this.#times, {
      actuator,
      append,
      say: (word) => this.#words.push({ text: JSON.stringify(word), readUs: this.#nowUs() }),
      complain: (line) => {
        this.latchedBy = line;
      },
    });
    this.#firing = new Firing(
      hardLimits[plan.use],
      memory,
      this.#times,
      {
        actuator,
        condition: { condition: () => this.#condition },
        append,
        tell: (message) => this.#keeper.heard(message, this.#nowUs()),
      },
      { deliveries: [], unreadable: [] },
      this.#nowUs(),
    );
    for (let n = 0; this.#keeper.state !== 'ready' && n < 1000; n++) {
      this.#send(() => this.#writer.beat(1));
      this.#keeper.tick(this.#nowUs());
    }
    if (this.#keeper.state !== 'ready') throw new Error(`${plan.use}: the guardian's sides are ${this.#keeper.state}`);
  }

  /** What is published of one stimulus. Undefined: the sides latched. */
  give(condition: Condition): Known['published'] | undefined {
    this.#jumpUs += jump;
    // The jump is none of the core's silence.
    this.#times[0] = this.#nowUs();
    this.#condition = condition;
    this.#words = [];
    this.#lines = [];
    this.#command++;
    const sentUs = this.#nowUs();
    const what = {
      cycle: 1,
      command: this.#command,
      fireAtUs: 0,
      expiresUs: sentUs + 1e6,
      durationUs: this.#plan.use === 'audio' ? shortSoundUs : shortPulseUs,
      variant: 0,
      gainDb: 0,
      lease: 0,
    };
    this.#send(() => this.#writer.fire({ kind: 'fire', sequence: 0, ...what }));
    while (this.#keeper.endsUs !== Infinity) this.#keeper.due(this.#nowUs());
    if (this.latchedBy !== '') return undefined;
    return { command: this.#command, sentUs, words: this.#words, log: this.#lines };
  }

  close(): void {
    this.#device.close();
    closeSync(this.#log);
  }

  #nowUs(): number {
    return monotonicUs() + this.#jumpUs;
  }

  #send(record: () => void): void {
    this.#writer.clear();
    record();
    this.#firing.push(this.#writer.bytes, this.#writer.length, this.#nowUs());
  }
}
