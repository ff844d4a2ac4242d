import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { alsa } from '../../drivers/audio/alsa.js';
import { createDevice } from '../../drivers/devices.js';
import { compilePlaceRun } from '../config/compile-place.js';
import { compileRun } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';

/** What was seen of a machine, before anybody judges it. What nobody could tell is null. */
export interface Machine {
  readonly node: string;
  /** This program is that of a Debian package, whose modules no npm looks after. */
  readonly packaged: boolean;
  /** By package: the empty string where it loads, else why not. */
  readonly packages: Readonly<Record<PackageName, string>>;
  readonly programs: Readonly<Record<'stty' | 'mkfifo', boolean>>;
  readonly realtime: boolean;
  readonly clock: { readonly synchronised: boolean | null; readonly hasRtc: boolean };
  /** Null where there is none. */
  readonly configuration: { readonly fault: string } | null;
  readonly recordings: {
    readonly folder: string;
    readonly fileSystem: string;
    readonly readOnly: boolean;
    readonly freeBytes: number;
    /** What ten hours need at the most. */
    readonly nightBytes: number;
  };
  readonly devices: readonly DeviceFile[];
  readonly sound: { readonly problem: string; readonly cards: readonly string[] };
  /** Word of the firmware of a Raspberry Pi, see vcgencmd get_throttled. */
  readonly throttled: number | null;
  readonly celsius: number | null;
  /** Null where systemd knows no such unit, or does not run. */
  readonly unit: { readonly active: string; readonly enabled: string; readonly text: string } | null;
  /** Null where none is configured. */
  readonly broker: { readonly url: string; readonly problem: string } | null;
}

export interface DeviceFile {
  readonly path: string;
  readonly kind: 'serial' | 'gpio' | 'spi';
  readonly mayOpen: boolean;
  readonly group: string;
  /** Of an FTDI chip. */
  readonly latencyMs: number | null;
}

export const packageNames = ['better-sqlite3', 'serialport', 'koffi', 'onoff', '@tensorflow/tfjs-node'] as const;
export type PackageName = (typeof packageNames)[number];

/** What a configuration is loaded from. */
export interface ConfigurationSources {
  readonly files: readonly string[];
  readonly sets: readonly string[];
}

/**
 * Looks at this machine, for what is configured; without it, for the service. Takes two seconds at the most, where a
 * broker does not answer.
 */
export async function lookAtMachine(configured = serviceFiles()): Promise<Machine> {
  const service = describeConfiguration(configured);
  const record = service?.record ?? (existsSync(serviceRecords) ? serviceRecords : 'recordings');
  const packages = await Promise.all(packageNames.map(async (name) => [name, await whyNot(name)] as const));
  return {
    node: process.versions.node,
    packaged: import.meta.dirname.startsWith('/usr/lib/axond/'),
    packages: Object.fromEntries(packages) as Record<PackageName, string>,
    programs: { stty: succeeds('stty', '--version'), mkfifo: succeeds('mkfifo', '--version') },
    realtime: succeeds('chrt', '-f', '50', 'true'),
    clock: { synchronised: await clockSynchronised(), hasRtc: existsSync('/sys/class/rtc/rtc0') },
    configuration: service ? { fault: service.fault } : null,
    recordings: { ...diskOf(resolve(record)), nightBytes: (service?.bytesPerSecond ?? cytonBytes) * 10 * 3600 },
    devices: deviceFiles(),
    sound: sound(),
    throttled: throttled(),
    celsius: hottest(),
    unit: unitState(),
    broker: service?.broker === undefined ? null : { url: service.broker, problem: await unreachable(service.broker) },
  };
}

/** What the unit of systemd runs with. */
function serviceFiles(): ConfigurationSources {
  const files = ['device.yaml', 'protocol.yaml'].map((name) => join('/etc/axond', name)).filter(existsSync);
  return { files, sets: [] };
}

function describeConfiguration(
  sources: ConfigurationSources,
): { fault: string; record?: string; bytesPerSecond?: number; broker?: string } | undefined {
  if (sources.files.length === 0) return undefined;
  try {
    const { configuration } = loadConfiguration(sources);
    const { device } = configuration;
    const rate = compilePlaceRun(configuration) ? undefined : bytesOf(compileRun(configuration));
    return {
      fault: '',
      record: device.record,
      ...(rate === undefined ? {} : { bytesPerSecond: rate }),
      ...(device.mqtt ? { broker: device.mqtt.url } : {}),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { fault: text.split('\n', 1)[0] ?? '' };
  }
}

function bytesOf({ source }: ReturnType<typeof compileRun>): number {
  const { rate, channels } = createDevice(source.device).info;
  return rate * (channels.length * 4 + 16);
}

async function whyNot(name: PackageName): Promise<string> {
  try {
    if (name === 'better-sqlite3') {
      const { default: Database } = await import('better-sqlite3');
      new Database(':memory:').close();
    } else await import(name);
    return '';
  } catch (error) {
    const parsed = coded.safeParse(error);
    if (parsed.success) return parsed.data.code;
    return (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/, 1)[0]?.slice(0, 100) ?? '';
  }
}
const coded = z.object({ code: z.string() });

/** The kernel's own word, whoever sets its clock: adjtimex(2) that changes nothing. */
async function clockSynchronised(): Promise<boolean | null> {
  try {
    const { load } = (await import('koffi')).default;
    const adjtimex = load('libc.so.6').func('int adjtimex(void *timex)');
    const state: unknown = adjtimex(Buffer.alloc(256));
    return state === -1 ? null : state !== unsynchronised;
  } catch {
    return null;
  }
}
const unsynchronised = 5;

/** Of the folder, or of the nearest one above that is there. */
function diskOf(folder: string): Omit<Machine['recordings'], 'nightBytes'> {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  const { fileSystem, readOnly } = mountOf(there);
  return { folder, fileSystem, readOnly, freeBytes: bavail * bsize };
}

function mountOf(folder: string): { fileSystem: string; readOnly: boolean } {
  let best = { point: '', fileSystem: 'unknown', readOnly: false };
  for (const line of textOf('/proc/self/mountinfo').split('\n')) {
    // … mount point, options, optional fields, a dash, type …; spaces in the point are octal.
    const [, point = '', options = '', fileSystem = ''] =
      /^\d+ \d+ \S+ \S+ (\S+) (\S+) (?:\S+ )*?- (\S+)/.exec(line) ?? [];
    const path = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const isAbove = folder === path || folder.startsWith(path === '/' ? '/' : `${path}/`);
    if (path !== '' && isAbove && path.length >= best.point.length)
      best = { point: path, fileSystem, readOnly: options.split(',').includes('ro') };
  }
  return best;
}

function deviceFiles(): DeviceFile[] {
  return readdirSync('/dev').flatMap((name) => {
    const kind = kinds.find(({ pattern }) => pattern.test(name))?.kind;
    if (!kind) return [];
    const latency = textOf(`/sys/bus/usb-serial/devices/${name}/latency_timer`).trim();
    const path = `/dev/${name}`;
    return [{ path, kind, mayOpen: mayOpen(path), group: groupOf(path), latencyMs: latency ? Number(latency) : null }];
  });
}
const kinds = [
  { kind: 'serial', pattern: /^tty(USB|ACM)\d+$/ },
  { kind: 'gpio', pattern: /^gpiochip\d+$/ },
  { kind: 'spi', pattern: /^spidev\d+\.\d+$/ },
] as const;

function groupOf(path: string): string {
  const { gid } = statSync(path);
  return new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(textOf('/etc/group'))?.[1] ?? String(gid);
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function sound(): Machine['sound'] {
  try {
    alsa();
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), cards: [] };
  }
  const found = textOf('/proc/asound/cards').matchAll(/^ *(\d+) \[[^\]]*\]: (.*)$/gm);
  return { problem: '', cards: [...found].map(([, card = '', name = '']) => `hw:${card} ${name}`) };
}

function throttled(): number | null {
  const said = outputOf('vcgencmd', 'get_throttled');
  const word =
    /0x([0-9a-f]+)/i.exec(said)?.[1] ?? textOf('/sys/devices/platform/soc/soc:firmware/get_throttled').trim();
  return /^[0-9a-f]+$/i.test(word) ? parseInt(word, 16) : null;
}

function hottest(): number | null {
  const folder = '/sys/class/thermal';
  const zones = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('thermal_zone')) : [];
  const degrees = zones.map((zone) => parseInt(textOf(join(folder, zone, 'temp')), 10) / 1000).filter(Number.isFinite);
  return degrees.length === 0 ? null : Math.max(...degrees);
}

function unitState(): Machine['unit'] {
  const wanted = 'LoadState,ActiveState,UnitFileState,StatusText';
  const shown = outputOf('systemctl', 'show', 'axond.service', '-p', wanted);
  const said = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  if (said('LoadState') !== 'loaded') return null;
  return { active: said('ActiveState'), enabled: said('UnitFileState'), text: said('StatusText') };
}

/** Why nobody listens there, or the empty string. */
function unreachable(address: string): Promise<string> {
  const { protocol, hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || (protocol === 'mqtts:' ? 8883 : 1883)) });
    const end = (problem: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(2000, () => end('no answer within 2 s'));
    socket.on('connect', () => end(''));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function succeeds(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

/** Empty where it fails, or is not there. */
function outputOf(program: string, ...parameters: string[]): string {
  const { status, stdout } = spawnSync(program, parameters, { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const serviceRecords = '/var/lib/axond';
/** A Cyton at 250 Hz, uncompressed: eight electrodes and three further channels. */
const cytonBytes = 250 * (11 * 4 + 16);
