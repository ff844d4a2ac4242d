import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { createConnection, createServer, type AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoopEvent } from '../../contracts.js';
import { Client, serve, status } from './web-server.test.fixture.js';
import { decodeFrame } from './signal-frame.js';

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited 20 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Exactly the path that is given: `fetch` would tidy it. */
function get(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request(
      { hostname, port, path, method, headers: { 'content-length': body.length, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

test('R-36 the page and nothing else: other paths, methods, hosts and origins get one line that tells nothing', async (t) => {
  const { url, tokens } = await serve(t);
  const page = await get(url, '/');
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
  assert.equal((await get(url, '/page/main.js')).status, 200);
  const refused: [number, Promise<Reply>][] = [
    ...[
      '/..%2f..%2fetc/passwd',
      '/../../etc/passwd',
      '/page/../../options.js',
      '/page/%2e%2e/dashboard.js',
      '/page/',
    ].map((path): [number, Promise<Reply>] => [404, get(url, path)]),
    ...[
      '//',
      '/?x=1',
      '/dashboard-operator.token',
      '/page/main.js%00',
      '/live',
      '/status',
      '/index.html',
      '/.git/config',
    ].map((path): [number, Promise<Reply>] => [404, get(url, path)]),
    ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method): [number, Promise<Reply>] => [
      405,
      get(url, '/', {}, method, '{"do":"disarm"}'),
    ]),
    [421, get(url, '/', { host: 'evil.example' })],
    [421, get(url, '/', { host: '127.0.0.1.evil.example:80' })],
    [403, get(url, '/', { origin: 'http://evil.example' })],
    [403, get(url, '/', { origin: 'null' }, 'POST')],
  ];
  for (const [wanted, asked] of refused) {
    const { status: found, body, headers } = await asked;
    assert.equal(found, wanted, body);
    assert.ok(body.length < 40, body);
    assert.equal(headers['access-control-allow-origin'], undefined);
    for (const secret of [tokens.operator, tokens.blinded]) assert.ok(!body.includes(secret));
  }
  assert.equal((await get(url, '/', { host: 'bedside-1.local' })).status, 200);
});

test('R-36 no token, a wrong one, a foreign origin, a rebound host, and giant or foreign messages see nothing', async (t) => {
  const { dashboard, url, tokens, said } = await serve(t);
  const silent = new Client(t, url);
  await until('a connection', () => silent.socket.readyState === silent.socket.OPEN);
  dashboard.hear({ status });
  const wrong = [
    new Client(t, url, { token: 'x' }),
    new Client(t, url, { token: `${tokens.operator}x` }),
    new Client(t, url, { token: 'x'.repeat(300) }),
  ];
  for (const client of wrong) assert.equal(await client.closed, '4401');
  const early = new Client(t, url);
  early.socket.on('open', () => early.send({ do: 'silence', id: 1 }));
  assert.equal(await early.closed, '4401');
  const giant = new Client(t, url);
  giant.socket.on('open', () => giant.send('x'.repeat(5000)));
  assert.equal(await giant.closed, '1009');
  assert.match(await new Client(t, url, { token: tokens.operator, origin: 'http://evil.example' }).closed, /403/);
  assert.match(await new Client(t, url, { token: tokens.operator, host: 'evil.example' }).closed, /421/);
  const elsewhere = new Client(t, `${url}elsewhere/`, { token: tokens.operator, origin: new URL(url).origin });
  assert.match(await elsewhere.closed, /404/);
  for (const client of [silent, early, giant, elsewhere, ...wrong])
    assert.deepEqual([client.heard, client.frames], [[], []]);
  assert.deepEqual(
    said.filter((one) => 'request' in one),
    [],
  );
});

test('R-17 R-36 an operator acts, each act is recorded, and there is no word for arming', async (t) => {
  const silenceFolder = mkdtempSync(join(tmpdir(), 'axond-silence-'));
  const guardian = createServer((socket) => socket.end('at rest\n')).listen(join(silenceFolder, 's.sock'));
  t.after(() => {
    guardian.close();
    rmSync(silenceFolder, { recursive: true });
  });
  const { url, tokens, said } = await serve(t, join(silenceFolder, 's.sock'));
  const page = new Client(t, url, { token: tokens.operator });
  await until('the hello', () => page.heard.length > 0);
  assert.deepEqual(said.at(-1), { watched: true });
  page.send({ do: 'silence', id: 1 });
  await until('an answer', () => page.heard.some((one) => 'answer' in one));
  page.send({ do: 'disarm', id: 2 });
  page.send({ do: 'mark', id: 3, text: ' lights off ' });
  await until('three answers', () => page.heard.filter((one) => 'answer' in one).length === 3);
  assert.deepEqual(
    page.heard.flatMap((one) => ('answer' in one ? [one.answer] : [])),
    [
      { id: 1, ok: true, text: 'silence: at rest' },
      { id: 2, ok: true, text: 'disarm: done' },
      { id: 3, ok: true, text: 'mark: done' },
    ],
  );
  const asked = (): unknown[] => said.flatMap((one) => ('request' in one ? [one.request.wanted] : []));
  assert.deepEqual(
    new Set(asked().map((wanted) => JSON.stringify(wanted))),
    new Set(
      [
        { verb: 'mark', text: 'page (operator): silence' },
        { verb: 'disarm' },
        { verb: 'mark', text: 'page (operator): disarm' },
        { verb: 'mark', text: 'lights off' },
      ].map((wanted) => JSON.stringify(wanted)),
    ),
  );
  const before = asked().length;
  for (const wish of [
    { do: 'arm', id: 4 },
    { do: 'arm', id: 4, forSeconds: 60 },
    { verb: 'arm' },
    { do: 'lower', id: 4, perHour: 1e6 },
    { do: 'disarm', id: 4, untilUs: 1e12 },
    { do: 'mark', id: 4, text: '' },
    { do: 'mark', id: 4, text: 'x'.repeat(501) },
    '[]',
    'arm',
  ]) {
    const client = new Client(t, url, { token: tokens.operator });
    await until('the hello', () => client.heard.length > 0);
    client.send(wish);
    assert.equal(await client.closed, '1008', JSON.stringify(wish));
  }
  assert.equal(asked().length, before);
  page.socket.close();
  await until('that nobody looks', () => JSON.stringify(said.at(-1)) === '{"watched":false}');
});

test('R-36 blinded: no stimulus, no count, no reason that tells of one; it may stop all the same', async (t) => {
  const { dashboard, url, tokens, said } = await serve(t);
  const blinded = new Client(t, url, { token: tokens.blinded });
  const operator = new Client(t, url, { token: tokens.operator });
  await until('both', () => blinded.heard.length > 0 && operator.heard.length > 0);
  dashboard.hear({ status });
  await until('the status', () => [blinded, operator].every(({ heard }) => heard.some((one) => 'now' in one)));
  const told = JSON.stringify(blinded.heard);
  for (const secret of ['12345', '54321', '98765', '77777', 'interval', 'per-hour', 'schedule', 'lease', 'headphones'])
    assert.ok(!told.includes(secret), secret);
  assert.ok(told.includes('"holding":["quality"]'));
  assert.ok(JSON.stringify(operator.heard).includes('12345'));
  blinded.send({ do: 'disarm', id: 1 });
  await until('the record', () => JSON.stringify(said).includes('page (blinded): disarm'));
});

test('who writes too much is let go; who marks too much is told; a thousand connections leave a page that looks on alone', async (t) => {
  const { dashboard, url, tokens, said } = await serve(t);
  const page = new Client(t, url, { token: tokens.operator });
  await until('the hello', () => page.heard.length > 0);
  const port = Number(new URL(url).port);
  let dropped = 0;
  const sockets = Array.from({ length: 1000 }, () => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => dropped++);
    return socket;
  });
  await until('what is too much to be dropped', () => dropped >= 900);
  dashboard.hear({ status });
  await until('the page to be told all the same', () => page.heard.some((one) => 'now' in one));
  for (const socket of sockets) socket.destroy();
  await until('all to be gone', () => dropped === 1000);
  for (let id = 0; id < 10; id++) page.send({ do: 'mark', id, text: `mark ${id}` });
  await until('ten answers', () => page.heard.filter((one) => 'answer' in one).length === 10);
  const refused = page.heard.filter((one) => 'answer' in one && !one.answer.ok);
  assert.equal(refused.length, 5);
  assert.equal(said.filter((one) => 'request' in one).length, 5);
  for (let id = 0; id < 100; id++) page.send({ do: 'disarm', id });
  assert.equal(await page.closed, '4429');
});

test('samples reach the page as frames; who comes later gets the last half minute', async (t) => {
  const { dashboard, url, tokens, socket } = await serve(t);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const counts = (values: number[]): string => Buffer.from(Int32Array.from(values).buffer).toString('base64');
  const early = new Client(t, url, { token: tokens.operator });
  await until('the hello', () => early.heard.length > 0);
  dashboard.hear({ samples: { firstIndex: 10, frames: 3, counts: counts([100, 100, 100]) } });
  dashboard.hear({ samples: { firstIndex: 13, frames: 2, counts: counts([7]) } }); // too short: none
  await until('a frame', () => early.frames.length > 0);
  const later = new Client(t, `http://127.0.0.1:${new URL(url).port}/`, { token: tokens.blinded });
  await until('the past', () => later.frames.length > 0);
  for (const frame of [early.frames[0]!, later.frames[0]!]) {
    const decoded = decodeFrame(new Uint8Array(frame).buffer);
    assert.deepEqual(decoded, { channels: 1, sequence: 1, firstIndex: 10, frames: 3, values: new Int16Array(3) });
  }
});

test('R-61 what people wrote of people is on the page only where the device file reveals notes', async (t) => {
  const event: LoopEvent = { kind: 'marker', cycle: 1, index: 250, us: 1e6, marker: 7, at: 0, atUs: 0 };
  const row = { id: 1, record: new Float64Array(), event, text: 'note P017 asked for water' };
  const names = async (notes: boolean): Promise<readonly string[]> => {
    const eventsAfter = (id: number) => (id < 1 ? [row] : []);
    const { url, tokens } = await serve(t, undefined, undefined, { notes, eventsAfter });
    const page = new Client(t, url, { token: tokens.operator });
    const marks = (): string[] =>
      page.heard.flatMap((one) =>
        ('past' in one ? one.past.marks : 'marks' in one ? one.marks : []).map((m) => m.name),
      );
    await until('the mark', () => marks().length > 0);
    assert.equal(JSON.stringify(page.heard).includes('P017'), notes);
    return marks();
  };
  assert.deepEqual(await names(true), ['note P017 asked for water']);
  assert.deepEqual(await names(false), ['marker 7']);
});

test('R-54 the beds are watched also while nobody looks on', async (t) => {
  let looks = 0;
  const acknowledge = () => Promise.resolve({ ok: true, text: '' });
  await serve(t, undefined, { rows: () => (looks++, []), broker: null, acknowledge });
  await until('a second look without a page', () => looks >= 2);
});

test('R-36 a page hears something every second, also of a run that hangs', async (t) => {
  const { url, tokens } = await serve(t);
  const page = new Client(t, url, { token: tokens.blinded });
  await until('two beats', () => page.heard.filter((one) => 'beat' in one).length >= 2);
});

test('a page whose port somebody else has says so once, and takes it as soon as it is free', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { url, said, socket } = await serve(t, undefined, undefined, { port });
  const told = () => said.flatMap((message) => ('dashboard' in message ? [message.dashboard] : []));
  assert.match(url, new RegExp(`127\\.0\\.0\\.1:${port}.*Choose another device\\.dashboard\\.port`));
  assert.equal(existsSync(socket), false);
  other.close();
  await until('the port', () => told().length > 1);
  assert.deepEqual(told().slice(1), [{ url: `http://127.0.0.1:${port}/`, problem: '' }]);
  assert.equal(existsSync(socket), true);
});
