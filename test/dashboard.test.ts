import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { Client } from '../runtime/link/dashboard/web-server.test.fixture.js';
import { decodeFrame } from '../runtime/link/dashboard/signal-frame.js';
import { tokenPath } from '../runtime/link/dashboard/tokens.js';
import { openRecording } from '../runtime/recording/read.js';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

/** The page as real processes serve it, without a browser: from the amplifier's bytes to the frame, and back to a stop. */

test('R-36 a run feeds its page, is stopped by it, and does not care when the page is killed', async (t) => {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const sets = ['--set', `device.record=${record}`, 'device.dashboard={ port: 0 }'];
  const demo = startAxond(t, ['demo', '--json', ...sets], environment);
  const urls = (): string[] => [...demo.stderr().matchAll(/dashboard: (http:\S+\/)/g)].map(([, url]) => url!);
  await until('the page', () => urls().length > 0, 60_000);
  const token = readFileSync(tokenPath(join(record, 'state'), 'operator'), 'utf8').trim();
  const page = new Client(t, urls()[0]!, { token });
  await until('ten frames', () => page.frames.length >= 10, 60_000);
  let next = NaN;
  for (const frame of page.frames) {
    const decoded = decodeFrame(new Uint8Array(frame).buffer);
    assert.ok(decoded && 'values' in decoded && decoded.channels === 8);
    if (!Number.isNaN(next)) assert.equal(decoded.firstIndex, next, 'no sample is left out');
    next = decoded.firstIndex + decoded.frames;
  }
  const armed = (): boolean | undefined =>
    page.heard.flatMap((one) => ('now' in one ? [one.now] : [])).at(-1)?.status.stimulation?.armed;
  await until('the demo to be armed', () => armed() === true, 60_000);

  const status = async (): Promise<{ samples: number; link: number }> => {
    const { json } = await axond(t, ['status', '--device', 'demo', '--json'], environment);
    const { source, processes } = z
      .object({ source: z.object({ samples: z.number() }), processes: z.object({ link: z.number() }) })
      .parse(json);
    return { samples: source.samples, link: processes.link };
  };
  const before = await status();
  process.kill(before.link, 'SIGKILL');
  await page.closed;
  await until('a page of another process', () => urls().length > 1, 60_000);
  assert.ok((await status()).samples > before.samples);

  const again = new Client(t, urls()[1]!, { token });
  await until('the hello', () => again.heard.some((one) => 'hello' in one), 60_000);
  again.send({ do: 'silence', id: 1 });
  again.send({ do: 'disarm', id: 2 });
  await until('both answers', () => again.heard.filter((one) => 'answer' in one && one.answer.ok).length === 2, 60_000);
  const socket = join(runtime, 'demo', 'http.sock');
  assert.ok(readdirSync(join(runtime, 'demo')).includes('http.sock'));
  const code = await new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path: '/', headers: { host: 'localhost' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
  assert.equal(code, 200);
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());
  const { recording: path } = JSON.parse(demo.stdout().trim().split('\n').at(-1)!) as { recording: string };
  const recording = openRecording(path);
  const texts = [...recording.readableEvents()].flatMap(({ event, text }) => (event?.kind === 'marker' ? [text] : []));
  recording.close();
  assert.ok(texts.includes('page (operator): silence') && texts.includes('page (operator): disarm'), texts.join());
});
