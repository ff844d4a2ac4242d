import { readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ImuOptions } from './options.js';
import { isSameRate, quantityOf, writeDescription } from './protocol.js';

/**
 * Sets a sensor to what is asked for and lets its scans run; what is returned stops them again. One that runs already is
 * left as it is, if it is as it should be. Throws one line that names what is wrong and the fix.
 */
export function startScans(port: string, options: ImuOptions): () => void {
  const sensor = new Attributes(port);
  const scanned = sensor.scanned();
  const wanted = options.channels.map((axis) => `in_${axis}`);
  for (const name of wanted) {
    if (scanned.includes(name)) continue;
    const has = scanned.map((one) => one.replace(/^in_/, '')).join(', ');
    throw new Error(
      `${port}: has no ${name.slice('in_'.length)} in its scans, but ${has || 'nothing'}. Correct source.channels.`,
    );
  }
  if (sensor.read('buffer/enable') === '1') {
    const runs = wanted.every((name) => sensor.read(`scan_elements/${name}_en`) === '1') && sensor.hasRate(options);
    if (runs) return () => undefined;
    throw new Error(
      `${port}: runs already, with other channels or at another rate. End what uses it: echo 0 | sudo tee ${sensor.pathOf('buffer/enable')}`,
    );
  }
  sensor.setRate(options);
  for (const name of scanned)
    sensor.set(`scan_elements/${name}_en`, wanted.includes(name) || name === 'in_timestamp' ? '1' : '0');
  // A clock that nobody sets; older kernels have no choice.
  if (sensor.read('current_timestamp_clock') !== undefined) sensor.set('current_timestamp_clock', 'monotonic');
  sensor.setLength(Math.ceil(bufferSeconds * options.rate));
  sensor.enable();
  return () => {
    sensor.disable();
  };
}

/** What a sensor that runs says of its scans, for its session. */
export function describeScans(port: string, options: ImuOptions): string {
  const sensor = new Attributes(port);
  const elements = sensor
    .scanned()
    .filter((name) => sensor.read(`scan_elements/${name}_en`) === '1')
    .map((name) => ({
      name: name.replace(/^in_/, ''),
      index: sensor.read(`scan_elements/${name}_index`) ?? '',
      type: sensor.read(`scan_elements/${name}_type`) ?? '',
      scale: sensor.shared(name, 'scale') ?? '1',
      offset: sensor.shared(name, 'offset') ?? '0',
    }));
  return writeDescription(sensor.rate(options), elements);
}

/** Attributes of one device, as files. */
class Attributes {
  readonly #port: string;
  readonly #folder: string;

  constructor(port: string) {
    this.#port = port;
    const node = realNode(port);
    // An emulated sensor has its own beside it.
    this.#folder =
      dirname(node) === '/dev' ? join('/sys/bus/iio/devices', basename(node)) : join(dirname(node), 'attributes');
  }

  pathOf(name: string): string {
    return join(this.#folder, name);
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.pathOf(name), 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  set(name: string, value: string): void {
    if (this.read(name) === value) return;
    try {
      writeFileSync(this.pathOf(name), value);
    } catch (error) {
      throw new Error(`${this.pathOf(name)}: does not take ${value} (${codeOf(error)}). ${fixOf(codeOf(error))}`, {
        cause: error,
      });
    }
  }

  /** `in_accel_x`, `in_timestamp`: whatever scans can hold. */
  scanned(): string[] {
    try {
      return readdirSync(this.pathOf('scan_elements'))
        .filter((name) => name.endsWith('_en'))
        .map((name) => name.slice(0, -'_en'.length));
    } catch (error) {
      throw new Error(
        `${this.#port}: has no scans (${this.pathOf('scan_elements')}: ${codeOf(error)}). Its driver may lack an interrupt, or source.port is another device.`,
        { cause: error },
      );
    }
  }

  /** Of an axis, or of all axes of its quantity. */
  shared(name: string, what: string): string | undefined {
    return this.read(`${name}_${what}`) ?? this.read(`${quantityOf(name)}_${what}`);
  }

  /** 0 where it has none of its own. */
  rate(options: ImuOptions): number {
    const name = this.#rates(options)[0];
    return name === undefined ? 0 : Number(this.read(name));
  }

  hasRate(options: ImuOptions): boolean {
    return this.#rates(options).every((name) => isSameRate(Number(this.read(name)), options.rate));
  }

  setRate(options: ImuOptions): void {
    for (const name of this.#rates(options)) {
      if (isSameRate(Number(this.read(name)), options.rate)) continue;
      let refused: unknown;
      try {
        this.set(name, String(options.rate));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused = error;
      }
      if (refused === undefined && isSameRate(Number(this.read(name)), options.rate)) continue;
      const known = this.read(`${name}_available`);
      throw new Error(
        `${this.#port}: has no rate of ${options.rate} Hz, but ${known ?? `${this.read(name) ?? 'none'} now`}. Correct source.rate.`,
        { cause: refused },
      );
    }
  }

  enable(): void {
    try {
      this.set('buffer/enable', '1');
    } catch (error) {
      if (isRefusal(error) && this.read('trigger/current_trigger') === '')
        throw new Error(
          `${this.#port}: has no trigger. Give it one: echo NAME | sudo tee ${this.pathOf('trigger/current_trigger')}; names are in /sys/bus/iio/devices/trigger*/name.`,
          { cause: error },
        );
      throw error;
    }
  }

  disable(): void {
    this.#try('buffer/enable', '0'); // the sensor may have gone
  }

  setLength(scans: number): void {
    this.#try('buffer/length', String(scans)); // that of a buffer in the sensor may be fixed
  }

  #try(name: string, value: string): void {
    try {
      this.set(name, value);
    } catch {
      // It stays as it is.
    }
  }

  /** Attributes that hold the rate of what is asked for. */
  #rates({ channels }: ImuOptions): string[] {
    const quantities = [...new Set(channels.map(quantityOf))];
    return ['sampling_frequency', ...quantities.map((quantity) => `in_${quantity}_sampling_frequency`)].filter(
      (name) => this.read(name) !== undefined,
    );
  }
}

function realNode(port: string): string {
  try {
    return realpathSync(port);
  } catch (error) {
    throw new Error(
      `${port}: there is no such device (${codeOf(error)}). Is the sensor's overlay or module loaded? ls /sys/bus/iio/devices shows what there is.`,
      { cause: error },
    );
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);

/** The driver does not want this value; its file could be written. */
const isRefusal = (error: unknown): boolean => error instanceof Error && codeOf(error.cause) === 'EINVAL';

function fixOf(code: string): string {
  if (code === 'EACCES' || code === 'EPERM') return 'Let your user write it by a rule of udev: drivers/imu/README.md.';
  if (code === 'EROFS') return 'Under the service the sensor must run before it starts: drivers/imu/README.md.';
  if (code === 'EBUSY') return 'Another program has the sensor.';
  return 'See the documentation of its driver.';
}

/** How long the kernel keeps what nobody has come for. */
const bufferSeconds = 4;
