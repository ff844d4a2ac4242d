import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BedReport } from './bed.js';
import { Beds, type BedRow } from './beds.js';

const well: BedReport = { code: null, state: 'armed', armed_until: null, sample_age_s: 0.1, alarms: [] };
const alarm = (name: string, by = ''): BedReport['alarms'][number] => {
  return { alarm: name, words: name, detail: '', fix: 'Go.', since: '2026-11-29T03:00:00.000Z', over: false, by };
};

class Receiver {
  readonly beds = new Beds('own');
  seconds = 0;

  say(topic: string, payload: object | string): boolean {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.beds.take(topic, new TextEncoder().encode(text), this.seconds * 1000);
  }

  bed(name: string, report: Partial<BedReport> = {}): void {
    this.say(`axond/1/${name}/bed`, { v: 1, node: name, ...well, ...report });
  }

  rows(): readonly BedRow[] {
    return this.beds.rows(this.seconds * 1000, this.seconds * 1000);
  }

  /** Names of the alarms, by bed, in the order of the list. */
  get shown(): string[] {
    return this.rows().map(({ name, alarms }) =>
      [name, ...alarms.map(({ alarm, over, by }) => `${alarm}${over ? ' over' : ''}${by}`)].join(' '),
    );
  }
}

test('R-54 a bed that is not heard for 60 s is an alarm here, until somebody has seen it and it is back', () => {
  const receiver = new Receiver();
  receiver.bed('bed-1');
  receiver.seconds = 59.9;
  assert.deepEqual(receiver.shown, ['bed-1']);
  receiver.seconds = 60;
  assert.deepEqual(receiver.shown, ['bed-1 silent']);
  assert.equal(receiver.rows()[0]?.sampleAge, 60.1, 'its newest sample is as old as its report');
  receiver.bed('bed-1');
  assert.deepEqual(receiver.shown, ['bed-1 silent over']);
  assert.equal(receiver.beds.acknowledgeSilence('bed-1', 'AM'), true);
  assert.deepEqual(receiver.shown, ['bed-1']);
  assert.equal(receiver.beds.acknowledgeSilence('bed-1', 'AM'), false);
  receiver.seconds = 200;
  assert.deepEqual(receiver.shown, ['bed-1 silent']);
  receiver.beds.acknowledgeSilence('bed-1', 'AM');
  assert.deepEqual(receiver.shown, ['bed-1 silentAM'], 'acknowledged, and still silent');
});

test('R-54 a bed is silent since it was heard last, whenever somebody looks', () => {
  const receiver = new Receiver();
  receiver.seconds = 100;
  receiver.bed('bed-1');
  receiver.seconds = 8000;
  assert.equal(receiver.rows()[0]?.alarms[0]?.since, new Date(100_000).toISOString());
});

test('R-54 a report whose times are none is no report: its bed goes silent instead of stopping the list', () => {
  const receiver = new Receiver();
  receiver.bed('bed-1', { armed_until: '2026-11-29T06:30:00.000Z', alarms: [alarm('signal')] });
  receiver.seconds = 59;
  receiver.bed('bed-1', { armed_until: 'soon' });
  receiver.bed('bed-1', { alarms: [{ ...alarm('signal'), since: 'this morning' }] });
  receiver.seconds = 60;
  assert.deepEqual(receiver.shown, ['bed-1 silent signal']);
});

test('a bed that the broker has lost is silent at once; one that ended in order is not', () => {
  const receiver = new Receiver();
  receiver.say('axond/1/bed-3/state', { state: 'lost' });
  for (const name of ['bed-1', 'bed-2', 'bed-3']) receiver.bed(name);
  receiver.say('axond/1/bed-1/state', { state: 'lost', v: 1, birth_seq: 7 });
  receiver.say('axond/1/bed-2/state', { state: 'offline' });
  receiver.seconds = 3600;
  receiver.bed('bed-1');
  assert.deepEqual(receiver.shown, ['bed-1 silent', 'bed-3 silent', 'bed-2']);
  assert.deepEqual(
    receiver.rows().map(({ ended }) => ended),
    [false, false, true],
  );
  receiver.say('axond/1/bed-1/state', { state: 'init' });
  assert.deepEqual(receiver.shown, ['bed-3 silent', 'bed-1 silent over', 'bed-2']);
});

test('this bed is told past the broker, whatever the broker says of it', () => {
  const receiver = new Receiver();
  receiver.beds.hear(well, 0);
  receiver.say('axond/1/own/state', { state: 'lost' });
  receiver.bed('own', { state: 'somebody else' });
  assert.deepEqual(
    receiver.rows().map(({ name, state, alarms }) => [name, state, alarms.length]),
    [['own', 'armed', 0]],
  );
});

test('the worst bed stands first: what nobody has seen, then what was seen, what is well, what has ended', () => {
  const receiver = new Receiver();
  receiver.bed('ended');
  receiver.say('axond/1/ended/state', { state: 'offline' });
  receiver.bed('well');
  receiver.bed('seen', { alarms: [alarm('adverse', 'AM')] });
  receiver.bed('clock', { alarms: [alarm('clock')] });
  receiver.bed('unknown', { alarms: [alarm('of a later version')] });
  receiver.bed('signal', { alarms: [alarm('signal'), alarm('clock')] });
  receiver.bed('silent', { alarms: [alarm('disk')] });
  receiver.say('axond/1/silent/state', { state: 'lost' });
  receiver.bed('adverse', { alarms: [alarm('adverse')] });
  assert.deepEqual(
    receiver.rows().map(({ name }) => name),
    ['adverse', 'silent', 'signal', 'clock', 'unknown', 'seen', 'well', 'ended'],
  );
  assert.deepEqual(
    receiver.rows()[1]?.alarms.map(({ alarm: name }) => name),
    ['silent', 'disk'],
  );
});

test('what is no report of a bed changes nothing; an empty payload takes it out', () => {
  const receiver = new Receiver();
  receiver.bed('bed-1');
  for (const payload of ['', 'nonsense', '{"state":3}', `{"state":"lost","x":"${'x'.repeat(20_000)}"}`, 'null'])
    receiver.say('axond/1/bed-1/state', payload);
  for (const payload of ['nonsense', '{}', JSON.stringify({ ...well, sample_age_s: -1 })])
    receiver.say('axond/1/bed-1/bed', payload);
  assert.deepEqual(receiver.shown, ['bed-1']);
  assert.equal(receiver.say('axond/1/bed-1/request/disarm', '{}'), false);
  assert.equal(receiver.say('homeassistant/status', 'online'), false);
  for (let n = 0; n < 1000; n++) receiver.bed(`many-${n}`);
  assert.equal(receiver.rows().length, 200);
  receiver.say('axond/1/bed-1/bed', '');
  assert.ok(!receiver.shown.includes('bed-1'));
});
