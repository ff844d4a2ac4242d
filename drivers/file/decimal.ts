/**
 * The number written in ASCII in `bytes[start … end)`, blanks around it ignored; NaN if there is anything else than one
 * decimal number. Correctly rounded, as `Number` is.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && isBlank(bytes[start] as number)) start++;
  while (end > start && isBlank(bytes[end - 1] as number)) end--;
  let at = start;
  const first = bytes[at];
  const negative = first === minus;
  if (negative || first === plus) at++;

  let mantissa = 0;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= zero && byte <= nine) {
      mantissa = mantissa * 10 + (byte - zero);
      digits++;
      if (point) decimals++;
    } else if (byte === dot && !point) {
      point = true;
    } else break;
  }
  if (digits === 0) return NaN;
  if (at < end && !isExponent(bytes, at, end)) return NaN;
  // Integers below 2^53 and powers of ten up to 10^22 are exact, so their quotient is rounded once.
  if (at < end || digits > 15 || decimals > 22) return Number(ascii(bytes, start, end));
  const value = mantissa / (powersOfTen[decimals] as number);
  return negative ? -value : value;
}

export function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

function isExponent(bytes: Uint8Array, at: number, end: number): boolean {
  if (((bytes[at] as number) | 0x20) !== 0x65) return false;
  at++;
  if (bytes[at] === minus || bytes[at] === plus) at++;
  const firstDigit = at;
  while (at < end && (bytes[at] as number) >= zero && (bytes[at] as number) <= nine) at++;
  return at === end && at > firstDigit;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

const zero = 0x30;
const nine = 0x39;
const plus = 0x2b;
const minus = 0x2d;
const dot = 0x2e;
const powersOfTen = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
