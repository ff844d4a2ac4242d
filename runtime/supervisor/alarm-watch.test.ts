import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalReason } from '../contracts.js';
import type { SleptBlock } from '../study/stimulus-rate.js';
import { AlarmWatch, type AlarmPorts, type AlarmsBefore } from './alarm-watch.js';
import { bedOf } from './bed.js';
import type { Status } from './status.js';

const source = { state: 'streaming', samples: 1000 } as Status['source'];
const stimulation = (more: Partial<NonNullable<Status['stimulation']>> = {}): Status['stimulation'] =>
  ({
    armed: true,
    armedForSeconds: 3600,
    holding: [],
    stimuli: 0,
    guardian: 'ready',
    ...more,
  }) as Status['stimulation'];

/** A run whose facts a test sets, looked at every 50 ms like the supervisor does. */
class Bench {
  stimulation = stimulation();
  recorder: Status['recorder'] = { state: 'recording', lagMs: 3, head: null };
  sampleAge = 0.01;
  committedAge = 0.3;
  freeBytes: number | null = 10e9;
  readonly told: string[] = [];
  readonly slept: SleptBlock[] = [];
  looks = 0;
  #us = 0;
  readonly watch: AlarmWatch;

  constructor(ports: Partial<AlarmPorts> = {}, judgesSleep = true, before?: AlarmsBefore) {
    this.watch = new AlarmWatch(
      {
        status: () => ({ source, stimulation: this.stimulation, recorder: this.recorder }),
        sampleAge: () => this.sampleAge,
        committedAge: () => this.committedAge,
        night: () => ({ windowOpen: true, adverse: 0, rearmed: 0 }),
        power: () => ({ undervoltage: null, battery: null }),
        freeBytes: () => (this.looks++, this.freeBytes),
        wantedBytes: () => 1e9,
        changed: (_change, words) => this.told.push(words),
        slept: (block) => this.slept.push(block),
        ...ports,
      },
      judgesSleep,
      before,
    );
  }

  pass(seconds: number, clockStepMs = 0): void {
    for (const end = this.#us + seconds * 1e6; this.#us < end; this.#us += 50e3)
      this.watch.beat(this.#us, this.#us / 1000, this.#us === end - 1e6 ? clockStepMs : 0);
  }
}

test('a quiet minute tells nothing, and looks at the disk every ten seconds', () => {
  const bench = new Bench();
  bench.pass(60);
  assert.deepEqual([bench.told, bench.looks], [[], 6]);
});

test('what holds the gate because of an electrode is bad contact, and what holds for another reason is not', () => {
  const contact = (holding: readonly RefusalReason[]): readonly string[] => {
    const bench = new Bench();
    bench.stimulation = stimulation({ holding, stimuli: 1 });
    bench.pass(310);
    return bench.told;
  };
  assert.deepEqual(contact(['electrode', 'mains', 'quality']), ['alarm contact raised: electrode, mains']);
  assert.deepEqual(contact(['movement', 'quality', 'sleep', 'interval']), []);
});

test('a guardian at rest, a recorder that failed, hangs or is behind, and a clock that was set are told with their cause', () => {
  const bench = new Bench();
  bench.stimulation = stimulation({ guardian: 'latched' });
  bench.pass(11);
  bench.stimulation = stimulation();
  bench.recorder = { state: 'the disk is full', lagMs: 0, head: null };
  bench.pass(11);
  bench.recorder = { state: 'recording', lagMs: 3, head: null };
  bench.committedAge = 7;
  bench.pass(12, 7200e3);
  bench.pass(1);
  assert.deepEqual(bench.told, [
    'alarm guardian raised: latched',
    'alarm guardian over',
    'alarm recorder raised: the disk is full',
    'alarm clock raised: by 7200.0 s',
    'alarm clock over',
  ]);
  assert.deepEqual(
    bench.watch.list.map(({ alarm, over, detail }) => [alarm, over, detail]),
    [
      ['guardian', true, 'latched'],
      ['recorder', false, 'the disk is full'],
      ['clock', true, 'by 7200.0 s'],
    ],
  );
});

test('a loop without samples commits nothing: the recorder is not behind', () => {
  const bench = new Bench();
  bench.sampleAge = 20;
  bench.committedAge = 20;
  bench.pass(15);
  assert.deepEqual(bench.told, []);
});

test('without a detector that the gate requires for sleep, nobody is taken for asleep', () => {
  for (const judges of [true, false]) {
    const bench = new Bench({}, judges);
    bench.pass(3601);
    assert.deepEqual(bench.told, judges ? ['alarm no-stimulus raised'] : []);
  }
});

test('R-54 a sleeper of earlier nights is compared with those, and a quarter of an hour that is their own goes into the log', () => {
  const night = (perSecond: number, stimuli: number) => {
    const status = () => ({
      source,
      recorder: bench.recorder,
      stimulation: stimulation({ stimuli: Math.floor(given) }),
    });
    let given = 0;
    const bench: Bench = new Bench({ status: () => ((given += perSecond), status()) }, true, {
      alarms: [],
      slept: { seconds: 10 * 3600, stimuli },
    });
    bench.pass(905);
    return [bench.told, bench.slept.length] as const;
  };
  assert.deepEqual(night(0.1, 600), [['alarm rate raised'], 0]);
  assert.deepEqual(night(0.1, 3600), [[], 1]);
});

test('R-54 acknowledged by initials it is told, and one that is not there gets a reason', () => {
  const bench = new Bench();
  bench.freeBytes = 1e8;
  bench.pass(1);
  assert.equal(bench.watch.acknowledge('disk', 'AM', 0), '');
  assert.match(bench.watch.acknowledge('signal', 'AM', 0), /no alarm signal/);
  assert.deepEqual(bench.told, ['alarm disk raised: 0.1 GB free, 1.0 GB wanted', 'alarm disk acknowledged by AM']);
});

test('a bed says its state in words, until when it is armed, and its alarms; a code only where it may be told', () => {
  const bench = new Bench();
  bench.freeBytes = 1e8;
  bench.pass(1);
  const wallMs = Date.UTC(2026, 10, 29, 3, 0, 10);
  const bed = bedOf({ source, stimulation: stimulation(), alarms: bench.watch.list }, 0.123, 'P017', wallMs);
  assert.deepEqual(
    { ...bed, alarms: bed.alarms.map(({ alarm, since }) => [alarm, since]) },
    {
      code: 'P017',
      state: 'armed',
      armed_until: '2026-11-29T04:00:00.000Z',
      sample_age_s: 0.1,
      alarms: [['disk', '1970-01-01T00:00:00.000Z']],
    },
  );
  const states: [Partial<Status>, string][] = [
    [{ stimulation: stimulation({ armed: false }) }, 'disarmed, records'],
    [{ stimulation: stimulation({ holding: ['sleep'] }) }, 'armed, waits'],
    [{ stimulation: null }, 'records'],
    [{ source: { ...source, state: 'starting', samples: 0 } }, 'waits for a signal'],
    [{ source: { ...source, state: 'closed' } }, 'has no signal'],
  ];
  for (const [more, words] of states) {
    const given = { source, stimulation: stimulation(), alarms: [], ...more };
    assert.equal(bedOf(given, Infinity, null, wallMs).state, words);
  }
  assert.equal(bedOf({ source, stimulation: null, alarms: [] }, Infinity, null, wallMs).sample_age_s, null);
});
