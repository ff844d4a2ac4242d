import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceiptState, guardianCauses } from '../contracts.js';
import { decodeGuardianLine } from './receipts.js';

test('R-08 R-18 receipts of all states are read as they were said', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(...Object.values(ReceiptState)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      fc.string(),
      (command, state, atUs, evidence) => {
        const receipt = { command, state, atUs, evidence };
        assert.deepEqual(decodeGuardianLine(JSON.stringify({ receipt })), { receipt });
      },
    ),
  );
  assert.deepEqual(decodeGuardianLine('{"receipt":{"command":1,"state":2,"atUs":3}}'), {
    receipt: { command: 1, state: 2, atUs: 3, evidence: '' },
  });
});

test('R-07 states of the guardian are read; only state 1 is ready', () => {
  for (const cause of guardianCauses) {
    for (const state of [1, 0, '1', true, null]) {
      const line = JSON.stringify({ guardian: { state, cause } });
      assert.deepEqual(decodeGuardianLine(line), { guardian: { ready: state === 1, cause } });
    }
  }
});

test('R-22 answers to a check are read with their number and reasons', () => {
  const checked = { check: 3, reasons: ['the mixer stands at 90 %', 'no row'] };
  assert.deepEqual(decodeGuardianLine(JSON.stringify({ checked })), { checked });
});

test('R-08 lines that are neither receipt nor state are refused', () => {
  const refused = [
    '',
    'garbage',
    '{',
    'null',
    '1',
    '"receipt"',
    '[]',
    '{}',
    '{"receipt":null}',
    '{"receipt":[]}',
    '{"receipt":{}}',
    '{"receipt":{"command":"1","state":1,"atUs":1}}',
    '{"receipt":{"command":1,"state":5,"atUs":1}}',
    '{"receipt":{"command":1,"state":-1,"atUs":1}}',
    '{"receipt":{"command":1,"state":1.5,"atUs":1}}',
    '{"receipt":{"command":1,"state":1,"atUs":null}}',
    '{"receipt":{"command":1,"state":1}}',
    '{"checked":null}',
    '{"checked":{"check":1}}',
    '{"checked":{"check":"1","reasons":[]}}',
    '{"checked":{"check":1,"reasons":[1]}}',
    '{"guardian":null}',
    '{"guardian":{"state":1}}',
    '{"guardian":{"state":1,"cause":"bored"}}',
    '{"guardian":{"state":1,"cause":0}}',
  ];
  for (const line of refused) assert.equal(decodeGuardianLine(line), undefined, line);
});

test('R-08 no line throws, and what is read of any JSON has the types it promises', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"receipt":${json}}`),
      ),
      (line) => {
        const said = decodeGuardianLine(line);
        if (said === undefined || !('receipt' in said)) return;
        assert.ok(Object.values(ReceiptState).includes(said.receipt.state));
        assert.equal(typeof said.receipt.command, 'number');
        assert.equal(typeof said.receipt.atUs, 'number');
        assert.equal(typeof said.receipt.evidence, 'string');
      },
    ),
  );
});
