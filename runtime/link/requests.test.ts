import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Gate } from '../decide/gate.js';
import { RequestJudge, answerTopic, type Judged, type Received } from './requests.js';

const nowMs = Date.parse('2026-11-28T03:00:00Z');
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const received = (verb: string, content: unknown, more: Partial<Received> = {}): Received => ({
  verb,
  payload: content instanceof Uint8Array ? content : bytes(content),
  retained: false,
  nowMs,
  ...more,
});
const lower = (content: object, more: Partial<Received> = {}): Received =>
  received('lower', { v: 1, id: 'a', args: { perHour: 10 }, ...content }, more);
const code = (judged: Judged): string => ('refused' in judged ? judged.refused.code : Object.keys(judged).join());
const judge = (request: Received): string => code(new RequestJudge().judge(request));
const followed = 'id,wanted,key';

test('R-17 arming over the network is refused, whatever the message says, with its reason and what to do instead', () => {
  for (const content of [{}, { v: 1, id: 'x' }, { v: 1, id: 'y', args: { forSeconds: 60 } }, new Uint8Array(20_000)]) {
    const judged = new RequestJudge().judge(received('arm', content, { expirySeconds: 5 }));
    assert.ok('refused' in judged);
    assert.equal(judged.refused.code, 'local-only');
    assert.match(judged.refused.fix, /axond arm/);
  }
});

test('R-17 a request is what its topic says, whatever its arguments call themselves', () => {
  assert.deepEqual(new RequestJudge().judge(received('status', { v: 1, args: { verb: 'arm', forSeconds: 9 } })), {
    id: '',
    refused: {
      code: 'arguments',
      message: 'args: not those of status',
      reasons: ['args: not those of status', 'args.: Unrecognized key: "forSeconds"'],
      fix: 'Give none.',
    },
  });
});

test('R-26 a stop is followed at any age, of any size, in any version, with or without an id, and again', () => {
  for (const verb of ['disarm', 'silence']) {
    const one = new RequestJudge();
    const contents = [
      { v: 1, id: 'a' },
      { v: 1, id: 'a' },
      { v: 99 },
      {},
      'stop',
      new Uint8Array(0),
      new Uint8Array(1e6),
    ];
    const old = { expires: '1999-01-01T00:00:00Z' };
    for (const content of [...contents, old]) assert.equal(code(one.judge(received(verb, content))), followed);
    assert.equal(judge(received(verb, {}, { expirySeconds: 1e6 })), followed);
  }
});

test('R-26 what the broker kept is refused, also a stop: it would come back at every connection of every night', () => {
  for (const verb of ['disarm', 'silence', 'lower', 'mark', 'status', 'arm']) {
    assert.equal(judge(received(verb, { v: 1, id: 'a' }, { retained: true })), 'retained');
  }
});

test('R-26 lower says how long it is good: at most ten seconds, by the expiry interval or by a time', () => {
  assert.equal(judge(lower({})), 'expiry');
  assert.equal(judge(lower({}, { expirySeconds: 10 })), followed);
  assert.equal(judge(lower({}, { expirySeconds: 11 })), 'expiry');
  assert.equal(judge(lower({ expires: '2026-11-28T03:00:10Z' })), followed);
  assert.equal(judge(lower({ expires: '2026-11-28T03:00:10.001Z' })), 'expiry');
  assert.equal(judge(lower({ expires: '2026-11-28T03:00:00Z' })), 'expired');
  assert.equal(judge(lower({ expires: 'soon' })), 'expiry');
  assert.equal(judge(lower({ expires: 5 })), 'expiry');
  // Both are given: both hold.
  assert.equal(judge(lower({ expires: '2026-11-28T02:59:59Z' }, { expirySeconds: 5 })), 'expired');
  assert.equal(judge(lower({ expires: '2026-11-28T03:00:05Z' }, { expirySeconds: 60 })), 'expiry');
});

test('R-26 the same request gets the same answer and is followed once; another one under its id is refused', () => {
  const one = new RequestJudge();
  const request = lower({}, { expirySeconds: 5 });
  const first = one.judge(request);
  assert.ok('wanted' in first);
  assert.deepEqual(one.judge(request), { underWay: true });
  one.remember(first.key, '{"ok":true}');
  assert.deepEqual(one.judge(request), { repeated: '{"ok":true}' });
  assert.equal(code(one.judge(lower({ args: { perHour: 9 } }, { expirySeconds: 5 }))), 'id');
  assert.equal(code(one.judge(received('mark', { v: 1, id: 'a', args: { text: 'lights off' } }))), followed);
  for (let n = 0; n < 999; n++) one.judge(received('status', { v: 1, id: String(n) }));
  assert.equal(code(one.judge(request)), followed); // a thousand are remembered
});

test('R-26 wrong versions, arguments, sizes and verbs are refused by a code of their own', () => {
  const good = { expirySeconds: 5 };
  assert.equal(judge(lower({ v: 2 }, good)), 'version');
  assert.equal(judge(lower({ v: undefined }, good)), 'version');
  assert.equal(judge(lower({ id: undefined }, good)), 'id');
  assert.equal(judge(lower({ id: 'x'.repeat(65) }, good)), 'id');
  assert.equal(judge(received('lower', 'lower', good)), 'malformed');
  assert.equal(judge(received('lower', [1], good)), 'malformed');
  assert.equal(judge(received('lower', new Uint8Array([0xff]), good)), 'malformed');
  assert.equal(judge(received('lower', new Uint8Array(16 * 1024 + 1), good)), 'too-large');
  for (const args of [
    {},
    { perMinutes: 3 },
    { perHour: -1 },
    { perHour: 2.5 },
    { gain_db: 1 },
    { interval_us: '2s' },
  ]) {
    assert.equal(judge(lower({ args }, good)), 'arguments', JSON.stringify(args));
  }
  assert.equal(judge(received('mark', { v: 1, args: { text: 7 } })), 'arguments');
  for (const verb of ['stop', 'raise', 'fire', 'configure', '', '__proto__']) {
    assert.equal(judge(received(verb, { v: 1 })), 'unknown-verb', verb);
  }
});

test('places are steered by six requests, which are judged by their own arguments', () => {
  const asked = (verb: string, args?: object): Judged =>
    new RequestJudge().judge(received(verb, { v: 1, id: 'a', args }));
  const wanted = (verb: string, args?: object): unknown => {
    const judged = asked(verb, args);
    return 'wanted' in judged ? judged.wanted : code(judged);
  };
  for (const verb of ['place/learn', 'place/match', 'place/pause']) {
    assert.deepEqual(wanted(verb), { verb });
    assert.equal(wanted(verb, { place: 3 }), 'arguments', verb);
  }
  assert.deepEqual(wanted('place/label', { label: 'kitchen' }), { verb: 'place/label', label: 'kitchen' });
  assert.deepEqual(wanted('place/label', { label: 'kitchen', place: 7 }), {
    verb: 'place/label',
    label: 'kitchen',
    place: 7,
  });
  assert.deepEqual(wanted('place/forget', { place: 0 }), { verb: 'place/forget', place: 0 });
  assert.deepEqual(wanted('place/map', { map: 'floor2.map' }), { verb: 'place/map', map: 'floor2.map' });
  const wrong: [verb: string, args: object][] = [
    ['place/map', {}],
    ['place/map', { map: 2 }],
    ['place/label', {}],
    ['place/label', { label: '' }],
    ['place/label', { label: 'x'.repeat(201) }],
    ['place/label', { label: 'kitchen', place: -1 }],
    ['place/label', { label: 'kitchen', place: 1.5 }],
    ['place/forget', {}],
    ['place/forget', { place: 'kitchen' }],
    ['place/forget', { place: 1, all: true }],
  ];
  for (const [verb, args] of wrong) assert.equal(wanted(verb, args), 'arguments', `${verb} ${JSON.stringify(args)}`);
  for (const verb of ['place', 'place/', 'place/arm', 'place/learn/now'])
    assert.equal(wanted(verb), 'unknown-verb', verb);
  const refused = asked('place/forget', {});
  assert.ok('refused' in refused && refused.refused.fix === 'Give place, its number.');
  assert.equal(judge(received('place/forget', { v: 1, id: 'a', args: { place: 1 } }, { retained: true })), 'retained');
});

test('an answer to a request of places goes below response/place', () => {
  assert.equal(answerTopic(undefined, 'axond/1/robot/', 'place/label'), 'axond/1/robot/response/place/label');
});

test('R-17 R-26 no payload whatever arms or loosens a limit', () => {
  const limits = { intervalUs: 1.5e6, perMinute: 6, perHour: 120, perNight: 600 };
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-1, 0, 2.5, 1e300));
  const args = fc.oneof(
    fc.dictionary(
      fc.constantFrom('perMinute', 'perHour', 'perNight', 'interval_us', 'gain_db', 'verb', 'untilUs', 'forSeconds'),
      fc.oneof(number, fc.constantFrom('arm', 'lower', null)),
    ),
    fc.jsonValue(),
  );
  const limit = fc.oneof(fc.nat(200), number);
  const nearly = fc.record(
    {
      perMinute: limit,
      perHour: limit,
      perNight: limit,
      interval_us: limit,
      gain_db: fc.oneof(fc.constant(-3), number),
    },
    { requiredKeys: [] },
  );
  const content = fc.oneof(
    { weight: 3, arbitrary: fc.record({ v: fc.constant(1), id: fc.uuid(), args: nearly }).map(bytes) },
    fc.record({ v: fc.constant(1), id: fc.string(), args, verb: fc.constant('arm') }).map(bytes),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.uint8Array(),
  );
  const verb = fc.oneof(
    fc.constant('lower'),
    fc.constantFrom('arm', 'disarm', 'silence', 'status', 'mark'),
    fc.string(),
  );
  const one = new RequestJudge();
  let lowered = 0;
  fc.assert(
    fc.property(verb, content, fc.boolean(), fc.integer({ min: 0, max: 20 }), (verb, payload, retained, seconds) => {
      const judged = one.judge({ verb, payload, retained, expirySeconds: seconds, nowMs });
      if (!('wanted' in judged)) {
        assert.ok(retained || (verb !== 'disarm' && verb !== 'silence'));
        return;
      }
      const { wanted } = judged;
      assert.equal(wanted.verb, verb);
      assert.ok(['lower', 'disarm', 'silence', 'status', 'mark'].includes(wanted.verb));
      if (wanted.verb !== 'lower') return;
      lowered++;
      const gate = new Gate(limits);
      const {
        perMinute = NaN,
        perHour = NaN,
        perNight = NaN,
        interval_us: intervalUs = NaN,
        gain_db: gain = NaN,
      } = wanted;
      gate.lower(perMinute, perHour, perNight, intervalUs, gain);
      assert.ok(gate.limits.perMinute <= 6 && gate.limits.perHour <= 120 && gate.limits.perNight <= 600);
      assert.ok(gate.limits.intervalUs >= 1.5e6 && gate.gainDb <= 0 && !gate.isArmed(0));
    }),
    { numRuns: 2000, seed: 1 },
  );
  assert.ok(lowered > 10, `${lowered} followed`);
});

test('an answer goes where it was asked for, but never where a report or a request would stand', () => {
  const root = 'axond/1/bedside-1/';
  assert.equal(answerTopic(undefined, root, 'lower'), `${root}response/lower`);
  assert.equal(answerTopic('lab/answers', root, 'lower'), 'lab/answers');
  assert.equal(answerTopic(`${root}response/mine`, root, 'lower'), `${root}response/mine`);
  for (const asked of [`${root}state`, 'axond/1/bedside-2/request/disarm', 'lab/#', '$SYS/x', '']) {
    assert.equal(answerTopic(asked, root, 'lower'), `${root}response/lower`, asked);
  }
  assert.equal(answerTopic(undefined, root, 'x'.repeat(1000)), `${root}response/unknown`);
});
