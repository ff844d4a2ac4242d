import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { ReceiptState } from '../../runtime/contracts.js';
import { tokenPath } from '../../runtime/link/dashboard/tokens.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { openRecording } from '../../runtime/recording/read.js';
import { axond, startAxond, temporaryFolder, until } from '../axond-process.js';
import { Chromium, hasChromium, type Tab } from './browser.js';

/**
 * `npm run dashboard-load [-- ROUNDS SECONDS]`: what pages that look on cost. One run with a stimulus a second; in turn
 * nobody looks, one real Chromium does, and ten pages do, that Chromium among them. Compared is the latency from the
 * bytes to the stimulus (p95 of ten against none: at most a fifth more) and the processor time of the link process (one
 * page: at most 15 % of a core). The browser runs at low priority, because it stands on another machine in life.
 * Exit 1 if it does not hold.
 */

const [rounds = 6, seconds = 30] = process.argv.slice(2).map(Number);
const kinds = ['none', 'one', 'ten'] as const;
type Kind = (typeof kinds)[number];

const ends: (() => void)[] = [];
const t = { after: (end: () => void): void => void ends.push(end) };
const folder = temporaryFolder();
const environment = { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder };

interface Share {
  /** Of one core. */
  link: number;
  core: number;
}
const windows: { readonly kind: Kind; readonly fromUs: number; readonly toUs: number }[] = [];
const shares: Record<Kind, Share[]> = { none: [], one: [], ten: [] };
const drawn: number[] = [];
const received: number[] = [];

async function measure(): Promise<boolean> {
  if (!hasChromium) throw new Error('no Chromium is installed. Install it: sudo apt-get install chromium');
  writeFileSync(join(folder, 'each-second.mjs'), policy);
  writeFileSync(join(folder, 'load.yaml'), configuration);
  const demo = startAxond(t, ['demo', '--json', '--config', join(folder, 'load.yaml')], environment);
  await until('the page', () => /dashboard: (http:\S+)/.test(demo.stderr()), 120_000);
  const url = /dashboard: (http:\S+)/.exec(demo.stderr())?.[1] ?? '';
  const token = readFileSync(tokenPath(join(folder, 'recordings', 'state'), 'operator'), 'utf8').trim();
  const asked = await axond(t, ['status', '--device', 'load', '--json'], environment);
  const { core, link } = z.object({ core: z.number(), link: z.number() }).parse(asked.json['processes']);
  const browser = await Chromium.start(['nice', '-n', '19']);
  ends.push(() => browser.close());

  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      const tab = kind === 'none' ? undefined : await browser.open(`${url}#token=${token}`);
      const pages = kind === 'ten' ? await Promise.all(Array.from({ length: 9 }, () => look(url, token))) : [];
      if (tab) await counting(tab);
      await pause(2);
      const before = { us: monotonicUs(), link: ticks(link), core: ticks(core), drawn: await draws(tab) };
      const frames = pages.map((page) => page.frames);
      await pause(seconds);
      const spent = (monotonicUs() - before.us) / 1e6;
      windows.push({ kind, fromUs: before.us, toUs: monotonicUs() });
      shares[kind].push({
        link: (ticks(link) - before.link) / ticksPerSecond / spent,
        core: (ticks(core) - before.core) / ticksPerSecond / spent,
      });
      if (tab) drawn.push(((await draws(tab)) - before.drawn) / spent);
      received.push(...pages.map((page, place) => (page.frames - (frames[place] ?? 0)) / spent));
      for (const page of pages) page.socket.terminate();
      await tab?.close();
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  demo.child.kill('SIGINT');
  await demo.exited;
  const { recording } = JSON.parse(demo.stdout().trim().split('\n').at(-1) ?? '') as { recording: string };
  return report(latencies(recording));
}

function report(found: Record<Kind, number[]>): boolean {
  const p95: Record<Kind, number> = { none: NaN, one: NaN, ten: NaN };
  for (const kind of kinds) {
    const sorted = found[kind].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
    p95[kind] = at(0.95);
    const mean = (of: keyof Share): string =>
      ((100 * shares[kind].reduce((sum, share) => sum + share[of], 0)) / shares[kind].length).toFixed(1);
    print(
      `${kind.padEnd(5)} ${sorted.length} stimuli: median ${at(0.5).toFixed(2)} ms, p95 ${at(0.95).toFixed(2)} ms; link ${mean('link')} % of a core, core process ${mean('core')} %`,
    );
  }
  const average = (values: number[]): string =>
    (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(1);
  print(`pages: ${average(received)} frames a second each; Chromium drew ${average(drawn)} a second`);
  const change = 100 * (p95.ten / p95.none - 1);
  const linkShare = (100 * shares.one.reduce((sum, { link }) => sum + link, 0)) / shares.one.length;
  print(`p95 with ten pages: ${change >= 0 ? '+' : ''}${change.toFixed(0)} % (at most +20 %)`);
  print(`link process with one page: ${linkShare.toFixed(1)} % of a core (at most 15 %)`);
  return change <= 20 && linkShare <= 15;
}

/** Milliseconds from the arrival of the bytes to the start of each stimulus, by what looked on. */
function latencies(path: string): Record<Kind, number[]> {
  const found: Record<Kind, number[]> = { none: [], one: [], ten: [] };
  const recording = openRecording(path);
  for (const { event } of recording.readableEvents()) {
    if (event?.kind !== 'receipt' || event.state !== ReceiptState.started) continue;
    const window = windows.find(({ fromUs, toUs }) => event.atUs >= fromUs && event.atUs <= toUs);
    if (window) found[window.kind].push((event.atUs - event.arrivalUs) / 1000);
  }
  recording.close();
  return found;
}

interface Page {
  readonly socket: WebSocket;
  frames: number;
}

async function look(url: string, token: string): Promise<Page> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}live`, { origin: new URL(url).origin });
  const page: Page = { socket, frames: 0 };
  socket.on('error', () => undefined);
  socket.on('open', () => socket.send(JSON.stringify({ token })));
  socket.on('message', (_data, isBinary) => {
    if (isBinary) page.frames++;
  });
  await until('a page to be fed', () => page.frames > 0, 60_000);
  return page;
}

/** Each drawing of the traces ends with its scale, on which "1 s" is written. */
async function counting(tab: Tab): Promise<void> {
  await tab.value(
    `(() => { const kept = CanvasRenderingContext2D.prototype.fillText; globalThis.drawn = 0; CanvasRenderingContext2D.prototype.fillText = function (text, ...more) { if (text === '1 s') globalThis.drawn++; kept.call(this, text, ...more); }; })()`,
  );
}

async function draws(tab: Tab | undefined): Promise<number> {
  return tab ? Number(await tab.value('globalThis.drawn')) : 0;
}

/** Of a process, in ticks of the clock. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function pause(forSeconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forSeconds * 1000));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ticksPerSecond = 100;

/** Asks for a stimulus each second. */
const policy = `
export const create = () => {
  let next = 0;
  return {
    decide(detections, count, lastIndex, clock, port) {
      if (lastIndex < next) return;
      next = lastIndex + 255;
      const { request } = port;
      request.detector = -1;
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

const configuration = `
device: { name: load, record: recordings, dashboard: { port: 0 } }
source: { use: cyton, electrodes: { C3: 1, C4: 2, M1: 3, M2: 4, E1: 5, E2: 6, EMG: 7, Fz: 8 } }
signals: { c3: { from: C3 - M2 } }
detectors:
  spindle: { use: spindle-t1, signal: c3, model: spindle-t1-free, point: accurate }
  asleep: { use: sleep-gate, signal: c3 }
  contact: { use: signal-quality, signal: c3 }
policy: { use: ./each-second.mjs }
actuators: { light: { use: virtual } }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 900ms, perMinute: 60, perHour: 1200, perNight: 6000 }
`;

try {
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  for (const end of ends.reverse()) end();
}
