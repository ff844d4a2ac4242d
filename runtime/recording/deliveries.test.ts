import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReceiptState } from '../contracts.js';
import { decodeEvent } from '../loop/records.js';
import { deliveriesPath, readDeliveries } from './deliveries.js';
import { missingReceipts } from './reconcile.js';

test('where it stands, and that it may be absent', () => {
  assert.equal(deliveriesPath('/nights/a.db'), '/nights/a.deliveries');
  assert.deepEqual(readDeliveries('/nowhere/a.db'), { deliveries: [], unreadable: [] });
});

test('only the receipts that are missing are made, behind the last cycle', () => {
  const delivery = (command: number, startedUs: number, endedUs: number) => {
    return { command, aboutUs: startedUs, startedUs, endedUs, dropped: false };
  };
  const [known] = missingReceipts([delivery(1, 5, NaN)], [], 0, 0);
  assert.ok(known);
  const made = missingReceipts([delivery(1, 5, 60), delivery(2, 70.5, NaN), delivery(3, NaN, NaN)], [known], 12, 34);
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
