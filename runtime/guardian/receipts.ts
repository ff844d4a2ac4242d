import { guardianCauses, type Receipt, type ReceiptState } from '../contracts.js';

/** What the guardian says on its standard output, one JSON object a line. Pure. */
export type GuardianLine =
  | { readonly receipt: Receipt }
  | { readonly guardian: { readonly ready: boolean; readonly cause: (typeof guardianCauses)[number] } };

/** Undefined for a line that is neither. */
export function decodeGuardianLine(line: string): GuardianLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const receipt = member(value, 'receipt');
  if (receipt !== undefined) {
    const [command, state, atUs] = [member(receipt, 'command'), member(receipt, 'state'), member(receipt, 'atUs')];
    if (!isNumber(command) || !isNumber(atUs) || !isReceiptState(state)) return undefined;
    const evidence = member(receipt, 'evidence');
    return { receipt: { command, state, atUs, evidence: typeof evidence === 'string' ? evidence : '' } };
  }
  const guardian = member(value, 'guardian');
  const cause = guardianCauses.find((known) => known === member(guardian, 'cause'));
  if (cause === undefined) return undefined;
  return { guardian: { ready: member(guardian, 'state') === 1, cause } };
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isReceiptState = (value: unknown): value is ReceiptState =>
  isNumber(value) && Number.isInteger(value) && value >= 0 && value <= 4;
