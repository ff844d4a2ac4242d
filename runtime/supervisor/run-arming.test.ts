import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRun } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import type { LoopMessage } from '../contracts.js';
import { recordLength } from '../contracts.js';
import { decodeMessage } from '../loop/records.js';
import { Control, post } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import { nextNightLine, type NightEntry, type NightLine } from '../study/night-log.js';
import { RunMemory } from './memory.js';
import { NightRun } from './night-run.js';
import { RunArming } from './run-arming.js';

const text = `
device: { name: bedside-1, record: /nowhere }
source: { use: cyton, port: /dev/ttyUSB0, electrodes: { C3: 1, M2: 2 } }
actuators: { light: { use: virtual } }
signals: { c3: { from: C3 - M2 } }
detectors: { spindle: { use: band-power, signal: c3 } }
policy: { use: immediate, after: spindle, refractory: 2s }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;
const plan = compileRun(loadConfiguration({ files: [{ name: 'p.yaml', text }] }).configuration);
const source = {
  device: 'cyton',
  port: '/dev/ttyUSB0',
  state: 'streaming',
  notice: '',
  samples: 1,
  gaps: 0,
  lostFrames: 0,
  discardedBytes: 0,
  duplicates: 0,
  driftPpm: 0,
} as const;

/** What speaks against nothing, and does what a test wants while it is asked. */
class Bench {
  readonly memory = new RunMemory(2);
  readonly lines: NightLine[] = [];
  night: NightRun | undefined;
  /** While the guardian is asked. */
  whileAsked: () => unknown = () => undefined;
  /** While the line is written that it is armed. */
  whileWritten: () => unknown = () => undefined;
  readonly arming = new RunArming(
    plan,
    this.memory,
    () => {
      const stimulator = {
        ready: true,
        cause: 'ready' as const,
        renew: () => false,
        becomesReady: () => Promise.resolve(true),
        check: async () => {
          await this.whileAsked();
          return [];
        },
      };
      return { stimulator, recorder: undefined, lock: undefined, night: this.night };
    },
    () => ({ source, stimulation: null }),
  );

  /** Of a study whose lights are off. */
  async withNight(forSeconds: number): Promise<this> {
    const now = () =>
      ({ us: monotonicUs(), boot: 'b1', wallMs: Date.now(), clock: 'set', zone: 'Europe/Berlin' }) as const;
    const ports = {
      now,
      append: async (entry: NightEntry) => {
        const { line } = nextNightLine(this.lines.at(-1), entry, now());
        if (entry.kind === 'armed') await this.whileWritten();
        this.lines.push(line);
        return [line];
      },
      isReal: true,
      armed: () => false,
      armedUntilUs: () => NaN,
      stands: () => true,
      check: () => Promise.resolve([]),
      arm: () => true,
      disarm: () => void this.arming.disarm('request'),
      silence: () => Promise.resolve(),
      mark: () => undefined,
      say: () => undefined,
    };
    this.night = new NightRun([], undefined, ports);
    const whose = { study: 'cue', participant: 'P017', night: 3, device: 'bedside-1' };
    await this.night.begin({ kind: 'begun', ...whose, protocol: null, approval: null, by: '' }, 'run-1', undefined);
    assert.deepEqual(await this.night.say({ mark: 'lightsOff', text: '', by: '', forSeconds }), []);
    return this;
  }

  /** `isThere`: whoever asks still waits for the answer. */
  arm(forSeconds = 3600, isThere = () => true): Promise<readonly string[]> {
    return this.arming.arm({ device: 'bedside-1', forSeconds }, isThere);
  }

  /** What the loop was told. */
  get told(): LoopMessage[] {
    const { requests } = this.memory;
    return Array.from({ length: requests.waiting() }, (_, ahead) =>
      decodeMessage(requests.doubles, requests.oldest(ahead) * recordLength),
    ).filter((message) => message !== undefined);
  }

  get kinds(): string[] {
    return this.lines.map(({ entry }) => (entry.kind === 'disarmed' ? `disarmed ${entry.cause}` : entry.kind));
  }
}

test('R-01 R-16 who disarms or silences while an arming is asked for overtakes it, with a night and without', async () => {
  const each: ((bench: Bench) => unknown)[] = [
    (bench) => bench.arming.disarm('request'),
    (bench) => bench.arming.silenced(),
  ];
  for (const happens of each) {
    for (const bench of [new Bench(), await new Bench().withNight(8 * 3600)]) {
      bench.whileAsked = () => happens(bench);
      assert.match((await bench.arm()).join(), /somebody disarmed or silenced it while/);
      assert.deepEqual(
        bench.told.map(({ kind }) => kind),
        ['disarm'],
      );
      assert.equal(bench.kinds.includes('armed'), false);
      bench.whileAsked = () => undefined;
      assert.deepEqual(await bench.arm(), [], 'asked again');
    }
  }
});

test('R-50 R-51 lights on, an adverse event, a wish to disarm or a silence overtakes an arming whose line is being written, which ends in the log', async () => {
  const each: [string, (bench: Bench) => unknown][] = [
    ['lightsOn', (bench) => bench.night?.say({ mark: 'lightsOn', text: '', by: '' })],
    ['adverse', (bench) => bench.night?.say({ mark: 'adverse', text: '', by: '' })],
    ['silence', (bench) => bench.arming.silenced()],
    ['request', (bench) => (bench.night?.disarming('request'), bench.arming.disarm('request'))],
  ];
  for (const [cause, happens] of each) {
    const bench = await new Bench().withNight(8 * 3600);
    bench.whileWritten = () => void happens(bench);
    assert.match((await bench.arm()).join(), /somebody disarmed or silenced it while/);
    assert.equal(
      bench.told.some(({ kind }) => kind === 'arm'),
      false,
      cause,
    );
    const ends = bench.kinds.filter((kind) => kind.startsWith('disarmed'));
    assert.deepEqual(ends, [`disarmed ${cause}`]);
  }
});

test('R-50 an arming ends with its window, though it may be asked for a minute more', async () => {
  const bench = await new Bench().withNight(3600);
  const window = bench.night?.windowSeconds ?? NaN;
  assert.deepEqual(await bench.arm(3650), []);
  const [told] = bench.told;
  assert.ok(told?.kind === 'arm');
  const opened = bench.lines.find(({ entry }) => entry.kind === 'lightsOff')?.entry;
  assert.ok(opened?.kind === 'lightsOff' && window <= 3600);
  // But for the rounding of a sum.
  assert.ok(told.untilUs <= opened.untilUs + 1, `${told.untilUs - opened.untilUs} us after it`);
  assert.match((await bench.arm(3700)).join(), /longer than the window/);
});

test('R-51 an arming that the loop could not be told of ends in the log', async () => {
  const bench = await new Bench().withNight(8 * 3600);
  while (post(bench.memory.requests, 'lower', 1, 1, 1, 1, 1));
  assert.match((await bench.arm()).join(), /the loop does not take messages/);
  assert.deepEqual(bench.kinds.slice(-2), ['armed', 'disarmed refused']);
});

test('R-50 what was armed before is disarmed with an arming that is refused when its line stands', async () => {
  const bench = await new Bench().withNight(8 * 3600);
  bench.memory.control[Control.armed] = 1;
  assert.deepEqual(await bench.arm(3600, () => false), ['whoever asked has gone.']);
  assert.deepEqual(
    bench.told.map(({ kind }) => kind),
    ['disarm'],
  );
});

test('R-01 nothing is armed for somebody who has gone before the answer', async () => {
  const bench = await new Bench().withNight(8 * 3600);
  let isThere = true;
  bench.whileAsked = () => (isThere = false);
  assert.deepEqual(await bench.arm(3600, () => isThere), ['whoever asked has gone.']);
  assert.deepEqual([bench.told, bench.kinds.slice(-2)], [[], ['armed', 'disarmed refused']]);
  bench.whileAsked = () => (isThere = true);
  assert.deepEqual(await bench.arm(3600, () => isThere), []);
  assert.deepEqual(
    bench.told.map(({ kind }) => kind),
    ['arm'],
  );
});
