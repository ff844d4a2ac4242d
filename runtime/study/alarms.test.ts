import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlarmRules, alarmNames, type AlarmFacts, type AlarmName } from './alarm-rules.js';
import { Alarms, alarmsOf, type LoggedAlarm } from './alarms.js';
import type { SleptBlock } from './stimulus-rate.js';

const quiet: Omit<AlarmFacts, 'nowUs'> = {
  night: { windowOpen: true, adverse: 0, rearmed: 0 },
  sampleAgeSeconds: 0.01,
  contactFault: '',
  asleep: true,
  armed: true,
  stimuli: 0,
  guardianRest: '',
  power: { undervoltage: false, battery: { percent: 90, discharging: true } },
  disk: { freeBytes: 10e9, wantedBytes: 1e9 },
  recorderProblem: '',
  clockStepSeconds: 0,
};

/** A night at a look a second: what is different from a quiet one, by its second. */
class Night {
  readonly rules = new AlarmRules();
  second = 0;

  /** Seconds, from the start of the night, at which an alarm that was absent was present. */
  pass(seconds: number, facts: (second: number) => Partial<AlarmFacts>): [AlarmName, number][] {
    const raised: [AlarmName, number][] = [];
    const last = new Set<AlarmName>();
    for (const end = this.second + seconds; this.second < end; this.second++) {
      const present = this.rules.look({ ...quiet, nowUs: this.second * 1e6, ...facts(this.second) });
      if (present.size + last.size === 0) continue;
      for (const alarm of alarmNames) {
        if (present.has(alarm) && !last.has(alarm)) raised.push([alarm, this.second]);
        if (present.has(alarm)) last.add(alarm);
        else last.delete(alarm);
      }
    }
    return raised;
  }
}

/** A stimulus every 20 s. */
const steady = (second: number): number => Math.floor(second / 20);

test('a night in which all is well raises nothing', () => {
  assert.deepEqual(
    new Night().pass(10 * 3600, (second) => ({ stimuli: steady(second) })),
    [],
  );
});

const from = (at: number, bad: Partial<AlarmFacts>) => (second: number) => ({
  stimuli: steady(second),
  ...(second >= at ? bad : {}),
});
const once = (at: number, bad: Partial<AlarmFacts>) => (second: number) => ({
  stimuli: steady(second),
  ...(second === at ? bad : {}),
});
const night = quiet.night!;
const earns: [AlarmName, (second: number) => Partial<AlarmFacts>, at: number][] = [
  ['adverse', from(100, { night: { ...night, adverse: 1 } }), 100],
  ['guardian', from(100, { guardianRest: 'latched' }), 110],
  ['signal', (second) => ({ stimuli: steady(second), sampleAgeSeconds: Math.max(0, second - 100) }), 130],
  ['undervoltage', once(100, { power: { undervoltage: true, battery: null } }), 100],
  ['battery', from(100, { power: { undervoltage: null, battery: { percent: 20, discharging: true } } }), 100],
  ['disarmed', from(100, { armed: false }), 130],
  ['rearmed', from(100, { night: { ...night, rearmed: 1 } }), 100],
  ['recorder', from(100, { recorderProblem: 'behind by 5 s' }), 110],
  ['disk', from(100, { disk: { freeBytes: 0.99e9, wantedBytes: 1e9 } }), 100],
  ['contact', from(100, { contactFault: 'electrode' }), 400],
  ['no-stimulus', (second) => ({ stimuli: steady(Math.min(second, 1000)) }), 4600],
  ['rate', (second) => ({ stimuli: steady(second) + Math.max(0, second - 7200) }), 8100],
  ['clock', once(100, { clockStepSeconds: -3600 }), 100],
];

for (const [alarm, facts, at] of earns)
  test(`${alarm}: the night that earns it raises it, in time, and nothing else`, () => {
    assert.deepEqual(new Night().pass(3 * 3600, facts), [[alarm, at]]);
  });

test('every alarm is earned by a night above', () => {
  assert.deepEqual(new Set(earns.map(([alarm]) => alarm)), new Set(alarmNames));
});

test('what is just not bad enough raises nothing', () => {
  const almost = [
    (second: number) => ({ sampleAgeSeconds: second % 300 < 29 ? second % 300 : 0 }),
    (second: number) => ({ contactFault: second % 400 < 299 ? 'electrode' : '' }),
    (second: number) => ({ guardianRest: second % 100 < 59 ? 'starting' : '' }),
    (second: number) => ({ guardianRest: second % 100 < 10 ? 'beats-lost' : '' }),
    (second: number) => ({ armed: second % 100 >= 30 }),
    (second: number) => ({ recorderProblem: second % 60 < 10 ? 'behind' : '' }),
    () => ({ power: { undervoltage: null, battery: { percent: 5, discharging: false } } }),
    // Awake in bed: nobody was to be stimulated.
    () => ({ stimuli: 0, asleep: false }),
    // A gate that does not ask for sleep tells nothing of it.
    () => ({ stimuli: 0, asleep: null }),
  ];
  for (const facts of almost)
    assert.deepEqual(
      new Night().pass(2 * 3600, (second) => ({ stimuli: steady(second), ...facts(second) })),
      [],
    );
});

test('before lights off and after lights on only the box itself can alarm; without a study from the first sample on', () => {
  const closed = { ...night, windowOpen: false };
  const away = { sampleAgeSeconds: 4000, contactFault: 'electrode', armed: false, stimuli: 0 };
  assert.deepEqual(
    new Night().pass(7200, () => ({ ...away, night: closed })),
    [],
  );
  const power = { undervoltage: true, battery: null };
  assert.deepEqual(
    new Night().pass(10, () => ({ ...away, night: closed, power })),
    [['undervoltage', 0]],
  );
  assert.deepEqual(
    new Night().pass(7200, () => ({ night: null, sampleAgeSeconds: Infinity, asleep: null })),
    [],
  );
  const lost = (second: number) => ({ night: null, asleep: null, sampleAgeSeconds: second < 5 ? 0 : second - 5 });
  assert.deepEqual(new Night().pass(60, lost), [['signal', 35]]);
});

test('a headset that is not there when the window opens is lost after 30 s', () => {
  assert.deepEqual(
    new Night().pass(60, () => ({ sampleAgeSeconds: Infinity, asleep: false })),
    [['signal', 30]],
  );
});

test('bad contact that is good for a moment goes on being bad', () => {
  const facts = (second: number) => ({
    stimuli: steady(second),
    contactFault: second >= 100 && second % 60 > 10 ? 'flat' : '',
  });
  assert.deepEqual(new Night().pass(500, facts), [['contact', 400]]);
});

test('sleep in which nothing could be given is not taken for what is this sleeper’s own', () => {
  const own: SleptBlock[] = [];
  const rules = new AlarmRules(0, undefined, (block) => own.push(block));
  let second = 0;
  const pass = (seconds: number, facts: Partial<AlarmFacts>): void => {
    for (const end = second + seconds; second < end; second++)
      rules.look({ ...quiet, nowUs: second * 1e6, stimuli: second, ...facts });
  };
  pass(1000, { armed: false });
  pass(1000, { contactFault: 'electrode' });
  assert.deepEqual(own, []);
  pass(900, {});
  assert.deepEqual(own, [{ seconds: 900, stimuli: 900 }]);
});

const present = (...alarms: AlarmName[]): Map<AlarmName, string> => new Map(alarms.map((alarm) => [alarm, 'detail']));

test('R-54 an alarm stays until it is acknowledged and over, in either order, and can come again', () => {
  for (const first of ['acknowledged', 'over']) {
    const alarms = new Alarms();
    assert.deepEqual(alarms.look(present('signal'), 1000), [
      { alarm: 'signal', state: 'raised', by: '', detail: 'detail' },
    ]);
    assert.deepEqual(alarms.look(present('signal'), 2000), []);
    const acknowledge = () => assert.ok('state' in alarms.acknowledge('signal', 'AM', 3000));
    if (first === 'acknowledged') acknowledge();
    assert.deepEqual(
      alarms.look(present(), 4000).map(({ state }) => state),
      ['over'],
    );
    if (first === 'over') {
      assert.deepEqual(
        alarms.list.map(({ alarm, over, by, sinceWallMs }) => ({ alarm, over, by, sinceWallMs })),
        [{ alarm: 'signal', over: true, by: '', sinceWallMs: 1000 }],
      );
      acknowledge();
    }
    assert.equal(alarms.list.length, 0);
    assert.equal(alarms.look(present('signal'), 5000).length, 1);
    assert.equal(alarms.list.at(0)?.sinceWallMs, 5000);
  }
});

test('R-54 a second adverse event calls somebody again while the first is acknowledged and holds', () => {
  const rules = new AlarmRules();
  const alarms = new Alarms();
  const log: LoggedAlarm[] = [];
  const look = (second: number, adverse: number): string[] => {
    const now = rules.look({ ...quiet, nowUs: second * 1e6, night: { ...night, adverse } });
    const changes = alarms.look(now, second * 1000);
    log.push(...changes.map((change) => ({ ...change, wallMs: second * 1000 })));
    return changes.map(({ state, detail }) => `${state} ${detail}`);
  };
  assert.deepEqual(look(1, 1), ['raised ']);
  const seen = alarms.acknowledge('adverse', 'AM', 2000);
  assert.ok('state' in seen);
  log.push({ ...seen, wallMs: 2000 });
  assert.deepEqual(look(3, 1), []);
  assert.deepEqual(look(4, 2), ['raised for the 2nd time in this night']);
  assert.deepEqual(
    alarms.list.map(({ by, sinceWallMs }) => [by, sinceWallMs]),
    [['', 4000]],
  );
  assert.deepEqual(look(5, 2), []);
  // A restart neither acknowledges it nor raises it once more.
  assert.deepEqual(new Alarms(log).list, alarms.list);
  assert.deepEqual(
    new Alarms(log).look(new AlarmRules().look({ ...quiet, nowUs: 6e6, night: { ...night, adverse: 2 } }), 6000),
    [],
  );
  assert.deepEqual(look(7, 0), ['over ']);
});

test('one that comes again before anybody has seen it is told again, with the time of the first', () => {
  const alarms = new Alarms();
  for (const now of [present('clock'), present(), present('clock')]) alarms.look(now, 1000 * now.size);
  assert.deepEqual(
    alarms.list.map(({ over, sinceWallMs }) => [over, sinceWallMs]),
    [[false, 1000]],
  );
});

test('the worst comes first, and what was acknowledged last', () => {
  const alarms = new Alarms();
  alarms.look(present('clock', 'signal', 'disk', 'adverse'), 0);
  alarms.acknowledge('adverse', 'AM', 0);
  assert.deepEqual(
    alarms.list.map(({ alarm }) => alarm),
    ['signal', 'disk', 'clock', 'adverse'],
  );
});

const refusalOf = (answer: ReturnType<Alarms['acknowledge']>): string => ('refused' in answer ? answer.refused : '');

test('an alarm that is not there, or acknowledged twice, gets a line that says so', () => {
  const alarms = new Alarms();
  assert.match(refusalOf(alarms.acknowledge('signal', 'AM', 0)), /no alarm signal now. There is none/);
  alarms.look(present('signal'), 0);
  alarms.acknowledge('signal', 'AM', 0);
  assert.match(refusalOf(alarms.acknowledge('signal', 'BK', 0)), /was acknowledged by AM/);
  assert.match(refusalOf(alarms.acknowledge('nonsense', 'BK', 0)), /no alarm nonsense now. There are: signal/);
});

test('a restart acknowledges nothing: what the night has logged gives the same alarms', () => {
  const alarms = new Alarms();
  const log = alarms.look(present('signal', 'disk', 'clock'), 1000).map((change) => ({ ...change, wallMs: 1000 }));
  log.push({ ...(alarms.acknowledge('disk', 'AM', 2000) as (typeof log)[0]), wallMs: 2000 });
  log.push(...alarms.look(present('signal', 'disk'), 3000).map((change) => ({ ...change, wallMs: 3000 })));
  assert.deepEqual(new Alarms(log).list, alarms.list);
  assert.equal(alarms.list.length, 3);
});

test('of a log with other entries, and an alarm of a later version, the alarms that are known are read', () => {
  const raised = { kind: 'alarm', state: 'raised', by: '', detail: '' } as const;
  const lines = [
    { wallMs: 1, entry: { kind: 'lightsOn', by: 'AM' } as const },
    { wallMs: 2, entry: { ...raised, alarm: 'signal' } },
    { wallMs: 3, entry: { ...raised, alarm: 'of a later version' } },
  ];
  assert.deepEqual(alarmsOf(lines), [{ alarm: 'signal', state: 'raised', by: '', detail: '', wallMs: 2 }]);
});
