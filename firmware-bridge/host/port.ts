import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { dup2, errno, flock, ioctl, nativeBytes } from '../../drivers/serial/libc.js';
import { portsHere } from '../../drivers/serial/line.js';
import { monotonicUs } from '../../runtime/monotonic.js';

/** A descriptor for the life of the guardian. While there is no connection it leads to nothing: there is no moment at which
 * a write could reach a port that was closed, or another file that was given its number. */
export function openNothing(): number {
  return openSync('/dev/null', constants.O_RDWR | closeOnExec);
}

/** Lets `descriptor` lead to the port from now on. Throws what is wrong with it, with the fix. */
export function connect(descriptor: number, path: string, baudRate: number): void {
  let port = -1;
  try {
    port = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | closeOnExec);
    if (flock(port, lockExclusive | lockAtOnce) !== 0) throw new Error('another program has it open: end that first');
    makeRaw(port, baudRate);
    if (dup2(port, descriptor) < 0) throw new Error(`error ${errno()}`);
  } catch (error) {
    throw new Error(explain(error), { cause: error });
  } finally {
    if (port >= 0) closeSync(port);
  }
}

/**
 * False: the line has no room. While another thread is within a write to a terminal the kernel takes no second one, and says
 * the same: that is tried again.
 * @throws Error where the port is gone.
 */
export function writeAll(descriptor: number, bytes: Uint8Array, length: number): boolean {
  const untilUs = monotonicUs() + contendedUs;
  for (let written = 0; ;) {
    try {
      written += writeSync(descriptor, bytes, written, length - written);
      if (written === length) return true;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    if (monotonicUs() > untilUs) return false;
    // Not by turning round: the other thread may wait for this very processor.
    Atomics.wait(nobody, 0, 0, 0.05);
  }
}

/** Lets it lead to nothing again. */
export function disconnect(descriptor: number): void {
  const nothing = openNothing();
  dup2(nothing, descriptor);
  closeSync(nothing);
}

/** Bytes as they are, eight bits, no flow control; what was queued is dropped. */
function makeRaw(port: number, baudRate: number): void {
  if (ioctl(port, getTermios, termios.pointer) !== 0) throw new Error('is no serial port: correct actuators.*.port');
  for (const at of [inputFlags, outputFlags, localFlags]) view.setUint32(at, 0, true);
  view.setUint32(controlFlags, eightBits | readable | noModem | anySpeed, true);
  termios.bytes.fill(0, lineAndCharacters, speeds);
  view.setUint32(speeds, baudRate, true);
  view.setUint32(speeds + 4, baudRate, true);
  if (ioctl(port, setTermios, termios.pointer) !== 0)
    throw new Error(`takes no ${baudRate} baud: correct actuators.*.baud`);
  ioctl(port, flush, bothQueues);
  // A dongle keeps bytes back for 16 ms, unless it is asked not to; what is no dongle does not know the question.
  if (ioctl(port, getSerial, serial.pointer) !== 0) return;
  serialView.setUint32(serialFlags, serialView.getUint32(serialFlags, true) | lowLatency, true);
  ioctl(port, setSerial, serial.pointer);
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('ENOENT')) {
    return `there is no such port: plug the bridge in, or correct actuators.*.port (ports here: ${portsHere().join(', ') || 'none'})`;
  }
  if (message.startsWith('EACCES')) {
    return 'permission denied: add your user to the group dialout, sudo usermod -aG dialout $USER, and log in again';
  }
  return message;
}

/** A thread that was set aside within its write comes to its turn. */
const contendedUs = 30e3;
const nobody = new Int32Array(new SharedArrayBuffer(4));
const closeOnExec = 0o2000000;
const lockExclusive = 2;
const lockAtOnce = 4;
/** `struct termios2` and its calls, as every architecture but three of museums has them. */
const termios = nativeBytes(44);
const view = new DataView(termios.bytes.buffer, termios.bytes.byteOffset, 44);
const [inputFlags, outputFlags, controlFlags, localFlags, lineAndCharacters, speeds] = [0, 4, 8, 12, 16, 36];
const getTermios = 0x802c542a;
const setTermios = 0x402c542b;
const flush = 0x540b;
const bothQueues = 2;
const eightBits = 0o60;
const readable = 0o200;
const noModem = 0o4000;
const anySpeed = 0o10000;
/** `struct serial_struct`. */
const serial = nativeBytes(128);
const serialView = new DataView(serial.bytes.buffer, serial.bytes.byteOffset, 128);
const serialFlags = 16;
const getSerial = 0x541e;
const setSerial = 0x541f;
const lowLatency = 1 << 13;
