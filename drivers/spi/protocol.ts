/**
 * The kernel's spidev calls, pure: their numbers, and the memory of one transfer. Source: linux/spi/spidev.h; little-endian.
 */

export const Call = {
  setMode: 0x40016b01,
  setBitsPerWord: 0x40016b03,
  setSpeed: 0x40046b04,
  /** One transfer: the chip is selected for as long as it lasts. */
  transfer: 0x40206b00,
} as const;

export const transferBytes = 32;

export interface TransferRequest {
  /** Addresses of the bytes to send, and of those that come. May be the same. */
  readonly out: bigint;
  readonly in: bigint;
  readonly length: number;
  /** 0: the speed that was set. */
  readonly hertz: number;
}

export function writeTransfer(bytes: Uint8Array, request: TransferRequest): void {
  bytes.fill(0, 0, transferBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, transferBytes);
  view.setBigUint64(0, request.out, true);
  view.setBigUint64(8, request.in, true);
  view.setUint32(16, request.length, true);
  view.setUint32(20, request.hertz, true);
}
