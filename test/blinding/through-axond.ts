import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';
import { openPty } from '../../drivers/serial/pty.js';
import type { Condition } from '../../runtime/contracts.js';
import { roles } from '../../runtime/link/dashboard/messages.js';
import { tokenPath } from '../../runtime/link/dashboard/tokens.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { openRecording } from '../../runtime/recording/read.js';
import { drawRows, encodeAllocation, type Row } from '../../runtime/study/allocation.js';
import { writeSealed } from '../../runtime/study/sealed-files.js';
import { askControl, type ControlRequest } from '../../runtime/supervisor/control-socket.js';
import type { Status } from '../../runtime/supervisor/status.js';
import { startAxond, temporaryFolder, until } from '../axond-process.js';
import { Mosquitto } from '../mosquitto.js';
import type { Seen, Stretch } from './seen.js';
import { startOfNight, takeBytes } from './through-guardian.js';

/** What was seen of a night of real processes, and its stretches, in their order. */
export interface WatchedNight {
  readonly seen: readonly Seen[];
  readonly stretches: readonly Stretch[];
  /** In the stretches. */
  readonly stimuli: number;
  /** How often a machine that was too busy had it disarmed; it was armed again. */
  readonly disarmed: number;
}

/**
 * A night of blocks of two seconds in the real axond, as a lab runs it: emulated amplifier, broker, page for both roles
 * and list of beds, status, all that is logged, every file that it leaves. A policy of the user's asks twelve times a
 * second, so that a condition that shows anywhere shows within a stretch of half a second. The actuator is that of the
 * kind `bench` on a pseudo-terminal. Nobody reads that before the end: the end of shams is not read either. Ends with
 * `count` stretches of each condition. With `only` all is given in one condition, and the labels stand for nothing: what
 * is found then is of the load of the machine.
 */
export async function throughAxond(
  count: number,
  ends: { after(end: () => unknown): void },
  only?: Condition,
): Promise<WatchedNight> {
  const folder = temporaryFolder();
  const [record, sealed, board] = [join(folder, 'records'), join(folder, 'sealed'), join(folder, 'board')];
  for (const one of [record, sealed]) mkdirSync(one);
  const blocks = 2 * Math.ceil(count / stretchesOfBlock) + spareBlocks;
  const shape = { participants: ['P001'], nights: 1, blocks };
  const rows = drawRows(shape, (n) => randomInt(n));
  const allocation = join(sealed, 'leak.sealed');
  const head = { study: 'leak', made: new Date().toISOString(), nonce: randomBytes(32).toString('hex') };
  const given = rows.map((row): Row => ({ ...row, condition: only ?? row.condition }));
  await writeSealed(allocation, encodeAllocation({ ...head, ...shape, blockSeconds, rows: given }));
  const pty = openPty();
  ends.after(() => pty.close());
  const broker = await Mosquitto.start(ends);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const environment = { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: join(folder, 'run'), AXOND_LOG: 'debug' };
  writeFileSync(join(folder, 'again.mjs'), policyText);
  const file = join(folder, 'leak.yaml');
  writeFileSync(file, configuration({ record, url, board, port: pty.path, allocation }));
  startAxond(ends, ['emulate', 'cyton', '--link', board], environment);

  const seen: Seen[] = [];
  const see = (surface: string, text: string, atUs = monotonicUs()): void => void seen.push({ surface, atUs, text });
  const client = mqtt.connect(url, { protocolVersion: 5 });
  ends.after(() => client.end(true));
  client.on('message', (topic, payload, { retain }) =>
    see(topicSurface(topic), `${payload.toString()}${retain ? ' kept' : ''}`),
  );
  await client.subscribeAsync('#', { qos: 1 });

  const run = startAxond(ends, ['run', '--config', file, '--json'], environment);
  let rest = '';
  run.child.stderr?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) see('lines of the log', line);
  });
  const ask = (request: ControlRequest) => askControl(join(folder, 'run', 'leak', 'control.sock'), request);
  const status = async (): Promise<Status | undefined> => {
    const answer = await ask({ verb: 'status' }).catch(() => undefined);
    return answer?.ok === true ? (answer.value as Status) : undefined;
  };
  await until('its page', async () => ((await status())?.dashboard?.url ?? '') !== '', 60_000);
  const page = (await status())?.dashboard?.url ?? '';
  for (const [role, view] of [...roles.map((role) => [role, 'run'] as const), ['blinded', 'beds'] as const]) {
    const socket = new WebSocket(`${page.replace('http', 'ws')}live`, { origin: new URL(page).origin });
    ends.after(() => socket.terminate());
    const token = readFileSync(tokenPath(join(record, 'state'), role), 'utf8').trim();
    socket.on('open', () => socket.send(JSON.stringify({ token, view })));
    const surface = view === 'beds' ? 'page of beds' : `page, ${role}`;
    socket.on('message', (bytes: Buffer, isBinary) => {
      if (isBinary) see('signal on a page', JSON.stringify({ bytes: bytes.length }));
      else see(surface, bytes.toString('utf8'));
    });
  }
  await until('samples', async () => ((await status())?.source.samples ?? 0) > 0, 60_000);
  const refused = (answer: Awaited<ReturnType<typeof ask>>): string => (answer.ok ? '' : answer.reasons.join('; '));
  const dark = refused(await ask({ verb: 'mark', text: '', mark: 'lightsOff', by: 'AM', forSeconds: 36_000 }));
  if (dark !== '') throw new Error(dark);
  let against = '';
  const arm = async (): Promise<boolean> => {
    against = refused(await ask({ verb: 'arm', device: 'leak', forSeconds: 35_000 }));
    return against === '';
  };
  await until('arming', arm, 120_000).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${against}\n${run.stderr().slice(-2000)}`);
  });
  await until('a stimulus', async () => ((await status())?.stimulation?.stimuli ?? 0) > 0, 60_000);

  const beginUs = startOfNight(allocation);
  const firstBlock = Math.ceil((monotonicUs() - beginUs) / blockUs);
  const stretches = stretchesFrom(firstBlock, beginUs, given.length, rows, count);
  const endUs = (stretches.at(-1)?.toUs ?? 0) + edgeUs;
  const files = new FileWatch([record, join(folder, 'run')]);
  let disarmed = 0;
  while (monotonicUs() < endUs) {
    const answer = await status();
    if (answer) see('axond status', JSON.stringify(answer));
    for (const [surface, atUs, text] of files.look()) see(surface, text, atUs);
    const guardian = answer?.processes.guardian ?? null;
    if (guardian !== null) see('processes of the machine', processOf(guardian));
    if (answer?.stimulation?.armed === false) {
      if (++disarmed > mostDisarmed)
        throw new Error(`disarmed again and again: a busy machine?\n${run.stderr().slice(-2000)}`);
      await arm();
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  run.child.kill('SIGINT');
  const code = await run.exited;
  if (code !== 0) throw new Error(`axond ended with ${code}: ${run.stderr().slice(-2000)}`);
  const stimuli = readRecording(record, see, { given, stretches, beginUs, bytes: bytesOf(pty.master) });
  return { seen, stretches, stimuli, disarmed };
}

interface Blocks {
  readonly given: readonly Row[];
  readonly stretches: readonly Stretch[];
  readonly beginUs: number;
  /** That came out at the far end. */
  readonly bytes: number;
}

/** Events and reads, as anybody can who has the file. Refuses a night in which conditions were not as they were drawn. */
function readRecording(
  record: string,
  see: (surface: string, text: string, atUs: number) => void,
  { given, stretches, beginUs, bytes }: Blocks,
): number {
  const [name = ''] = readdirSync(record).filter((one) => one.endsWith('.db'));
  const recording = openRecording(join(record, name));
  let stimuli = 0;
  let [least, most] = [0, 0];
  try {
    for (const { event, text } of recording.readableEvents()) {
      if (!event) continue;
      see('events of the recording', JSON.stringify({ [event.kind]: event, text }), event.us);
      if (event.kind !== 'permit') continue;
      if (stretches.some(({ fromUs, toUs }) => event.us >= fromUs && event.us < toUs)) stimuli++;
      const blockAt = (us: number): number => Math.floor((us - beginUs) / blockUs);
      const isReal = (us: number): boolean => given[blockAt(us)]?.condition === 'real';
      if (isReal(event.us) && isReal(event.us - edgeUs)) least++;
      if (isReal(event.us) || isReal(event.us - edgeUs)) most++;
    }
    for (const { nowUs, block } of recording.cycles())
      see('reads of the recording', JSON.stringify({ frames: block.frames }), nowUs);
  } finally {
    recording.close();
  }
  if (bytes < least || bytes > most) throw new Error(`${bytes} real stimuli where ${least} to ${most} were drawn`);
  return stimuli;
}

function bytesOf(master: number): number {
  let all = 0;
  for (let more = takeBytes(master); more > 0; more = takeBytes(master)) all += more;
  return all;
}

/** Of whole blocks but their beginning: what was given before is still being told then. */
function stretchesFrom(
  firstBlock: number,
  beginUs: number,
  blocks: number,
  rows: readonly Row[],
  count: number,
): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const counts = { real: 0, sham: 0 };
  // A pair of blocks holds both conditions: one must not tell of the other.
  for (let block = firstBlock + (firstBlock % 2); block < blocks; block++) {
    const { condition } = rows[block] as Row;
    for (let n = 0; n < stretchesOfBlock; n++) {
      const fromUs = beginUs + block * blockUs + edgeUs + n * stretchUs;
      stretches.push({ fromUs, toUs: fromUs + stretchUs, condition, group: block >> 1 });
      counts[condition]++;
    }
    if (block % 2 === 1 && Math.min(counts.real, counts.sham) >= count) return stretches;
  }
  throw new Error('the blocks do not last: arming took too long');
}

/** Tells what has grown or was touched, when, and by how much. */
class FileWatch {
  readonly #folders: readonly string[];
  readonly #known = new Map<string, { size: number; mtimeMs: number }>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
    this.look();
  }

  look(): [surface: string, atUs: number, text: string][] {
    const offsetUs = monotonicUs() - (performance.timeOrigin + performance.now()) * 1000;
    return this.#folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name): [string, number, string][] => {
        const path = join(folder, name);
        const now = statSync(path, { throwIfNoEntry: false });
        if (!now?.isFile()) return [];
        const { size, mtimeMs } = now;
        const before = this.#known.get(path);
        this.#known.set(path, { size, mtimeMs });
        if (before?.size === size && before.mtimeMs === mtimeMs) return [];
        const text = JSON.stringify({ more: size - (before?.size ?? 0), afterMs: mtimeMs - (before?.mtimeMs ?? NaN) });
        return [[fileSurface(name), mtimeMs * 1000 + offsetUs, text]];
      }),
    );
  }
}

/** What every user of a machine sees of a process: processor time in hundredths, and how often it gave its processor up. */
function processOf(pid: number): string {
  if (!existsSync(`/proc/${pid}`)) return '{}'; // It was latched, and another one begins.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const switches = /voluntary_ctxt_switches:\s+(\d+)\nnonvoluntary_ctxt_switches:\s+(\d+)/.exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  const [user, system] = [stat[11], stat[12]].map(Number);
  return JSON.stringify({ user, system, gave: Number(switches?.[1]), taken: Number(switches?.[2]) });
}

const topicSurface = (topic: string): string => `topic ${topic.replace(/^axond\/1\/[^/]+\//, '')}`;

/** By what it is: of names that hold a time or the name of the box, the ending. */
function fileSurface(name: string): string {
  const [, ending = ''] = /(\.(?:db|db-wal|db-shm|deliveries|night|published|published\.new))$/.exec(name) ?? [];
  return `file ${name.startsWith('state') || ending === '' ? name : `NAME${ending}`}`;
}

interface Parts {
  readonly record: string;
  readonly url: string;
  readonly board: string;
  readonly port: string;
  readonly allocation: string;
}

const configuration = ({ record, url, board, port, allocation }: Parts): string => `
device: { name: leak, timeZone: Europe/Zurich, record: ${record}, mqtt: "${url}", dashboard: { port: 0 } }
source: { use: cyton, port: ${board}, electrodes: { C3: 1, M2: 2 } }
signals: { c3: { from: C3 - M2 } }
detectors:
  spindle: { use: threshold, signal: c3, level: 40uV }
  contact: { use: signal-quality, signal: c3 }
policy: { use: ./again.mjs }
actuators: { box: { use: bench, port: ${port} } }
stimulus: { actuator: box, duration: 2ms }
gate: { interval: 60ms, perMinute: 1200, perHour: 72000, perNight: 200000 }
study: { name: leak, participant: P001, night: 1, allocation: ${allocation} }
`;

/** Every 48 to 112 ms, in an order that only looks like chance, and sometimes sooner than the gate allows. */
const policyText = `
export const create = () => {
  let next = 0;
  let state = 1;
  return {
    decide(detections, count, lastIndex, clock, port) {
      if (lastIndex < next) return;
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      next = lastIndex + 12 + Math.floor((state / 2 ** 32) * 17);
      const { request } = port;
      request.detector = 0;
      request.onset = lastIndex;
      request.fireAtUs = 0;
      request.expiresUs = clock.timeOf(lastIndex) + 200e3;
      request.variant = 0;
      request.withheld = false;
      port.submit();
    },
    reset() {},
  };
};
`;

const blockSeconds = 2;
const blockUs = blockSeconds * 1e6;
const edgeUs = 0.5e6;
const stretchUs = 0.5e6;
const stretchesOfBlock = 3;
/** A minute and a half for the start. */
const spareBlocks = 90;
const lookMs = 60;
const mostDisarmed = 200;
