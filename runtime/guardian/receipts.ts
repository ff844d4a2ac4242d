import { guardianCauses, type Receipt, type ReceiptState } from '../contracts.js';

type Cause = (typeof guardianCauses)[number];

/** The answer to a question (`questions.ts`): all that speaks against arming, as far as the guardian knows. */
export interface Checked {
  readonly check: number;
  readonly reasons: readonly string[];
}

/** What the guardian says on its standard output, one JSON object a line. */
export type GuardianWord =
  | { readonly receipt: Receipt }
  | { readonly guardian: { readonly state: 0 | 1; readonly cause: Cause } }
  | { readonly checked: Checked };

/** The same as the core reads it. Pure. */
export type GuardianLine =
  | { readonly receipt: Receipt }
  | { readonly guardian: { readonly ready: boolean; readonly cause: Cause } }
  | { readonly checked: Checked };

/** Undefined for a line that is none of them. */
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
  const checked = member(value, 'checked');
  if (checked !== undefined) {
    const [check, reasons] = [member(checked, 'check'), member(checked, 'reasons')];
    if (!isNumber(check) || !Array.isArray(reasons) || !reasons.every(isText)) return undefined;
    return { checked: { check, reasons } };
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
const isText = (value: unknown): value is string => typeof value === 'string';
const isReceiptState = (value: unknown): value is ReceiptState =>
  isNumber(value) && Number.isInteger(value) && value >= 0 && value <= 4;
