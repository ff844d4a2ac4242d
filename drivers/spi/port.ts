import { closeSync, constants, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import koffi from 'koffi';
import { errno, ioctl, nativeBytes } from '../serial/libc.js';
import { Call, transferBytes, writeTransfer } from './protocol.js';

export interface SpiPort {
  /** Sends these bytes in one selection and puts what came in into their place. False: the kernel refused. */
  transfer(bytes: Uint8Array, length: number): boolean;
  close(): void;
}

export interface SpiSetting {
  /** 0 to 3: polarity and phase of the clock. */
  readonly mode: number;
  readonly hertz: number;
  /** Longest transfer. */
  readonly mostBytes: number;
}

/** Opens a spidev on memory made once; works in worker threads. Throws one line that names the port and the fix. */
export function openSpi(path: string, { mode, hertz, mostBytes }: SpiSetting): SpiPort {
  const descriptor = openDevice(path);
  const setting = nativeBytes(4);
  const view = new DataView(setting.bytes.buffer, setting.bytes.byteOffset, 4);
  const settings: [call: number, value: number][] = [
    [Call.setMode, mode],
    [Call.setBitsPerWord, 8],
    [Call.setSpeed, hertz],
  ];
  for (const [call, value] of settings) {
    view.setUint32(0, value, true);
    if (ioctl(descriptor, call, setting.pointer) >= 0) continue;
    const error = errno();
    closeSync(descriptor);
    const why =
      error === system.errno.ENOTTY ? 'is no SPI port' : `refuses mode ${mode} at ${hertz} Hz (error ${error})`;
    throw new Error(`${path}: ${why}. Correct source.port.`);
  }
  const data = nativeBytes(mostBytes);
  const address = koffi.address(data.pointer);
  const request = nativeBytes(transferBytes);
  const lengths = new DataView(request.bytes.buffer, request.bytes.byteOffset, transferBytes);
  writeTransfer(request.bytes, { out: address, in: address, length: 0, hertz });
  return {
    transfer(bytes, length) {
      for (let place = 0; place < length; place++) data.bytes[place] = bytes[place] as number;
      lengths.setUint32(16, length, true);
      if (ioctl(descriptor, Call.transfer, request.pointer) < 0) return false;
      for (let place = 0; place < length; place++) bytes[place] = data.bytes[place] as number;
      return true;
    },
    close: () => closeSync(descriptor),
  };
}

function openDevice(path: string): number {
  try {
    return openSync(path, constants.O_RDWR);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    const fix =
      code === 'ENOENT'
        ? 'Switch SPI on (on a Raspberry Pi dtparam=spi=on in config.txt, and restart), or correct source.port.'
        : 'Add your user to the group spi: sudo usermod -aG spi $USER, then log in again.';
    throw new Error(`${path}: cannot be opened (${code}). ${fix}`, { cause: error });
  }
}
