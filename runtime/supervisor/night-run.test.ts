import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rearming } from '../contracts.js';
import { nextNightLine, type NightEntry, type NightLine, type NightTime } from '../study/night-log.js';
import type { RestCall, RunBefore } from '../study/night.js';
import { NightRun, type NightRunPorts, type NightSaying } from './night-run.js';

const begun: NightEntry & { kind: 'begun' } = {
  kind: 'begun',
  study: 'cue',
  participant: 'P017',
  night: 3,
  device: 'bedside-1',
  protocol: null,
  approval: null,
  by: '',
};
const rearm: Rearming = { withinUs: 120e6, times: 3 };

/** One night with the runs that a test lets have it, one after the other. */
class Bench {
  readonly lines: NightLine[] = [];
  us = 1e9;
  boot = 'b1';
  isArmed = false;
  isReal = true;
  /** It hears nothing, and its state stays as it is. */
  loopHangs = false;
  /** It takes no messages. */
  loopIsFull = false;
  stands = true;
  diskFull = false;
  /** Each line takes a disk until this settles. */
  disk: Promise<unknown> | undefined;
  silenced = 0;
  /** As the guardian of the run that is killed next has it. */
  silencedUs = -Infinity;
  /** Left by somebody whom no run may have heard. */
  restCall: RestCall | undefined;
  guardianAnswers = true;
  /** What the rest of the machine has against arming. */
  against: string[] = [];
  readonly armedWith: { seconds: number; limits: unknown }[] = [];
  #untilUs = 0;
  #runs = 0;
  run!: NightRun;

  get now(): NightTime {
    return { us: this.us, boot: this.boot, wallMs: 1e12 + this.us / 1000, clock: 'set', zone: 'Europe/Berlin' };
  }

  async begin(plan: Rearming | null = rearm, before?: Partial<RunBefore>, damage = ''): Promise<void> {
    let given = damage === '' ? this.lines.length : 0;
    const ports: NightRunPorts = {
      now: () => this.now,
      isReal: this.isReal,
      append: async (entry) => {
        if (this.diskFull) throw new Error('cue-P017-03.night: the disk is full');
        if (this.disk) await this.disk;
        const { line } = nextNightLine(this.lines.at(-1), entry, this.now);
        this.lines.push(line);
        const news = this.lines.slice(given);
        given = this.lines.length;
        return news;
      },
      armed: () => this.isArmed,
      armedUntilUs: () => this.#untilUs,
      stands: () => this.stands,
      check: () => Promise.resolve([...this.against, ...this.run.reasons]),
      arm: (untilUs, limits) => !this.loopIsFull && this.#arm(untilUs, limits),
      disarm: () => void (this.isArmed &&= this.loopHangs),
      silence: () => {
        this.silenced++;
        return this.guardianAnswers ? Promise.resolve() : new Promise(() => undefined);
      },
      mark: () => undefined,
      say: () => undefined,
    };
    this.run = new NightRun(damage === '' ? this.lines : [], plan ?? undefined, ports, damage);
    const found = before && {
      recording: `run-${this.#runs}`,
      sinceSeconds: 20,
      silencedUs: this.silencedUs,
      restCall: this.restCall,
      ...before,
    };
    await this.run.begin(begun, `run-${++this.#runs}`, found);
  }

  #arm(untilUs: number, limits: unknown): boolean {
    this.isArmed = true;
    this.#untilUs = untilUs;
    this.armedWith.push({ seconds: (untilUs - this.us) / 1e6, limits });
    return true;
  }

  /** As the supervisor does when somebody arms. */
  async arm(limits = {}): Promise<readonly string[]> {
    if (this.run.reasons.length > 0) return this.run.reasons;
    await this.run.armed(limits);
    this.#arm(this.us + this.run.windowSeconds * 1e6, limits);
    this.run.beat();
    return [];
  }

  say(mark: NightSaying['mark'], more: Partial<NightSaying> = {}): Promise<readonly string[]> {
    return this.run.say({ mark, text: '', by: '', ...more });
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.us += 1e6;
      this.run.beat();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Killed, and started again so much later. */
  async crash(sinceSeconds = 20, plan: Rearming | null = rearm): Promise<void> {
    this.isArmed = false;
    this.loopHangs = false;
    this.us += sinceSeconds * 1e6;
    await this.begin(plan, { sinceSeconds });
  }

  get kinds(): string[] {
    return this.lines.map(({ entry }) => (entry.kind === 'run' ? `run ${entry.state}` : entry.kind));
  }
}

async function armedNight(plan: Rearming | null = rearm): Promise<Bench> {
  const bench = new Bench();
  await bench.begin(plan);
  assert.deepEqual(await bench.say('lightsOff', { forSeconds: 8 * 3600 }), []);
  assert.deepEqual(await bench.arm({ perHour: 60 }), []);
  return bench;
}

test('R-50 a night is armed only between lights off and lights on, or the end that was named', async () => {
  const bench = new Bench();
  await bench.begin();
  assert.match((await bench.arm()).join(), /lights are not off/);
  assert.match((await bench.say('lightsOff', { forSeconds: 36_001 })).join(), /not within 10 h/);
  assert.deepEqual(await bench.say('lightsOff', { forSeconds: 100 }), []);
  assert.match((await bench.say('lightsOff')).join(), /open for another 2 min/);
  assert.deepEqual(await bench.arm(), []);
  await bench.say('lightsOn');
  assert.equal(bench.isArmed, false);
  assert.match((await bench.arm()).join(), /no window is open/);
  await bench.say('lightsOff', { forSeconds: 100 });
  assert.deepEqual(await bench.arm(), []);
  await bench.pass(101);
  assert.match(bench.run.reasons.join(), /the window of this night is over/);
  await bench.run.append({ kind: 'closed', outcome: 'lost', reason: 'ill' });
  assert.match((await bench.say('lightsOff')).join(), /closed \(lost\)/);
});

test('R-50 an adverse event silences at once, is written after that, and holds across restarts until a named person clears it', async () => {
  const bench = await armedNight();
  const saying = bench.say('adverse', { text: 'headache' });
  assert.deepEqual([bench.isArmed, bench.silenced], [false, 1]);
  await saying;
  assert.match((await bench.arm()).join(), /held by an adverse event \(headache\)/);
  await bench.say('lightsOn');
  await bench.crash();
  await bench.say('lightsOff');
  assert.match((await bench.arm()).join(), /held by an adverse event \(headache\)/);
  await assert.rejects(bench.say('clear', { text: 'well again' }));
  assert.match((await bench.arm()).join(), /held/);
  assert.deepEqual(await bench.say('clear', { text: 'well again', by: 'AM' }), []);
  assert.deepEqual(await bench.arm(), []);
  assert.match((await bench.say('clear', { by: 'AM' })).join(), /no adverse event/);
});

test('R-50 an adverse event does not wait for the guardian’s answer: a crash in between forgets nothing', async () => {
  const bench = await armedNight();
  bench.guardianAnswers = false;
  void bench.say('adverse');
  await bench.crash();
  await bench.pass(10);
  assert.equal(bench.isArmed, false);
  assert.match(bench.run.reasons.join(), /held by an adverse event/);
});

test('R-50 where the log cannot be written an adverse event acts all the same, and nothing can be armed', async () => {
  const bench = await armedNight();
  bench.diskFull = true;
  await assert.rejects(bench.say('adverse'), /the disk is full/);
  assert.deepEqual([bench.isArmed, bench.silenced], [false, 1]);
  bench.diskFull = false;
  await bench.say('note', { text: 'room again' });
  assert.match(bench.run.reasons.join(), /held by an adverse event/);
});

test('R-50 an adverse event and the end of an arming that a full disk did not take are written before anything else', async () => {
  const bench = await armedNight();
  bench.diskFull = true;
  await assert.rejects(bench.say('adverse', { text: 'headache' }));
  await assert.rejects(bench.say('lightsOn'));
  const from = bench.lines.length;
  bench.diskFull = false;
  bench.disk = Promise.resolve();
  await Promise.all([bench.say('note', { text: 'room again' }), bench.say('awake')]);
  assert.deepEqual(bench.kinds.slice(from), ['disarmed', 'mark', 'lightsOn', 'mark', 'mark']);
  await bench.crash();
  await bench.pass(3);
  assert.equal(bench.isArmed, false);
  assert.match(bench.run.reasons.join(), /held by an adverse event \(headache\)/);
});

test('R-50 what a full disk did not take is written when there is room again, though nobody says more, and holds until then', async () => {
  const bench = await armedNight();
  bench.diskFull = true;
  await assert.rejects(bench.say('adverse'));
  await bench.pass(5);
  assert.match(bench.run.reasons.join(), /the disk is full/);
  bench.diskFull = false;
  await bench.pass(3);
  assert.deepEqual(bench.kinds.slice(-2), ['disarmed', 'mark']);
  assert.doesNotMatch(bench.run.reasons.join(), /the disk is full/);
});

test('R-50 a line that a disk took meanwhile does not hide that one before it failed', async () => {
  const bench = await armedNight();
  bench.diskFull = true;
  bench.run.disarming('request');
  bench.diskFull = false;
  await bench.say('awake');
  assert.match(bench.run.reasons.join(), /the disk is full/);
  await bench.pass(3);
  assert.deepEqual(bench.run.reasons, []);
  assert.equal(bench.kinds.at(-1), 'disarmed');
});

test('R-50 a log that could not be read at the start is not trusted by this run, whoever restores it; the next one reads it', async () => {
  const bench = await armedNight();
  await bench.say('adverse');
  const damage = 'cue-P017-03.night: is damaged in line 2';
  await bench.begin(rearm, undefined, damage);
  assert.deepEqual(await bench.say('note', { text: 'restored' }), []);
  assert.equal(bench.kinds.filter((kind) => kind === 'begun').length, 1);
  assert.match(bench.run.reasons.join('\n'), /is damaged in line 2\n.*held by an adverse event/);
  assert.match(bench.run.held.join('\n'), /is damaged in line 2/);
  assert.notEqual(bench.run.state.problem, '');
  await bench.begin();
  assert.equal(bench.run.state.problem, '');
});

test('R-50 what another process has written holds from the next line on', async () => {
  const bench = await armedNight();
  bench.lines.push(nextNightLine(bench.lines.at(-1), { kind: 'lightsOn', by: 'AM' }, bench.now).line);
  await bench.say('note', { text: 'up' });
  assert.equal(bench.run.windowSeconds, 0);
});

test('R-50 what is armed outside of the window is disarmed, also by a loop that took the message before the lights went on; a virtual one is not', async () => {
  const bench = await armedNight();
  await bench.pass(1);
  await bench.say('lightsOn');
  bench.isArmed = true;
  await bench.pass(1);
  assert.equal(bench.isArmed, false);
  const hung = await armedNight();
  hung.loopHangs = true;
  await hung.pass(1);
  hung.us += 8 * 3600e6;
  await hung.pass(1);
  assert.deepEqual(hung.lines.at(-1)?.entry, { kind: 'disarmed', cause: 'expired' });
  hung.loopHangs = false;
  await hung.pass(3);
  assert.equal(hung.isArmed, false);
  const virtual = new Bench();
  virtual.isReal = false;
  await virtual.begin();
  virtual.isArmed = true;
  await virtual.pass(5);
  assert.equal(virtual.isArmed, true);
});

test('R-61 what leaves the box of a log that takes no line names no participant; what refuses arming does', async () => {
  const bench = await armedNight();
  bench.diskFull = true;
  const told = await bench.run.append({ kind: 'mark', mark: 'note', text: '', by: '' }).catch(String);
  for (const text of [bench.run.state.problem, String(told)]) {
    assert.match(text, /the log of the night cannot be read or written/);
    assert.doesNotMatch(text, /P017/);
  }
  assert.match(bench.run.reasons.join(), /^night: cue-P017-03\.night: the disk is full/);
});

test('R-51 a night is armed again by itself after a crash, as often as the protocol says, under the limits that it had', async () => {
  const bench = await armedNight();
  await bench.pass(1);
  bench.run.lowered({ perHour: 30 });
  for (let time = 1; time <= 3; time++) {
    await bench.pass(2);
    await bench.crash();
    await bench.pass(3);
    assert.equal(bench.isArmed, true, `time ${time}`);
    assert.deepEqual(bench.armedWith.at(-1)?.limits, { perHour: 30 });
  }
  // All that is left of the window, not more.
  const opened = bench.lines.find(({ entry }) => entry.kind === 'lightsOff');
  assert.equal(bench.armedWith.at(-1)?.seconds, 8 * 3600 - (bench.us - 2e6 - (opened?.us ?? NaN)) / 1e6);
  await bench.crash();
  await bench.pass(130);
  assert.equal(bench.isArmed, false);
  assert.deepEqual(bench.kinds.slice(-4), ['run gone', 'disarmed', 'rearmRefused', 'run began']);
});

test('R-51 limits that are lowered before it is armed again hold for that, too', async () => {
  const bench = await armedNight();
  await bench.pass(1);
  bench.stands = false;
  await bench.crash();
  await bench.pass(2);
  bench.run.lowered({ perMinute: 2 });
  await bench.pass(2);
  bench.stands = true;
  await bench.pass(3);
  assert.equal(bench.isArmed, true);
  assert.deepEqual(bench.armedWith.at(-1)?.limits, { perHour: 60, perMinute: 2 });
});

test('R-51 limits that are lowered while the line of the arming is written hold for it, and for the arming after that', async () => {
  const bench = await armedNight();
  await bench.pass(1);
  await bench.crash();
  let written: () => void = () => undefined;
  bench.disk = new Promise<void>((resolve) => (written = resolve));
  await bench.pass(2);
  bench.run.lowered({ perMinute: 2 });
  assert.equal(bench.isArmed, false);
  bench.disk = undefined;
  written();
  await bench.pass(2);
  assert.deepEqual(bench.armedWith.at(-1)?.limits, { perHour: 60, perMinute: 2 });
  await bench.crash();
  await bench.pass(3);
  assert.deepEqual(bench.armedWith.at(-1)?.limits, { perHour: 60, perMinute: 2 });
  assert.equal(bench.armedWith.length, 3);
});

test('R-51 nothing is armed again without the protocol, too late, after the window, by an adverse event, or by what was disarmed before', async () => {
  const each: [string, (bench: Bench) => unknown, number][] = [
    ['too late', () => undefined, 121],
    ['not known when', () => undefined, NaN],
    ['after the window', (bench) => (bench.us += 8 * 3600e6), 20],
    ['adverse', (bench) => bench.say('adverse'), 20],
    ['lights on', (bench) => bench.say('lightsOn'), 20],
    [
      'disarmed by a person',
      (bench) => {
        bench.run.disarming('request');
        bench.isArmed = false;
        bench.run.beat();
      },
      20,
    ],
    [
      'disarmed by a person while the loop hangs',
      (bench) => {
        bench.loopHangs = true;
        bench.run.disarming('request');
        bench.run.beat();
      },
      20,
    ],
    ['silenced while all of it hangs', (bench) => (bench.silencedUs = bench.us), 20],
    [
      'rest asked for while no run was there',
      (bench) => (bench.restCall = { us: bench.us + 10e6, boot: bench.boot }),
      20,
    ],
    [
      'rest asked for before the machine was started again',
      (bench) => {
        bench.restCall = { us: bench.us + 1e6, boot: bench.boot };
        bench.boot = 'b2';
      },
      20,
    ],
    [
      'rest asked for after that, and before the run',
      (bench) => {
        bench.boot = 'b2';
        bench.restCall = { us: 3e6, boot: 'b2' };
      },
      20,
    ],
    ['a run in between that was never armed', (bench) => ((bench.stands = false), bench.crash()), 20],
    ['ended in order', (bench) => bench.run.end('run-1'), 20],
    ['another boot whose clock went back', (bench) => ((bench.boot = 'b2'), (bench.us = 0)), 20],
  ];
  for (const [what, happens, sinceSeconds] of each) {
    const bench = await armedNight();
    await bench.pass(1);
    await happens(bench);
    if (Number.isNaN(sinceSeconds)) await bench.begin(rearm, { recording: 'run-1', sinceSeconds });
    else await bench.crash(sinceSeconds);
    bench.isArmed = false;
    bench.stands = true;
    await bench.pass(5);
    assert.equal(bench.isArmed, false, what);
  }
  const never = await armedNight();
  await never.begin(null, { recording: 'run-1', sinceSeconds: 20 });
  never.isArmed = false;
  await never.pass(5);
  assert.equal(never.isArmed, false);
  assert.match(JSON.stringify(never.lines.at(-2)?.entry), /never/);
});

test('R-51 a silence, or a call for rest, from before the arming is over with it; so is a call of another boot', async () => {
  const each: ((bench: Bench) => unknown)[] = [
    (bench) => (bench.silencedUs = bench.us - 1),
    (bench) => (bench.restCall = { us: bench.us - 1, boot: bench.boot }),
    (bench) => (bench.restCall = { us: 1e15, boot: 'b0' }),
  ];
  for (const happened of each) {
    const bench = new Bench();
    happened(bench);
    await bench.begin();
    await bench.say('lightsOff');
    await bench.arm();
    await bench.crash();
    await bench.pass(3);
    assert.equal(bench.isArmed, true, String(happened));
  }
});

test('R-51 a line that says it is armed again is ended by one where somebody disarmed meanwhile, or the loop takes no message', async () => {
  const each: ((bench: Bench) => unknown)[] = [
    (bench) => bench.run.disarming('request'),
    (bench) => (bench.us += 8 * 3600e6),
    (bench) => (bench.loopIsFull = true),
  ];
  for (const happens of each) {
    const bench = await armedNight();
    await bench.crash();
    const from = bench.lines.length;
    let spin = (): void => undefined;
    bench.disk = new Promise<void>((resolve) => (spin = resolve));
    bench.run.beat();
    await new Promise((resolve) => setImmediate(resolve));
    happens(bench);
    spin();
    await bench.pass(3);
    assert.equal(bench.isArmed, false);
    assert.deepEqual(bench.kinds.slice(from, from + 2), ['armed', 'disarmed']);
    assert.equal(bench.kinds.filter((kind) => kind === 'armed').length, 2);
  }
});

test('R-51 every check has to pass again: it is tried until the time is over, and then refused with what spoke against it', async () => {
  const bench = await armedNight();
  bench.against = ['guardian: not ready'];
  await bench.crash(20);
  await bench.pass(60);
  assert.equal(bench.isArmed, false);
  bench.against = [];
  await bench.pass(3);
  assert.equal(bench.isArmed, true);
  bench.against = ['disk: nearly full'];
  await bench.crash(20);
  await bench.pass(101);
  bench.against = [];
  await bench.pass(10);
  assert.equal(bench.isArmed, false);
  assert.deepEqual(bench.lines.at(-1)?.entry, { kind: 'rearmRefused', reasons: ['disk: nearly full'] });
});

test('R-51 an adverse event, or a wish to disarm, before it is armed again ends that', async () => {
  const each: ((bench: Bench) => unknown)[] = [
    (bench) => bench.say('adverse'),
    (bench) => bench.run.disarming('remote'),
  ];
  for (const happens of each) {
    const bench = await armedNight();
    bench.stands = false;
    await bench.crash(20);
    await bench.pass(5);
    await happens(bench);
    bench.stands = true;
    await bench.pass(10);
    assert.equal(bench.isArmed, false);
  }
});

test('what ends an arming stands in the log', async () => {
  const causes: string[] = [];
  for (const happens of [
    (bench: Bench) => void (bench.us += 8 * 3600e6),
    () => undefined,
    (bench: Bench) => bench.run.disarming('remote'),
  ]) {
    const bench = await armedNight();
    await bench.pass(1);
    happens(bench);
    bench.isArmed = false;
    await bench.pass(2);
    const { entry } = bench.lines.find((line) => line.entry.kind === 'disarmed') ?? {};
    causes.push(entry?.kind === 'disarmed' ? entry.cause : '');
  }
  assert.deepEqual(causes, ['expired', 'guardian', 'remote']);
});

test('an arming ends once in the log, however many notice it while a slow disk takes the line', async () => {
  const each: ((bench: Bench) => Promise<unknown>)[] = [
    // As `axond night --lights-on` does.
    async (bench) => {
      const said = bench.say('lightsOn');
      bench.run.beat();
      await Promise.all([said, bench.run.end('run-1')]);
    },
    async (bench) => {
      bench.isArmed = false;
      bench.run.beat();
      bench.run.disarming('request');
      await bench.run.end('run-1');
    },
    async (bench) => {
      const said = bench.say('adverse');
      bench.run.beat();
      bench.run.disarming('remote');
      await said;
      bench.run.beat();
    },
  ];
  for (const happens of each) {
    const bench = await armedNight();
    await bench.pass(1);
    let spin = (): void => undefined;
    bench.disk = new Promise<void>((resolve) => (spin = resolve));
    const done = happens(bench);
    spin();
    await done;
    assert.equal(bench.kinds.filter((kind) => kind === 'disarmed').length, 1);
    // The next arming ends with a line of its own.
    await bench.say('clear', { by: 'AM' });
    await bench.say('lightsOff');
    assert.deepEqual(await bench.arm(), []);
    bench.isArmed = false;
    await bench.pass(1);
    assert.equal(bench.kinds.filter((kind) => kind === 'disarmed').length, 2);
  }
});

test('R-54 adverse events are counted for the alarm over restarts, and also where the log takes no line', async () => {
  const bench = await armedNight();
  await bench.say('adverse');
  await bench.crash();
  assert.equal(bench.run.adverse, 1);
  bench.diskFull = true;
  await assert.rejects(bench.say('adverse'));
  assert.equal(bench.run.adverse, 2);
  bench.diskFull = false;
  await bench.say('clear', { text: 'slept on', by: 'AM' });
  assert.equal(bench.run.adverse, 0);
});
