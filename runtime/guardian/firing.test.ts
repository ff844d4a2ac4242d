import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState, type Actuator, type Command, type Condition } from '../contracts.js';
import { CommandWriter } from './command.js';
import { parseDeliveries } from './delivery-lines.js';
import { Firing } from './firing.js';
import { Time, Word, type FiringMessage } from './shared.js';

const limits = { intervalUs: 400e3, durationUs: 1e6, perMinute: 3, perHour: 5, perNight: 9 };

/** A device in memory: what was done to it, in order. It reports that its output starts `lateUs` after the call. */
class Device implements Actuator {
  readonly done: string[] = [];
  lasts = false;
  lateUs = 0;
  broken = false;
  onFire: () => void = () => undefined;
  check = () => [];
  close = () => undefined;
  isAtRest = () => !this.lasts;

  fire({ command }: Command, condition: Condition) {
    this.done.push(`${condition} ${command}`);
    this.lasts = true;
    if (this.broken) throw new Error('port gone');
    this.onFire();
    return { atUs: now + this.lateUs, evidence: 'fired' };
  }

  rest() {
    this.done.push('rest');
    this.lasts = false;
  }
}

let now = 0;

/** That is told early, and keeps time by itself. */
class TimedDevice extends Device {
  readonly leadUs = 5e3;
}

class Rig {
  readonly words = new Int32Array(new SharedArrayBuffer(4));
  readonly times = new Float64Array(1);
  readonly device: Device;
  readonly heard: FiringMessage[] = [];
  log = '';
  onAppend: (line: string) => void = () => undefined;
  condition: () => Condition = () => 'real';
  readonly firing: Firing;
  readonly #writer = new CommandWriter();

  constructor(past = '', device = new Device()) {
    this.device = device;
    now = 10e6;
    this.firing = new Firing(
      limits,
      this.words,
      this.times,
      {
        actuator: this.device,
        condition: { condition: () => this.condition() },
        append: (line) => {
          this.onAppend(line);
          this.log += line;
        },
        tell: (message) => this.heard.push(message),
      },
      parseDeliveries(past),
      now,
    );
  }

  send(command: number, changes: Partial<Command> = {}): void {
    const zeros = { variant: 0, gainDb: 0, lease: 0, sequence: 0, cycle: 0, fireAtUs: 0 };
    this.#writer.fire({ kind: 'fire', ...zeros, expiresUs: now + 1e6, durationUs: 50e3, command, ...changes });
    this.flush();
  }

  beat(): void {
    this.#writer.beat(1);
    this.flush();
  }

  flush(): void {
    this.firing.push(this.#writer.bytes, this.#writer.length, now);
    this.#writer.clear();
  }

  states(command: number): number[] {
    return this.heard.flatMap((message) =>
      'receipt' in message && message.receipt.command === command ? [message.receipt.state] : [],
    );
  }

  get broken(): string[] {
    return this.heard.flatMap((message) => ('broken' in message ? [`${message.cause}: ${message.broken}`] : []));
  }

  get lines(): string[] {
    return this.log.split('\n').filter((line) => line !== '');
  }
}

const { accepted, started, refused, dropped } = ReceiptState;

test('R-18 a line stands in the log before the device is touched, and one after it has started', () => {
  const rig = new Rig();
  rig.device.onFire = () => assert.deepEqual(rig.lines, ['1 10000000 ?']);
  rig.device.lateUs = 2e3;
  rig.send(1);
  assert.deepEqual(rig.device.done, ['real 1']);
  assert.deepEqual(rig.lines, ['1 10000000 ?', '1 10002000 -']);
  assert.deepEqual(rig.states(1), [accepted, started]);
  // The end counts from when the device says that it began.
  assert.deepEqual(rig.heard.at(-1), { started: { command: 1, endUs: 10_052_000 } });
});

test('R-18 a log that takes no line: nothing fires, one message, rest, and nothing more is taken', () => {
  const rig = new Rig();
  rig.onAppend = () => {
    throw new Error('night.deliveries: no space left');
  };
  rig.send(1);
  rig.send(2);
  assert.deepEqual(rig.device.done, ['rest']);
  assert.deepEqual(rig.broken, ['deliveries: night.deliveries: no space left']);
  assert.deepEqual([rig.states(1), rig.states(2)], [[refused], []]);
  assert.equal(rig.firing.stopped, true);
  assert.equal(rig.words[Word.hold], 1);
});

test('R-18 a log that fails after the start: the stimulus ends, and is told as started', () => {
  const rig = new Rig();
  rig.onAppend = (line) => {
    if (line.includes('-')) throw new Error('full');
  };
  rig.send(1);
  assert.deepEqual(rig.device.done, ['real 1', 'rest']);
  assert.deepEqual(rig.states(1), [accepted, started]);
  assert.deepEqual(rig.broken, ['deliveries: full']);
});

test('R-27 an unknown condition: nothing fires and nothing is announced', () => {
  const rig = new Rig();
  rig.condition = () => {
    throw new Error('no row for P017');
  };
  rig.send(1);
  assert.deepEqual(rig.device.done, ['rest']);
  assert.deepEqual(rig.lines, []);
  assert.deepEqual(rig.broken, ['condition: no row for P017']);
});

test('R-16 hold raised while the line is written: not fired, and the log says so', () => {
  const rig = new Rig();
  rig.onAppend = () => void Atomics.store(rig.words, Word.hold, 1);
  rig.send(1);
  assert.deepEqual(rig.device.done, []);
  assert.deepEqual(rig.lines, ['1 10000000 ?', '1 10000000 x']);
  assert.deepEqual(rig.states(1), [dropped]);
});

test('R-16 hold raised while the device is being started: brought to rest by whoever comes later', () => {
  const rig = new Rig();
  rig.device.onFire = () => void Atomics.store(rig.words, Word.hold, 1);
  rig.send(1);
  assert.deepEqual(rig.device.done, ['real 1', 'rest']);
});

test('R-11 a command that is due later waits, and what came behind it waits with it', () => {
  const rig = new Rig();
  rig.send(1, { fireAtUs: now + 15e3 });
  now += 1e3;
  rig.beat();
  assert.equal(rig.firing.dueUs, 10_015_000);
  assert.equal(rig.times[Time.beatUs], 10_000_000);
  rig.firing.fireDue(now);
  assert.deepEqual(rig.device.done, []);
  now = 10_015_100;
  rig.firing.fireDue(now);
  assert.deepEqual(rig.device.done, ['real 1']);
  assert.equal(rig.firing.dueUs, Infinity);
  assert.equal(rig.times[Time.beatUs], now);
  assert.equal(rig.lines[0], '1 10015100 ?');
});

test('R-11 R-16 a command that waits is dropped on rest, and when it is more than 5 ms late', () => {
  const rig = new Rig();
  rig.send(1, { fireAtUs: now + 15e3 });
  Atomics.store(rig.words, Word.hold, 1);
  rig.firing.fireDue(now + 1e3);
  Atomics.store(rig.words, Word.hold, 0);
  rig.send(2, { fireAtUs: now + 15e3 });
  rig.firing.fireDue(now + 15e3 + 5001);
  assert.deepEqual([rig.states(1), rig.states(2)], [[dropped], [dropped]]);
  assert.deepEqual(rig.device.done, []);
  assert.deepEqual(rig.lines, []);
});

test('R-11 a device that keeps time by itself is told so long before, and a command is late by its own time', () => {
  const rig = new Rig('', new TimedDevice());
  const startUs = now + 12e3;
  rig.send(1, { fireAtUs: startUs });
  assert.equal(rig.firing.dueUs, startUs - 5e3);
  now = startUs - 5001;
  rig.firing.fireDue(now);
  assert.deepEqual(rig.device.done, []);
  now = startUs - 5e3;
  rig.firing.fireDue(now);
  assert.deepEqual(rig.device.done, ['real 1']);
  rig.flush();
  // The interval counts from when it was to start, not from when the device was told.
  now = startUs + 400e3 - 5e3 - 1;
  rig.send(2, { fireAtUs: startUs + 400e3 - 1 });
  assert.deepEqual(rig.states(2), [refused]);
  rig.send(3, { fireAtUs: startUs + 400e3 });
  assert.deepEqual(rig.device.done, ['real 1']);
  now = startUs + 400e3 + 4999; // told late, and still in time
  rig.firing.fireDue(now);
  assert.deepEqual(rig.device.done, ['real 1', 'real 3']);
  now += 1e6;
  const lateUs = now + 10e3;
  rig.send(4, { fireAtUs: lateUs });
  now = lateUs + 5001;
  rig.firing.fireDue(now);
  assert.deepEqual(rig.states(4), [dropped]);
});

test('R-10 a device that fails half way counts against the limits, and is at rest', () => {
  const rig = new Rig();
  rig.device.broken = true;
  rig.send(1);
  assert.deepEqual(rig.device.done, ['real 1', 'rest']);
  assert.deepEqual(rig.states(1), [refused]);
  assert.deepEqual(rig.lines, ['1 10000000 ?']);
  assert.deepEqual(rig.broken, ['actuator: port gone']);
});

test('R-12 a damaged channel and its end stop everything', () => {
  const damaged = new Rig();
  damaged.firing.push(new Uint8Array(88).fill(0x5a), 88, now);
  assert.deepEqual(damaged.broken, ['channel: the command channel brought bytes that are no record']);
  const ended = new Rig();
  ended.firing.end();
  assert.deepEqual(ended.broken, ['gone: the core is gone']);
  for (const { firing, device } of [damaged, ended]) {
    assert.equal(firing.stopped, true);
    assert.deepEqual(device.done, ['rest']);
  }
});

test('R-10 a guardian that was restarted goes on with its limits where the log says it was', () => {
  // Just before now: one that ended, one that was about to fire, one that was dropped.
  const rig = new Rig('\n7 9000000 -\n\n7 9050000 9050000\n\n8 9700000 ?\n\n9 9900000 x\n');
  rig.send(8, {});
  rig.send(10);
  now = 10_701_000; // the open one may have lasted for the longest that is allowed
  rig.send(11);
  now += 500e3;
  rig.send(12);
  assert.deepEqual(
    [8, 10, 11, 12].map((command) => rig.states(command)),
    [[refused], [refused], [accepted, started], [refused]],
  );
  const evidence = rig.heard.flatMap((message) =>
    'receipt' in message && message.receipt.state === refused ? [message.receipt.evidence] : [],
  );
  assert.deepEqual(evidence, ['replayed', 'interval', 'per-minute']);
});

test('R-10 a line of the log that cannot be read counts as a stimulus of now', () => {
  const rig = new Rig('\n7 90000');
  rig.send(8);
  now += 999e3;
  rig.send(9);
  now += 1e3;
  rig.send(10);
  assert.deepEqual(
    [8, 9, 10].map((command) => rig.states(command)),
    [[refused], [refused], [accepted, started]],
  );
});
