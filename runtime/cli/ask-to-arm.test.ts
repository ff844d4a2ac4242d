import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { answerOf, PerhapsArmed } from './ask-to-arm.js';

/** A run that goes away at some verbs, without an answer to them. */
async function run(t: TestContext, deaf: readonly string[]): Promise<{ control: string; asked: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-ask-'));
  const control = join(folder, 'control.sock');
  const asked: string[] = [];
  const server = createServer((socket: Socket) =>
    socket.on('data', (data) => {
      const { verb } = JSON.parse(data.toString()) as { verb: string };
      asked.push(verb);
      if (deaf.includes(verb)) socket.destroy();
      else socket.write('{"ok":true,"value":{}}\n');
    }),
  );
  await new Promise<void>((resolve) => server.listen(control, resolve));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { control, asked };
}

const arm = { verb: 'arm', device: 'bed-1', forSeconds: 3600 } as const;
const failed = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );

test('R-01 an arming that is not answered is disarmed, and said to be; where that is not answered either, nobody knows', async (t) => {
  const one = await run(t, ['arm']);
  const error = await failed(answerOf(one.control, arm));
  assert.deepEqual(one.asked, ['arm', 'disarm']);
  assert.match(String(error), /ended before it answered\..* It was disarmed\.$/);
  assert.ok(!(error instanceof PerhapsArmed));

  const other = await run(t, ['arm', 'disarm']);
  const unknown = await failed(answerOf(other.control, arm));
  assert.deepEqual(other.asked, ['arm', 'disarm']);
  assert.ok(unknown instanceof PerhapsArmed);
  assert.match(String(unknown), /whether it is armed is not known\. Bring it to rest: axond silence\.$/);
});

test('what does not arm, or finds nobody, is asked once', async (t) => {
  const one = await run(t, ['mark']);
  await failed(answerOf(one.control, { verb: 'mark', text: 'awake' }));
  assert.deepEqual(one.asked, ['mark']);
  assert.match(String(await failed(answerOf(`${one.control}.none`, arm))), /no axond is running there/);
});
