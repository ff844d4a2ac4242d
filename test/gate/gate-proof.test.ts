import assert from 'node:assert/strict';
import { Session, type Profiler } from 'node:inspector/promises';
import { test } from 'node:test';
import { refusalReasons } from '../../runtime/contracts.js';
import { Coverage, runSequence, type GateClass } from './sequences.js';
import { alwaysJudged } from './checker.js';
import { equivalent } from './equivalent.js';
import { mutantsOf } from './mutants.js';
import { gateOf, gateSource } from './source.js';

const sequences = 1500;

/** The first disagreement with the checker within some sequences, or the empty string. */
function firstWrong(gate: GateClass, coverage = new Coverage(), count = sequences): string {
  for (let seed = 1; seed <= count; seed++) {
    const wrong = runSequence(seed, gate, coverage);
    if (wrong !== '') return wrong;
  }
  return '';
}

test('R-01 R-02 R-03 R-04 R-09 gate and checker agree on everything, and every line of the gate took part', async () => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const { Gate } = await import('../../runtime/decide/gate.js');
  const coverage = new Coverage();
  assert.equal(firstWrong(Gate, coverage), '');
  assert.ok(coverage.permits > sequences / 2, `${coverage.permits} permits`);
  for (const name of alwaysJudged) assert.ok(coverage.alone[refusalReasons.indexOf(name)]! > 0, `${name} alone`);
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const scripts = result.filter(({ url }) => url.endsWith('/runtime/decide/gate.js'));
  assert.equal(scripts.length, 1);
  assert.deepEqual(neverRun(scripts[0]!), []);
});

/** Stretches of a script that never ran, as function and offsets: blocks, branches, sides of `&&`, `||` and `?:`. */
function neverRun(script: Profiler.ScriptCoverage): string[] {
  return script.functions.flatMap(({ functionName, ranges }) =>
    ranges
      .filter(({ count }) => count === 0)
      .map(({ startOffset, endOffset }) => `${functionName} ${startOffset}–${endOffset}`),
  );
}

/** Bugs that somebody might write; each must be found. */
const planted: readonly (readonly [bug: string, was: string, is: string])[] = [
  ['R-01 armed forever', 'fireUs < this.#armedUntilUs', 'this.#armedUntilUs > -Infinity'],
  ['R-01 armed from the start', '\n  #armedUntilUs = -Infinity;', '\n  #armedUntilUs = Infinity;'],
  ['R-01 disarming forgotten', 'this.#armedUntilUs = -Infinity;\n', ''],
  ['R-02 one more a minute', 'within(limits.perMinute, ', 'within(limits.perMinute + 1, '],
  ['R-02 an hour of 59 minutes', 'limits.perHour, 3600e6', 'limits.perHour, 3540e6'],
  ['R-20 nights that nobody counts', "reasons |= bit['per-night']", 'reasons |= 0'],
  ['R-20 days that nobody counts', "reasons |= bit['per-day']", 'reasons |= 0'],
  ['R-20 what was given before forgotten', 'this.#given.add(atUs)', ''],
  ['R-20 what was given before counted once', 'n < counted', 'n < 1'],
  [
    'R-20 what is no number taken for none',
    'stimuli >= 0 && stimuli < capacity ? stimuli : capacity',
    'Math.min(stimuli, capacity)',
  ],
  ['R-20 an old stimulus told late shortens the window', 'Math.max(us, this.#newestUs)', 'us'],
  ['R-19 no lease needed', 'reasons |= bit.lease', 'reasons |= 0'],
  ['R-19 a lease that is never used up', 'this.#leaseLeft--', ''],
  ['R-19 a lease that does not expire', ' && fireUs < this.#leaseUntilUs', ''],
  ['R-19 a lease that outlives its arming', '    this.#leaseLeft = 0;\n', ''],
  ['R-19 a lease taken while disarmed', '!this.isArmed(nowUs) || ', ''],
  ['R-19 a lease taken twice', ' || !(lease > this.#lease)', ''],
  ['R-02 the interval forgotten', 'limits.intervalUs, fireUs', '0, fireUs'],
  ['R-02 lowering that raises', 'if (perHour < limits.perHour)', 'if (perHour >= 0)'],
  ['R-02 arming that keeps lowered limits', 'Object.assign(this.limits, this.#configured);', ''],
  ['R-02 counted when it was asked for, not when it starts', 'this.#given.add(fireUs)', 'this.#given.add(nowUs)'],
  ['R-02 refused requests counted', 'if (reasons === 0) {', 'if (reasons >= 0) {'],
  ['R-03 unknown taken for good', "state !== 'clear'", "state === 'holds'"],
  ['R-03 the first reason only', 'reasons |= bit.interval', 'reasons = bit.interval'],
  ['R-03 an inhibitor that is clear at the start', "state: 'unknown', sinceUs: 0", "state: 'clear', sinceUs: 0"],
  ['R-04 a clock that may run backwards', ' && nowUs >= this.#newestUs', ''],
  ['R-04 requests that do not expire', ' && fireUs <= expiresUs', ''],
  ['R-04 no number taken for no delay', 'Math.max(fireAtUs, nowUs)', '(fireAtUs > nowUs ? fireAtUs : nowUs)'],
  ['R-09 what is required is forgotten', '|| required.some((one) => one === name)', ''],
];

for (const [bug, was, is] of planted) {
  test(`${bug}: the checker finds it`, () => {
    assert.equal(gateSource.split(was).length, 2, `the gate has ${was} once`);
    assert.notEqual(firstWrong(gateOf(gateSource.replace(was, is))), '');
  });
}

test('what is proven to change nothing is still a change of the gate', () => {
  const names = new Set(mutantsOf(gateSource).map(({ name }) => name));
  for (const name of Object.keys(equivalent)) assert.ok(names.has(name), name);
});
