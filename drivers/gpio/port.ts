import { closeSync, constants, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { errno, ioctl, nativeBytes, type NativeBytes } from '../serial/libc.js';
import { chooseChip, fallsOnDeath, sysfsChips, sysfsFolder, type FolderReader } from './chip.js';
import {
  Call,
  chipInfoBytes,
  lineRequestBytes,
  readChipInfo,
  readLineDescriptor,
  readValues,
  valuesBytes,
  writeLineRequest,
  writeValues,
  type ChipInfo,
} from './protocol.js';

/** Lines that are outputs, as two threads share them. */
export interface OutputLines {
  /** The kernel's character device, or sysfs, which keeps a level after the death of its process. */
  readonly way: 'character' | 'sysfs';
  readonly chip: string;
  /** One for all lines of the character device, one a line of sysfs. */
  readonly descriptors: readonly number[];
  readonly lines: number;
  /** They are known to fall to rest when their process dies. */
  readonly fallsOnDeath: boolean;
}

export interface OutputRequest {
  /** Lines of the chip: the BCM numbers of a Raspberry Pi. */
  readonly lines: readonly number[];
  /** Label of the chip; that of the 40-pin header without it. */
  readonly chip?: string;
  readonly activeLow: boolean;
  /** Shown by `gpioinfo`; `axond stimulus` without it. */
  readonly consumer?: string;
}

export interface InputRequest {
  readonly line: number;
  readonly chip?: string;
  readonly activeLow: boolean;
  readonly pull?: 'up' | 'down';
  /** Without it both are told. */
  readonly edges?: 'rising';
  /** Shown by `gpioinfo`. */
  readonly consumer: string;
}

/** An input that tells its edges. */
export interface InputLine {
  /** Blocks until there is an edge; `readEdges` takes what is read. */
  readonly descriptor: number;
  readonly isHigh: () => boolean;
}

/** GPIO, whatever the kernel offers it by. What fails throws one line that names the line and the fix. */
export interface GpioPort {
  /** Makes all of them outputs at rest, in one step with their becoming outputs. */
  openOutputs(request: OutputRequest): OutputLines;
  /** Sets all lines: bit n is the nth. For one thread; make it in each. */
  writer(lines: OutputLines): (values: number) => void;
  /** Character device only. */
  openInput(request: InputRequest): InputLine;
  close(lines: OutputLines): void;
}

/** What the port asks of the machine. */
export interface GpioSystem extends FolderReader {
  readonly open: (path: string, flags: number) => number;
  readonly close: (descriptor: number) => void;
  /** 0, or the error's number. */
  readonly ioctl: (descriptor: number, call: number, memory: NativeBytes) => number;
  readonly write: (descriptor: number, text: Uint8Array) => void;
  /** Exports a line to sysfs as an output at this level; throws where the package for it is missing. */
  readonly exportOutput: (line: number, direction: 'low' | 'high', activeLow: boolean) => void;
}

export function createGpioPort(system: GpioSystem = thisMachine): GpioPort {
  return {
    openOutputs: (request) => openCharacter(system, request) ?? openSysfs(system, request),
    writer: (lines) => (lines.way === 'character' ? characterWriter(system, lines) : sysfsWriter(system, lines)),
    openInput(request) {
      const { line, chip, activeLow, pull, edges, consumer } = request;
      const found = requestLines(system, chip, {
        offsets: [line],
        consumer,
        direction: 'input',
        activeLow,
        ...(pull === undefined ? {} : { pull }),
        ...(edges === undefined ? {} : { edges }),
      });
      if (!found) throw new Error(`gpio: line ${line} cannot be watched without /dev/gpiochip0. Use a newer kernel.`);
      const { descriptor } = found;
      const memory = nativeBytes(valuesBytes);
      return {
        descriptor,
        isHigh() {
          writeValues(memory.bytes, 0, 1);
          const error = system.ioctl(descriptor, Call.getValues, memory);
          if (error !== 0) throw new Error(`gpio: line ${line} cannot be read (error ${error}).`);
          return (readValues(memory.bytes) & 1) === 1;
        },
      };
    },
    close: ({ descriptors }) => descriptors.forEach((descriptor) => system.close(descriptor)),
  };
}

// ── The character device ────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined where the machine has none. */
function openCharacter(
  system: GpioSystem,
  { lines, chip, activeLow, consumer = 'axond stimulus' }: OutputRequest,
): OutputLines | undefined {
  const request = { offsets: lines, consumer, direction: 'output', activeLow } as const;
  const found = requestLines(system, chip, request);
  if (!found) return undefined;
  return {
    way: 'character',
    chip: found.label,
    descriptors: [found.descriptor],
    lines: lines.length,
    fallsOnDeath: fallsOnDeath(system, found.label),
  };
}

function requestLines(
  system: GpioSystem,
  label: string | undefined,
  request: Parameters<typeof writeLineRequest>[1],
): { descriptor: number; label: string } | undefined {
  const paths = characterDevices(system);
  if (paths.length === 0) return undefined;
  const chips = paths.map((path) => ({ path, ...chipInfo(system, path) }));
  const { path, label: found } = chooseChip(chips, label, Math.max(...request.offsets));
  return withDevice(system, path, (device) => {
    const memory = nativeBytes(lineRequestBytes);
    writeLineRequest(memory.bytes, request);
    const error = system.ioctl(device, Call.getLine, memory);
    const names = `line ${request.offsets.join(', ')} of ${found}`;
    if (error === busy) throw new Error(`gpio: ${names} is in use. See who holds it: gpioinfo.`);
    if (error !== 0) throw new Error(`gpio: ${names} was refused by the kernel (error ${error}). Choose another line.`);
    return { descriptor: readLineDescriptor(memory.bytes), label: found };
  });
}

function characterDevices(system: GpioSystem): string[] {
  const names = system.list('/dev').filter((name) => /^gpiochip\d+$/.test(name));
  return names.sort((a, b) => Number(a.slice(8)) - Number(b.slice(8))).map((name) => `/dev/${name}`);
}

function chipInfo(system: GpioSystem, path: string): ChipInfo {
  return withDevice(system, path, (device) => {
    const memory = nativeBytes(chipInfoBytes);
    const error = system.ioctl(device, Call.chipInfo, memory);
    if (error !== 0) throw new Error(`${path}: does not say what it is (error ${error}). It is no GPIO chip.`);
    return readChipInfo(memory.bytes);
  });
}

function withDevice<Result>(system: GpioSystem, path: string, act: (device: number) => Result): Result {
  let device: number;
  try {
    device = system.open(path, constants.O_RDONLY);
  } catch (error) {
    const fix = 'Add your user to the group gpio: sudo usermod -aG gpio $USER, then log in again.';
    throw new Error(`${path}: cannot be opened (${errorCode(error)}). ${fix}`, { cause: error });
  }
  try {
    return act(device);
  } finally {
    system.close(device); // a granted line has a descriptor of its own
  }
}

function characterWriter(system: GpioSystem, { descriptors, lines, chip }: OutputLines): (values: number) => void {
  const memory = nativeBytes(valuesBytes);
  const [descriptor = -1] = descriptors;
  return (values) => {
    writeValues(memory.bytes, values, lines);
    const error = system.ioctl(descriptor, Call.setValues, memory);
    if (error !== 0) throw new Error(`gpio: ${chip} took no value (error ${error})`);
  };
}

// ── sysfs, where only that is there ─────────────────────────────────────────────────────────────────────────────────

function openSysfs(system: GpioSystem, { lines, chip: label, activeLow }: OutputRequest): OutputLines {
  const chips = sysfsChips(system);
  if (chips.length === 0) {
    throw new Error('gpio: this machine has neither /dev/gpiochip0 nor /sys/class/gpio. Use another actuator.');
  }
  const chip = chooseChip(chips, label, Math.max(...lines));
  const descriptors = lines.map((line) => {
    const number = chip.base + line;
    // The direction's level is the wire's, whatever is active.
    system.exportOutput(number, activeLow ? 'high' : 'low', activeLow);
    const folder = `${sysfsFolder}/gpio${number}`;
    // A line that somebody exported before may have kept his settings.
    const [direction, inverted] = ['direction', 'active_low'].map((file) => system.read(`${folder}/${file}`).trim());
    if (direction !== 'out' || inverted !== (activeLow ? '1' : '0')) {
      throw new Error(
        `gpio: line ${line} (${folder}) is held by another program. End it, or: echo ${number} > ${sysfsFolder}/unexport`,
      );
    }
    return system.open(`${folder}/value`, constants.O_WRONLY);
  });
  const opened: OutputLines = { way: 'sysfs', chip: chip.label, descriptors, lines: lines.length, fallsOnDeath: false };
  sysfsWriter(system, opened)(0);
  return opened;
}

function sysfsWriter(system: GpioSystem, { descriptors }: OutputLines): (values: number) => void {
  return (values) => {
    for (let place = 0; place < descriptors.length; place++) {
      system.write(descriptors[place] as number, (values >> place) & 1 ? one : zero);
    }
  };
}

const one = Uint8Array.of(0x31);
const zero = Uint8Array.of(0x30);

// ── This machine ────────────────────────────────────────────────────────────────────────────────────────────────────

export const thisMachine: GpioSystem = {
  list: (folder) => readdirSync(folder),
  read: (file) => readFileSync(file, 'utf8'),
  open: openSync,
  close: closeSync,
  ioctl: (descriptor, call, { pointer }) => (ioctl(descriptor, call, pointer) < 0 ? errno() : 0),
  write(descriptor, text) {
    writeSync(descriptor, text, 0, text.length, 0);
  },
  exportOutput(line, direction, activeLow) {
    let onoff: typeof import('onoff');
    try {
      onoff = createRequire(import.meta.url)('onoff') as typeof import('onoff');
    } catch (error) {
      const fix = 'axond check says how to install it.';
      throw new Error(`gpio: this kernel offers GPIO by sysfs alone, which needs the package onoff. ${fix}`, {
        cause: error,
      });
    }
    new onoff.Gpio(line, direction, 'none', { activeLow });
  },
};

function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/** EBUSY */
const busy = 16;
