import { createGpioPort, type GpioSystem } from './port.js';
import { Call, writeValues } from './protocol.js';

export interface FakeChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/** A machine with GPIO as its kernel would show it: what is asked of it is written down, in order. */
export interface FakeMachine {
  readonly system: GpioSystem;
  readonly calls: string[];
  /** What each line of the character device was set to last, by descriptor. */
  readonly values: Map<number, number>;
  readonly open: Set<number>;
  /** Lines that another program holds, and what inputs read. */
  readonly busy: Set<number>;
  input: number;
}

export function fakeMachine({
  character = [],
  sysfs = [],
  files = {},
  onoff = true,
}: {
  character?: readonly FakeChip[];
  sysfs?: readonly FakeChip[];
  files?: Record<string, string>;
  onoff?: boolean;
}): FakeMachine {
  const calls: string[] = [];
  const values = new Map<number, number>();
  const open = new Set<number>();
  const busy = new Set<number>();
  const paths = new Map<number, string>();
  const exported = new Map<string, string>();
  let next = 10;
  const take = (path: string): number => {
    const descriptor = next++;
    open.add(descriptor);
    paths.set(descriptor, path);
    return descriptor;
  };
  const missing = (path: string): never => {
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
  };
  const machine: FakeMachine = {
    calls,
    values,
    open,
    busy,
    input: 0,
    system: {
      list(folder) {
        if (folder === '/dev') return ['null', ...character.map((_, place) => `gpiochip${place}`), 'tty'];
        if (folder !== '/sys/class/gpio' || sysfs.length === 0) return missing(folder);
        return ['export', 'unexport', ...sysfs.map(({ base }) => `gpiochip${base}`)];
      },
      read(file) {
        if (files[file] !== undefined) return files[file];
        const [, base = '', key = ''] = /^\/sys\/class\/gpio\/gpiochip(\d+)\/(\w+)$/.exec(file) ?? [];
        const chip = sysfs.find((one) => one.base === Number(base));
        const text = { label: chip?.label, base: chip?.base, ngpio: chip?.lines }[key] ?? exported.get(file);
        return text === undefined ? missing(file) : `${text}\n`;
      },
      open(path) {
        calls.push(`open ${path}`);
        return take(path);
      },
      close(descriptor) {
        open.delete(descriptor);
      },
      ioctl(descriptor, call, { bytes }) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const path = paths.get(descriptor) ?? '';
        const chip = character[Number(/\d+$/.exec(path)?.[0] ?? 0)];
        if (call === Call.chipInfo) {
          Buffer.from(chip?.label ?? '').copy(bytes, 32);
          view.setUint32(64, chip?.lines ?? 0, true);
        } else if (call === Call.getLine) {
          const count = view.getUint32(560, true);
          const offsets = Array.from({ length: count }, (_, place) => view.getUint32(4 * place, true));
          if (offsets.some((offset) => busy.has(offset))) return 16;
          const granted = take('line');
          values.set(granted, 0);
          calls.push(`lines ${offsets.join(' ')} flags ${view.getUint32(288, true).toString(2)} of ${path}`);
          view.setInt32(588, granted, true);
        } else if (call === Call.setValues) {
          if (!open.has(descriptor)) return 9;
          values.set(descriptor, view.getUint32(0, true));
          calls.push(`set ${view.getUint32(0, true)} of ${view.getUint32(8, true)}`);
        } else writeValues(bytes, machine.input, 1);
        return 0;
      },
      write(descriptor, text) {
        calls.push(`${paths.get(descriptor)} ${Buffer.from(text).toString()}`);
      },
      exportOutput(line, direction, activeLow) {
        if (!onoff) throw new Error('gpio: this kernel offers GPIO by sysfs alone, which needs the package onoff.');
        calls.push(`export ${line} ${direction}${activeLow ? ' active low' : ''}`);
        exported.set(`/sys/class/gpio/gpio${line}/direction`, 'out');
        exported.set(`/sys/class/gpio/gpio${line}/active_low`, activeLow ? '1' : '0');
      },
    },
  };
  return machine;
}

export const portOf = (machine: FakeMachine): ReturnType<typeof createGpioPort> => createGpioPort(machine.system);
