import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState, type Actuator } from '../contracts.js';
import { tickUs } from './beat-watch.js';
import type { GuardianWord } from './receipts.js';
import { RestKeeper } from './rest-keeper.js';
import { Time, Word } from './shared.js';

class Rig {
  readonly words = new Int32Array(new SharedArrayBuffer(4));
  readonly times = new Float64Array(1);
  readonly said: GuardianWord[] = [];
  readonly complaints: string[] = [];
  readonly lines: string[] = [];
  lasts = false;
  rests = 0;
  /** What the actuator was told with the newest tick. */
  ready: boolean | undefined;
  stuck = false;
  full = false;
  nowUs = 1e6;
  readonly keeper: RestKeeper;

  constructor() {
    const actuator: Actuator = {
      check: () => [],
      fire: () => ({ atUs: 0, evidence: '' }),
      rest: () => {
        if (this.stuck) throw new Error('port gone');
        this.rests++;
        this.lasts = false;
      },
      isAtRest: () => !this.lasts,
      close: () => undefined,
      tick: (ready) => (this.ready = ready),
    };
    this.keeper = new RestKeeper(this.words, this.times, {
      actuator,
      append: (line) => {
        if (this.full) throw new Error('no space left');
        this.lines.push(line.trim());
      },
      say: (word) => this.said.push(word),
      complain: (line) => this.complaints.push(line),
    });
  }

  /** Ticks for so long; with a beat before each tick or without. */
  go(us: number, beats: boolean): void {
    for (const endUs = this.nowUs + us; this.nowUs < endUs;) {
      this.nowUs += tickUs;
      if (beats) this.times[Time.beatUs] = this.nowUs;
      this.keeper.tick(this.nowUs);
    }
  }

  start(command: number, forUs: number): void {
    this.lasts = true;
    this.keeper.heard({ started: { command, endUs: this.nowUs + forUs } }, this.nowUs);
  }

  get causes(): string[] {
    return this.said.flatMap((word) => ('guardian' in word ? [`${word.guardian.state} ${word.guardian.cause}`] : []));
  }

  get ends(): number[] {
    return this.said.flatMap((word) =>
      'receipt' in word && word.receipt.state === ReceiptState.ended ? [word.receipt.command] : [],
    );
  }
}

test('R-13 held until the first beats; at rest when they stay away; ready when they return', () => {
  const rig = new Rig();
  assert.equal(rig.words[Word.hold], 1);
  rig.go(100e3, true);
  assert.equal(rig.words[Word.hold], 0);
  rig.start(1, 1e6);
  rig.go(44e3, false);
  assert.equal(rig.words[Word.hold], 1);
  assert.equal(rig.lasts, false);
  assert.deepEqual(rig.ends, [1]);
  rig.go(8e3, true);
  assert.equal(rig.words[Word.hold], 0);
  rig.go(1.1e6, false);
  rig.go(8e3, true);
  assert.equal(rig.words[Word.hold], 1);
  assert.deepEqual(rig.causes, ['1 ready', '0 beats-lost', '1 ready', '0 beats-lost', '0 latched']);
  assert.equal(rig.complaints.length, 1);
});

test('R-31 an actuator hears with each tick that the guardian lives, and whether it holds', () => {
  const rig = new Rig();
  const heard: (boolean | undefined)[] = [];
  const go = (us: number, beats: boolean): void => {
    rig.ready = undefined;
    rig.go(us, beats);
    heard.push(rig.ready);
  };
  go(tickUs, false); // no core yet
  go(tickUs, true);
  go(100e3, false); // beats lost
  go(tickUs, true);
  rig.keeper.silence(rig.nowUs, 'silenced');
  go(tickUs, true);
  assert.deepEqual(heard, [false, true, false, true, false]);
});

test('R-14 a stimulus ends at its time by `due`, and a tick later where no timer came', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  for (const [command, timer] of [
    [1, true],
    [2, false],
  ] as const) {
    rig.start(command, 50e3);
    const { endsUs } = rig.keeper;
    assert.equal(endsUs, rig.nowUs + 50e3);
    rig.keeper.due(endsUs - 1);
    assert.equal(rig.lasts, true);
    if (timer) rig.keeper.due(endsUs);
    else rig.go(60e3, true);
    assert.equal(rig.lasts, false);
    assert.equal(rig.keeper.endsUs, Infinity);
  }
  assert.deepEqual(rig.ends, [1, 2]);
  assert.match(rig.lines[0] ?? '', /^1 1058000 1058000$/);
});

test('R-14 word of a start that comes after its rest, or after its end, ends it', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  rig.keeper.heard({ started: { command: 1, endUs: rig.nowUs + 50e3 } }, rig.nowUs);
  rig.start(2, -1);
  assert.equal(rig.lasts, false);
  assert.deepEqual(rig.ends, [1, 2]);
});

test('R-16 silence: hold, rest, latched for good, told once', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  rig.start(1, 1e6);
  rig.keeper.silence(rig.nowUs, 'silenced');
  rig.keeper.silence(rig.nowUs, 'silenced');
  assert.equal(rig.lasts, false);
  rig.go(2e6, true);
  assert.equal(rig.words[Word.hold], 1);
  assert.deepEqual(rig.causes, ['1 ready', '0 silenced']);
  assert.deepEqual(rig.complaints, ['at rest and latched: silenced']);
  assert.deepEqual(rig.ends, [1]);
});

test('R-16 R-51 silence is written down, also by one that had latched before: a core that hangs hears nothing of it', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  rig.go(2e6, false);
  const atUs = rig.nowUs;
  rig.keeper.silence(atUs, 'silenced');
  rig.go(8e3, false);
  rig.keeper.silence(rig.nowUs, 'silenced');
  assert.deepEqual(rig.lines, [`silenced ${atUs}`]);
  const full = new Rig();
  full.full = true;
  full.keeper.silence(full.nowUs, 'silenced');
  assert.deepEqual(full.causes, ['0 silenced']);
  assert.equal(full.complaints.length, 2);
});

test('R-16 R-18 rest needs no disk: a full one is told, and latches', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  rig.start(1, 50e3);
  rig.full = true;
  rig.keeper.due(rig.keeper.endsUs);
  assert.equal(rig.lasts, false);
  assert.deepEqual(rig.ends, [1]);
  assert.deepEqual(rig.causes, ['1 ready', '0 deliveries']);
  rig.start(2, 50e3);
  rig.keeper.silence(rig.nowUs, 'silenced');
  assert.equal(rig.lasts, false);
});

test('R-14 an actuator that does not come to rest is tried again with every tick, and told of once', () => {
  const rig = new Rig();
  rig.go(8e3, true);
  rig.start(1, 50e3);
  rig.stuck = true;
  rig.keeper.due(rig.keeper.endsUs);
  rig.go(100e3, true);
  assert.deepEqual(rig.complaints, ['at rest and latched: port gone']);
  assert.equal(rig.words[Word.hold], 1);
  rig.stuck = false;
  rig.go(4e3, true);
  assert.equal(rig.lasts, false);
  assert.deepEqual(rig.ends, [1]);
});

test('R-12 what the command side finds broken brings rest, and latches under its own cause', () => {
  for (const cause of ['channel', 'actuator', 'deliveries', 'condition'] as const) {
    const rig = new Rig();
    rig.go(8e3, true);
    rig.start(1, 1e6);
    rig.keeper.heard({ broken: 'so it is', cause }, rig.nowUs);
    assert.equal(rig.lasts, false);
    assert.deepEqual(rig.causes, ['1 ready', `0 ${cause}`]);
  }
});
