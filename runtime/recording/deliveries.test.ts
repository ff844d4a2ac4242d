import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState } from '../contracts.js';
import { decodeEvent } from '../loop/records.js';
import { deliveriesPath, parseDeliveries, readDeliveries } from './deliveries.js';
import { missingReceipts } from './reconcile.js';

test('the log of deliveries: starts, ends in any order, lines that are none', () => {
  assert.deepEqual(parseDeliveries('1 5 -\n1 55 60\n3 70.5 -\n2 5 6\n\nx 5 -\n4 1e3 -\n3 8'), {
    deliveries: [
      { command: 1, startedUs: 5, endedUs: 60 },
      { command: 3, startedUs: 70.5, endedUs: NaN },
      { command: 2, startedUs: NaN, endedUs: 6 },
    ],
    unreadable: ['', 'x 5 -', '4 1e3 -', '3 8'],
  });
  assert.deepEqual(parseDeliveries(''), { deliveries: [], unreadable: [] });
});

test('where it stands, and that it may be absent', () => {
  assert.equal(deliveriesPath('/nights/a.db'), '/nights/a.deliveries');
  assert.deepEqual(readDeliveries('/nowhere/a.db'), { deliveries: [], unreadable: [] });
});

test('only the receipts that are missing are made, behind the last cycle', () => {
  const delivery = (command: number, startedUs: number, endedUs: number) => ({ command, startedUs, endedUs });
  const [known] = missingReceipts([delivery(1, 5, NaN)], [], 0, 0);
  assert.ok(known);
  const made = missingReceipts([delivery(1, 5, 60), delivery(2, 70.5, NaN)], [known], 12, 34);
  assert.deepEqual(
    made.map((record) => decodeEvent(record)),
    [
      {
        kind: 'receipt',
        cycle: 13,
        index: 34,
        us: 60,
        command: 1,
        state: ReceiptState.ended,
        atUs: 60,
        arrivalUs: NaN,
      },
      {
        kind: 'receipt',
        cycle: 13,
        index: 34,
        us: 70.5,
        command: 2,
        state: ReceiptState.started,
        atUs: 70.5,
        arrivalUs: NaN,
      },
    ],
  );
});
