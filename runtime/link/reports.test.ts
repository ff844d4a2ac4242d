import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapChanges, refusalReasons, type LoopEvent } from '../contracts.js';
import { reportOf, rootOf, type EventNames } from './reports.js';

const names: EventNames = {
  detectors: ['spindle', 'contact'],
  estimates: { contact: ['index', 'mains'] },
  actuator: 'light',
};
const when = { cycle: 9, index: 2500, us: 1e7 };

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
    payload: { id: 'S3', command: 3, actuator: 'light', arrived_us: 1000, started_us: 1500, latency_us: 500 },
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

test('a change of place is reported with all that is known of it; beliefs and frames are not', () => {
  const event = {
    kind: 'place',
    ...when,
    place: 12,
    score: 0.8,
    second: 0.5,
    margin: 0.3,
    known: 1,
    ambiguous: 0,
    frameUs: 9.99e6,
    ageUs: 5000,
  } as const;
  assert.deepEqual(reportOf(event, null, names), {
    topic: 'event/place',
    payload: {
      place: 12,
      score: 0.8,
      second: 0.5,
      margin: 0.3,
      known: true,
      ambiguous: false,
      frame_us: 9.99e6,
      age_us: 5000,
    },
  });
  const lost = reportOf({ ...event, place: -1, known: 0, ambiguous: 1 }, null, names)?.payload;
  assert.deepEqual([lost?.['place'], lost?.['known'], lost?.['ambiguous']], [null, false, true]);
  assert.equal(reportOf({ ...event, kind: 'belief' }, null, names), undefined);
});

test('a change of the map says what became of which place, and how many there are', () => {
  const change = (name: (typeof mapChanges)[number], place: number, text: string | null): unknown =>
    reportOf({ kind: 'map', ...when, change: mapChanges.indexOf(name), place, places: 40, text: 0 }, text, names);
  assert.deepEqual(change('learned', 39, null), {
    topic: 'event/map',
    payload: { change: 'learned', place: 39, places: 40 },
  });
  assert.deepEqual(change('labelled', 3, 'kitchen'), {
    topic: 'event/map',
    payload: { change: 'labelled', place: 3, places: 40, label: 'kitchen' },
  });
  assert.deepEqual(change('switched', -1, '/home/robot/floor2.map'), {
    topic: 'event/map',
    payload: { change: 'switched', place: null, places: 40, map: 'floor2.map' },
  });
  assert.deepEqual(change('paused', -1, null), {
    topic: 'event/map',
    payload: { change: 'paused', place: null, places: 40 },
  });
});
