import { ReceiptState, recordLength } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { wasDelivered, type Delivery } from '../guardian/delivery-lines.js';

/**
 * Receipts that the guardian's log has and the recording lacks, as event records. They are numbered with the cycle after
 * the last one: the loop never saw them, so replay, which stops with the last cycle, compares everything before them and
 * not them; who reads events by id (the link, `axond check`) meets them like any other receipt.
 *
 * `recorded` are the receipts that the recording has, as records; `lastIndex` is its newest sample index.
 */
export function missingReceipts(
  deliveries: readonly Delivery[],
  recorded: readonly Float64Array[],
  lastCycle: number,
  lastIndex: number,
): Float64Array[] {
  const known = new Set(recorded.map((record) => `${String(record[4])} ${String(record[5])}`));
  const receipt = (command: number, state: ReceiptState, atUs: number): Float64Array[] => {
    if (known.has(`${command} ${state}`)) return [];
    const record = new Float64Array(recordLength);
    record.set([EventCode.receipt, lastCycle + 1, lastIndex, atUs, command, state, atUs, NaN]);
    return [record];
  };
  return deliveries
    .filter(wasDelivered)
    .flatMap(({ command, startedUs, endedUs }) => [
      ...receipt(command, ReceiptState.started, startedUs),
      ...(Number.isNaN(endedUs) ? [] : receipt(command, ReceiptState.ended, endedUs)),
    ]);
}
