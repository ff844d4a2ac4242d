import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Attributes as the accelerometer of an LSM6DSO has them under Linux 6.6, with an axis that nobody asks for. */
const lsm6dso: Readonly<Record<string, string>> = {
  name: 'lsm6dso_accel',
  sampling_frequency: '12.500',
  sampling_frequency_available: '12.500 26.000 52.000 104.000 208.000 416.000',
  in_accel_scale: '0.000598',
  current_timestamp_clock: 'realtime',
  'buffer/enable': '0',
  'buffer/length': '2',
  'scan_elements/in_accel_x_en': '0',
  'scan_elements/in_accel_x_index': '0',
  'scan_elements/in_accel_x_type': 'le:s16/16>>0',
  'scan_elements/in_accel_y_en': '1',
  'scan_elements/in_accel_y_index': '1',
  'scan_elements/in_accel_y_type': 'le:s16/16>>0',
  'scan_elements/in_accel_z_en': '0',
  'scan_elements/in_accel_z_index': '2',
  'scan_elements/in_accel_z_type': 'le:s16/16>>0',
  'scan_elements/in_timestamp_en': '0',
  'scan_elements/in_timestamp_index': '3',
  'scan_elements/in_timestamp_type': 'le:s64/64>>0',
};

/** A folder of attributes, and beside it a real pipe where the kernel has a device. */
export class SensorFiles {
  readonly port: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-imu-'));

  constructor(t: { after(end: () => void): void }, changed: Readonly<Record<string, string>> = {}) {
    t.after(() => {
      rmSync(this.#folder, { recursive: true });
    });
    this.port = join(this.#folder, 'iio:device0');
    execFileSync('mkfifo', [this.port]);
    for (const [name, value] of Object.entries({ ...lsm6dso, ...changed })) {
      mkdirSync(dirname(this.pathOf(name)), { recursive: true });
      writeFileSync(this.pathOf(name), `${value}\n`);
    }
  }

  pathOf(name: string): string {
    return join(this.#folder, 'attributes', name);
  }

  read(name: string): string {
    return readFileSync(this.pathOf(name), 'utf8').trim();
  }

  /** This attribute is one of the kernel's own, which takes and shows what it likes. */
  replace(name: string, file: string): void {
    rmSync(this.pathOf(name));
    symlinkSync(file, this.pathOf(name));
  }
}
