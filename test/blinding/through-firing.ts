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

/**
 * Stimuli of one actuator kind through the two sides of the guardian, in this process. The hard limits are those of the
 * kind, so time is made to jump by 15 s between stimuli; within one, all times are those of the machine's clock. Nobody
 * reads the far end of a port: it takes 64 kB, and reading gives the kernel work that a sham's own end has not.
 */
export function throughFiring(
  plan: ActuatorPlan,
  handle: ActuatorHandle,
  count: number,
  logPath: string,
  random: () => number,
): Known[] {
  const device = attachActuator(plan, handle);
  rmSync(logPath, { force: true });
  const log = openSync(logPath, 'a+');
  let jumpUs = 0;
  const nowUs = (): number => monotonicUs() + jumpUs;
  let condition: Condition = 'real';
  let words: { text: string; readUs: number }[] = [];
  let lines: string[] = [];
  const append = (line: string): void => {
    writeSync(log, line);
    lines.push(line.trim());
  };
  const actuator: Actuator = {
    check: () => device.check(),
    fire(command, given) {
      const { atUs, evidence } = device.fire(command, given);
      return { atUs: atUs + jumpUs, evidence };
    },
    rest: () => device.rest(),
    isAtRest: () => device.isAtRest(),
    close: () => device.close(),
  };
  const memory = new Int32Array(new SharedArrayBuffer(16));
  const times = new Float64Array(new SharedArrayBuffer(32));
  const keeper = new RestKeeper(memory, times, {
    actuator,
    append,
    say: (word) => words.push({ text: JSON.stringify(word), readUs: nowUs() }),
    complain: (line) => {
      throw new Error(line);
    },
  });
  const firing = new Firing(
    hardLimits[plan.use],
    memory,
    times,
    {
      actuator,
      condition: { condition: () => condition },
      append,
      tell: (message) => keeper.heard(message, nowUs()),
    },
    { deliveries: [], unreadable: [] },
    nowUs(),
  );
  const writer = new CommandWriter();
  const known: Known[] = [];
  const send = (record: () => void): void => {
    writer.clear();
    record();
    firing.push(writer.bytes, writer.length, nowUs());
  };
  const beatUntilReady = (): void => {
    for (let n = 0; keeper.state !== 'ready' && n < 1000; n++) {
      send(() => writer.beat(1));
      keeper.tick(nowUs());
    }
    if (keeper.state !== 'ready') throw new Error(`${plan.use}: the guardian's sides are ${keeper.state}`);
  };
  beatUntilReady();
  try {
    for (let command = 1; command <= count; command++) {
      jumpUs += jump;
      // The jump is none of the core's silence.
      times[0] = nowUs();
      condition = random() < 0.5 ? 'real' : 'sham';
      words = [];
      lines = [];
      const sentUs = nowUs();
      const what = {
        cycle: 1,
        command,
        fireAtUs: 0,
        expiresUs: sentUs + 1e6,
        durationUs: plan.use === 'audio' ? shortSoundUs : shortPulseUs,
        variant: 0,
        gainDb: 0,
        lease: 0,
      };
      send(() => writer.fire({ kind: 'fire', sequence: 0, ...what }));
      while (keeper.endsUs !== Infinity) keeper.due(nowUs());
      known.push({
        published: { command, sentUs, words, log: lines },
        condition,
        group: Math.floor(command / groupSize),
      });
    }
  } finally {
    device.close();
    closeSync(log);
  }
  return known;
}

/** 6000 a night are the hard limit of a kind. */
const jump = 15e6;
const shortPulseUs = 1000;
/** `pink-15ms` */
const shortSoundUs = 15e3;
const groupSize = 20;
