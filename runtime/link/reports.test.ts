import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalReasons, type LoopEvent } from '../contracts.js';
import { reportOf, rootOf, type Names } from './reports.js';
import { RequestJudge } from './requests.js';

const names: Names = {
  node: 'bedside-1',
  bootId: 'b',
  detectors: ['spindle', 'contact'],
  estimates: { contact: ['index', 'mains'] },
  actuator: 'light',
};
const when = { cycle: 9, index: 2500, us: 1e7 };
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('topics stand below axond/1/<device name>', () => {
  assert.equal(rootOf('bedside-1'), 'axond/1/bedside-1/');
});

test('a stimulus is reported once, when it has started, with its latency', () => {
  const receipt = (state: number): LoopEvent => ({
    kind: 'receipt',
    ...when,
    command: 3,
    state,
    atUs: 1500,
    arrivalUs: 1000,
  });
  assert.deepEqual(reportOf(receipt(1), null, names), {
    topic: 'event/stimulus',
    payload: { command: 3, actuator: 'light', arrived_us: 1000, started_us: 1500, latency_us: 500 },
  });
  assert.equal(reportOf(receipt(0), null, names), undefined);
  assert.equal(reportOf(receipt(2), null, names), undefined);
});

test('a refusal names all its reasons', () => {
  const reasons = (1 << refusalReasons.indexOf('settling')) | (1 << refusalReasons.indexOf('disarmed'));
  const report = reportOf({ kind: 'refusal', ...when, request: 4, reasons }, null, names);
  assert.deepEqual(report?.payload['reasons'], ['disarmed', 'settling']);
});

test('an estimate is reported by name; one that is not known has no value', () => {
  const event = { kind: 'estimate', ...when, detector: 1, estimate: 1 } as const;
  assert.deepEqual(reportOf({ ...event, state: 1, value: 12 }, null, names), {
    topic: 'event/estimate',
    payload: { detector: 'contact', estimate: 'mains', state: 'holds', value: 12 },
  });
  assert.deepEqual(reportOf({ ...event, state: 2, value: NaN }, null, names)?.payload, {
    detector: 'contact',
    estimate: 'mains',
    state: 'unknown',
    value: null,
  });
});

test('R-17 arming over the network is refused, whatever the message says', () => {
  const judge = new RequestJudge();
  for (const payload of [{}, { v: 1, id: 'x' }, { v: 1, id: 'y', args: { forSeconds: 60 } }]) {
    const judged = judge.judge('arm', text(payload), false);
    assert.ok('refused' in judged && judged.refused.includes('local'));
  }
});

test('R-17 only disarm, silence, lower, mark and status are taken', () => {
  const judge = new RequestJudge();
  for (const verb of ['disarm', 'silence', 'lower', 'status']) {
    assert.ok('wanted' in judge.judge(verb, text({ v: 1, id: verb }), false), verb);
  }
  assert.ok('wanted' in judge.judge('mark', text({ v: 1, args: { text: 'lights off' } }), false));
  for (const verb of ['stop', 'raise', 'fire', 'configure', '']) {
    assert.ok('refused' in judge.judge(verb, text({ v: 1 }), false), verb);
  }
});

test('retained, oversized, foreign and repeated requests', () => {
  const judge = new RequestJudge();
  assert.ok('refused' in judge.judge('disarm', text({ v: 1 }), true));
  assert.ok('refused' in judge.judge('disarm', new Uint8Array(20_000), false));
  assert.ok('refused' in judge.judge('disarm', text({ v: 2 }), false));
  assert.ok('refused' in judge.judge('disarm', text('disarm'), false));
  assert.ok('refused' in judge.judge('mark', text({ v: 1, args: { text: 7 } }), false));
  judge.remember('again', '{"ok":true}');
  assert.deepEqual(judge.judge('disarm', text({ v: 1, id: 'again' }), false), { repeated: '{"ok":true}' });
});
