import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monotonicUs } from '../../runtime/monotonic.js';
import { spellAt, type Faults } from '../cyton/faults.js';
import { generator } from '../seeded.js';
import { layoutOf, readElementType, type Element } from './protocol.js';

export interface EmulatorOptions {
  /** `drop` and a pipe that is full are scans that the kernel has no room for. */
  readonly faults: Faults;
  readonly seed: number;
  /** A symbolic link to the pipe that stands for the device. */
  readonly link?: string;
}

interface Run {
  readonly layout: ReturnType<typeof layoutOf>;
  readonly rate: number;
  readonly sinceUs: number;
  scans: number;
}

/**
 * An emulated inertial sensor in real time: a folder of attributes that reads as the kernel's, and a named pipe with what a
 * device node would give once `buffer/enable` is 1. It is on a robot that turns left and right and bumps into something
 * every two seconds.
 */
export class ImuEmulator {
  readonly counts = { scans: 0, lost: 0, bumps: 0 };
  readonly path: string;
  readonly #options: EmulatorOptions;
  readonly #folder: string;
  readonly #pipe: number;
  readonly #random: () => number;
  readonly #scan = new Uint8Array(64);
  readonly #view = new DataView(this.#scan.buffer);
  #timer: NodeJS.Timeout | undefined;
  /** What runs, since when, and how many scans of it there were; undefined while it stands still. */
  #run: Run | undefined;

  constructor(options: EmulatorOptions) {
    this.#options = options;
    this.#random = generator(options.seed);
    this.#folder = mkdtempSync(join(tmpdir(), 'axond-imu-'));
    const node = join(this.#folder, 'iio:device0');
    for (const [name, text] of Object.entries(attributes)) {
      const path = join(this.#folder, 'attributes', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${text}\n`);
    }
    execFileSync('mkfifo', ['-m', '600', node]);
    this.#pipe = openSync(node, constants.O_RDWR | constants.O_NONBLOCK);
    if (options.link !== undefined) {
      rmSync(options.link, { force: true });
      symlinkSync(node, options.link);
    }
    this.path = options.link ?? node;
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    closeSync(this.#pipe);
    if (this.#options.link !== undefined) rmSync(this.#options.link, { force: true });
    rmSync(this.#folder, { recursive: true });
  }

  #tick(): void {
    if (this.#read('buffer/enable') !== '1') this.#run = undefined;
    else this.#run ??= this.#start();
    if (this.#run) this.#advance(this.#run);
    this.#timer = setTimeout(() => {
      this.#tick();
    }, tickMs);
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, 'attributes', name), 'utf8').trim();
  }

  #start(): Run {
    const elements: Element[] = [];
    for (const [index, name] of [...axes, 'timestamp'].entries()) {
      const type = readElementType(this.#read(`scan_elements/in_${name}_type`));
      if (type && this.#read(`scan_elements/in_${name}_en`) === '1')
        elements.push({ name, index, type, scale: 1, offset: 0 });
    }
    try {
      for (;;) if (readSync(this.#pipe, new Uint8Array(65536)) === 0) break;
    } catch {
      // Nothing is left from the last time.
    }
    const rate = Number(this.#read('sampling_frequency'));
    return { layout: layoutOf(elements), rate, sinceUs: monotonicUs(), scans: 0 };
  }

  #advance(run: Run): void {
    const { faults } = this.#options;
    const periodUs = 1e6 / (run.rate * (1 + faults.driftPpm / 1e6));
    for (const nowUs = monotonicUs(); run.sinceUs + run.scans * periodUs <= nowUs; run.scans++) {
      const atUs = run.scans * periodUs;
      if (spellAt(faults.spells, atUs / 1000)) continue;
      this.counts.scans++;
      this.#fill(run.layout.at, run.sinceUs + atUs, atUs / 1e6);
      if (this.#random() < faults.drop || !this.#write(run.layout.bytes)) this.counts.lost++;
    }
    this.counts.bumps = Math.max(0, Math.ceil(((run.scans * periodUs) / 1e6 - firstBump) / bumpEvery));
  }

  #fill(at: ReadonlyMap<string, number>, stampUs: number, seconds: number): void {
    const motion = motionAt(seconds);
    axes.forEach((axis, place) => {
      const to = at.get(axis);
      if (to === undefined) return;
      const isTurn = place >= 3;
      const value = (motion[place] as number) + (this.#random() - 0.5) * (isTurn ? 0.01 : 0.1);
      const stored = Math.round(value / (isTurn ? turnScale : accelerationScale));
      this.#view.setInt16(to, Math.max(-32768, Math.min(32767, stored)), true);
    });
    const to = at.get('timestamp');
    if (to !== undefined) this.#view.setBigInt64(to, BigInt(Math.round(stampUs)) * 1000n, true);
  }

  #write(length: number): boolean {
    try {
      return writeSync(this.#pipe, this.#scan, 0, length) === length;
    } catch {
      return false;
    }
  }
}

/** Metres per second squared and radians a second, of the six axes. */
function motionAt(seconds: number): number[] {
  const sinceBump = (seconds - firstBump) % bumpEvery;
  const bump = seconds >= firstBump && sinceBump < bumpSeconds ? Math.sin((Math.PI * sinceBump) / bumpSeconds) : 0;
  const turn = 0.6 * Math.sin((2 * Math.PI * seconds) / 8);
  return [-15 * bump, 0.4 * turn, 9.81 + 3 * bump, 0, 0, turn];
}

const axes = ['accel_x', 'accel_y', 'accel_z', 'anglvel_x', 'anglvel_y', 'anglvel_z'];
const firstBump = 0.5;
const bumpEvery = 2;
const bumpSeconds = 0.06;
/** Of 16 bits: ±2 g, and ±250 degrees a second. */
const accelerationScale = 0.000598;
const turnScale = 0.000133;
const tickMs = 5;

const attributes: Readonly<Record<string, string>> = {
  name: 'axond-emulated',
  sampling_frequency: '104',
  sampling_frequency_available: '26 52 104 208 416',
  in_accel_scale: String(accelerationScale),
  in_anglvel_scale: String(turnScale),
  current_timestamp_clock: 'realtime',
  'buffer/enable': '0',
  'buffer/length': '2',
  ...Object.fromEntries(
    [...axes, 'timestamp'].flatMap((name, index) => [
      [`scan_elements/in_${name}_en`, '0'],
      [`scan_elements/in_${name}_index`, String(index)],
      [`scan_elements/in_${name}_type`, name === 'timestamp' ? 'le:s64/64>>0' : 'le:s16/16>>0'],
    ]),
  ),
};
