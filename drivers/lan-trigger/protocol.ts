/** Addresses and payloads of the LAN trigger, pure. */

/** `sockaddr_in` of Linux: family, port and address in network order, zeros. Undefined for what is no IPv4 address. */
export function socketAddress(address: string, port: number): Uint8Array | undefined {
  const parts = address.split('.');
  const numbers = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || numbers.some((number) => number > 255)) return undefined;
  return Uint8Array.of(2, 0, port >> 8, port & 255, ...numbers, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** A datagram's content: a number is one byte, a text its UTF-8. */
export function payload(of: number | string): Uint8Array {
  return typeof of === 'number' ? Uint8Array.of(of) : new TextEncoder().encode(of);
}
