import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { CoreRequests } from '../core-requests.js';
import type { FromLink } from '../messages.js';
import { Dashboard, type BedList, type Followed } from './dashboard.js';
import type { ToPage } from './messages.js';
import type { ShownStatus } from './options.js';
import { readTokens } from './tokens.js';

/** A page that is really served, of a run that is not there: what the core is asked for is kept, and answered. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  silenceSocket = '/nowhere/silence.sock',
  beds: BedList = noBeds,
  {
    notes = false,
    port = 0,
    eventsAfter = () => [],
  }: { notes?: boolean; port?: number } & Partial<Pick<Followed, 'eventsAfter'>> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'axond-page-'));
  const said: FromLink[] = [];
  let listening: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => (listening = resolve));
  const core: CoreRequests = new CoreRequests(silenceSocket, 'boot', (message) => say(message));
  const say = (message: FromLink): void => {
    said.push(message);
    if ('dashboard' in message) listening(message.dashboard.url + message.dashboard.problem);
    if ('request' in message)
      setImmediate(() => core.answered({ id: message.request.id, ok: true, data: {}, reasons: [] }));
  };
  const stream = { rate: 250, channels: [{ name: 'C3', unit: 'uV', scale: 0.5 }] };
  const options = {
    address: '127.0.0.1',
    port,
    hosts: ['bedside-1.local'],
    socket: join(folder, 'http.sock'),
    state: folder,
    timeZone: 'UTC',
    stream,
    stimulates: true,
    notes,
  };
  const recording: Followed = {
    path: join(folder, 'none.db'),
    run: { detectors: ['spindle'], estimates: { asleep: ['sleep'] }, startUs: 0, startWallMs: 0 },
    eventsAfter,
    close: () => undefined,
  };
  const dashboard = new Dashboard(options, 'bedside-1', recording, core, beds, say);
  t.after(() => {
    dashboard.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { dashboard, url: await url, said, socket: options.socket, folder, tokens: readTokens(folder) };
}

const noBeds: BedList = {
  rows: () => [],
  broker: null,
  acknowledge: (bed) => Promise.resolve({ ok: false, text: `${bed}: unknown` }),
};

/** A page without a browser. */
export class Client {
  readonly heard: ToPage[] = [];
  readonly frames: Buffer[] = [];
  /** Code of its end, or why it could not begin. */
  readonly closed: Promise<string>;
  readonly socket: WebSocket;

  constructor(
    t: Pick<TestContext, 'after'>,
    url: string,
    { token = '', origin = new URL(url).origin, host = '', view = '' } = {},
  ) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}live`, {
      origin,
      ...(host === '' ? {} : { headers: { host } }),
    });
    t.after(() => this.socket.terminate());
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code) => resolve(String(code)));
      this.socket.once('error', (error) => resolve(error.message));
    });
    this.socket.on('open', () => {
      if (token !== '') this.send({ token, ...(view === '' ? {} : { view }) });
    });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.frames.push(data);
      else this.heard.push(JSON.parse(data.toString('utf8')) as ToPage);
    });
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

export const status: ShownStatus = {
  name: 'bedside-1',
  recording: '/records/night.db',
  runningSeconds: 60,
  source: {
    device: 'cyton',
    port: '/dev/ttyUSB0',
    state: 'streaming',
    notice: '',
    samples: 15_000,
    gaps: 0,
    lostFrames: 0,
    driftPpm: null,
  },
  detections: 4,
  stimulation: {
    armed: true,
    armedForSeconds: 600,
    holding: ['interval', 'quality', 'per-hour', 'schedule', 'lease'],
    stimuli: 12_345,
    refusals: 54_321,
    lastReasons: ['interval'],
    actuator: 'headphones',
    guardian: 'ready',
    budget: { state: 'known', left: { hour: 98_765, day: 2, night: 3 } },
  },
  place: null,
  night: null,
  alarms: [],
  ringLosses: { samples: 0 },
  recorder: { state: 'recording', lagMs: 3 },
  mqtt: { connected: true, detail: '', published: 77_777, acked: 77_777 },
};
