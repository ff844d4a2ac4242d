import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BedReport } from '../runtime/link/bed.js';
import type { BedRow } from '../runtime/link/beds.js';
import { Client } from '../runtime/link/dashboard/web-server.test.fixture.js';
import { tokenPath } from '../runtime/link/dashboard/tokens.js';
import type { FromLink, LinkOptions } from '../runtime/link/messages.js';
import { LinkProcess } from '../runtime/link/start.js';
import { Recorded } from '../runtime/recording/recording.test.fixture.js';
import { until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';

/** Two beds at a real broker: link processes without a core, one of which serves the page. */

const well: BedReport = { code: null, state: 'armed', armed_until: null, sample_age_s: 0.1, alarms: [] };
const signal = {
  alarm: 'signal',
  words: 'no signal',
  detail: '',
  fix: 'Look.',
  since: '2026-11-29T03:00:00.000Z',
  over: false,
  by: '',
};

function start(t: TestContext, node: string, url: string, dashboard: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'axond-beds-'));
  const recording = join(folder, `${node}.db`);
  const recorded = new Recorded(recording);
  recorded.stream(1);
  recorded.commit();
  t.after(() => recorded.close());
  const options: LinkOptions = {
    url,
    node,
    bootId: 'boot',
    recording,
    silenceSocket: join(folder, 'none.sock'),
    description: {},
    ...(dashboard
      ? {
          dashboard: {
            address: '127.0.0.1',
            port: 0,
            hosts: [],
            socket: join(folder, 'http.sock'),
            state: folder,
            timeZone: 'UTC',
            stream: { rate: 250, channels: [{ name: 'C3', unit: 'uV', scale: 1 }] },
            stimulates: false,
            notes: false,
          },
        }
      : {}),
  };
  const said: FromLink[] = [];
  const link = new LinkProcess(options, { onMessage: (message) => said.push(message), onExit: () => undefined });
  t.after(() => link.kill());
  return { link, said, folder };
}

test('R-54 the list of beds shows another bed, has its alarm acknowledged there, and is an alarm itself when that bed is killed', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const other = start(t, 'bed-2', url, false);
  const own = start(t, 'bed-1', url, true);
  const connected = ({ said }: typeof own): boolean =>
    said.some((one) => 'connection' in one && one.connection.connected);
  await until('both at the broker', () => connected(own) && connected(other), 60_000);
  own.link.send({ bed: well });
  other.link.send({ bed: { ...well, alarms: [signal] } });
  const page = (): string => own.said.flatMap((one) => ('dashboard' in one ? [one.dashboard.url] : []))[0] ?? '';
  await until('the page', () => page() !== '', 60_000);
  assert.equal((await fetch(`${page()}beds`)).status, 200);
  const token = readFileSync(tokenPath(own.folder, 'blinded'), 'utf8').trim();
  const client = new Client(t, page(), { token, view: 'beds' });
  const rows = (): readonly BedRow[] =>
    client.heard.flatMap((one) => ('beds' in one && one.beds.broker === true ? [one.beds.rows] : [])).at(-1) ?? [];
  const shown = (): string =>
    rows()
      .map(({ name, alarms }) => [name, ...alarms.map(({ alarm }) => alarm)].join(' '))
      .join(', ');
  await until('both beds, the worse one first', () => shown() === 'bed-2 signal, bed-1', 60_000);
  assert.ok(!client.heard.some((one) => 'hello' in one || 'now' in one), 'the page of beds is told of beds alone');
  assert.equal(client.frames.length, 0);

  client.send({ do: 'acknowledge', id: 1, bed: 'bed-2', alarm: 'signal', by: 'AM' });
  const requested = () => other.said.flatMap((one) => ('request' in one ? [one.request.wanted] : []));
  await until('the request at the other bed', () => requested().length > 0, 60_000);
  assert.deepEqual(requested(), [{ verb: 'acknowledge', alarm: 'signal', by: 'AM' }]);
  client.send({ do: 'acknowledge', id: 2, bed: 'bed-1', alarm: 'disk', by: 'AM' });
  await until('the request at this bed', () => own.said.some((one) => 'request' in one), 60_000);

  process.kill(other.link.pid, 'SIGKILL');
  await until('the alarm at the receiver', () => shown() === 'bed-2 silent signal, bed-1', 60_000);
  client.send({ do: 'acknowledge', id: 3, bed: 'bed-2', alarm: 'silent', by: 'AM' });
  await until(
    'that somebody has seen it',
    () => rows()[0]?.alarms.some(({ alarm, by }) => alarm === 'silent' && by === 'AM') === true,
    60_000,
  );
});
