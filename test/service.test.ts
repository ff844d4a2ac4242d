import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Service } from '../runtime/supervisor/service.js';
import { startAxond, temporaryFolder, until as within, type Started } from './axond-process.js';
import { listenForNotices, type NotifyListener } from './notify-listener.js';

interface AsService extends Started {
  readonly systemd: NotifyListener;
  readonly port: string;
  heard(line: RegExp): boolean;
  count(line: string): number;
}

/** `axond run` as systemd starts it, on a port that is not there yet. */
function startService(t: TestContext, ...args: string[]): AsService {
  const folder = temporaryFolder();
  const systemd = listenForNotices(t);
  const port = join(folder, 'port');
  const places = { RUNTIME_DIRECTORY: join(folder, 'run'), NOTIFY_SOCKET: systemd.path, WATCHDOG_USEC: '400000' };
  const started = startAxond(
    t,
    ['run', '--driver', 'cyton', '--port', port, '--set', `device.record=${folder}`, '--json', ...args],
    places,
  );
  return {
    ...started,
    systemd,
    port,
    heard: (line) => systemd.lines().some((told) => line.test(told)),
    count: (line) => systemd.lines().filter((told) => told === line).length,
  };
}

/** A busy machine takes its time to start three programs. */
const until = (what: string, condition: () => boolean): Promise<void> => within(what, condition, 60_000);

const plugIn = (t: TestContext, { port }: AsService, ...args: string[]): Started =>
  startAxond(t, ['emulate', 'cyton', '--link', port, ...args]);

test('systemd hears of readiness after the first samples, of life also from a silent device, and of the end', async (t) => {
  const run = startService(t);
  await until('more time to be asked for twice', () => run.count('EXTEND_TIMEOUT_USEC=20000000') >= 2);
  assert.ok(run.heard(/^STATUS=.*port.*disarmed, recording axond-/));
  assert.equal(run.count('READY=1') + run.count('WATCHDOG=1'), 0);
  const device = plugIn(t, run);
  await until('readiness', () => run.count('READY=1') > 0);
  await until('streaming', () => run.heard(/^STATUS=cyton on .*port streams, disarmed/));
  device.child.kill('SIGSTOP');
  await until('the silence to be told', () => run.heard(/^STATUS=cyton: no (data|answer)/));
  const beats = run.count('WATCHDOG=1');
  await until('beats while the device is silent', () => run.count('WATCHDOG=1') >= beats + 3);
  run.child.kill('SIGTERM');
  assert.equal(await run.exited, 0, run.stderr());
  const lines = run.systemd.lines();
  assert.equal(run.count('READY=1'), 1);
  assert.deepEqual(lines.slice(lines.indexOf('STOPPING=1')), ['STOPPING=1', 'STATUS=ending']);
});

test('a loop that hangs is not beaten for', async (t) => {
  const folder = temporaryFolder();
  const stage = join(folder, 'stage.mjs');
  const hang = join(folder, 'hang');
  writeFileSync(
    stage,
    `import { existsSync } from 'node:fs';
    export const create = () => ({
      delaySamples: 0, settleSamples: 0, prepare: (shape) => shape, reset() {}, coefficients: () => [],
      process(input, length, output) {
        while (existsSync(${JSON.stringify(hang)}));
        output.set(input.subarray(0, length));
        return length;
      },
    });`,
  );
  const run = startService(t, '--set', `signals.hanging={from: ch3, stages: [{use: ${stage}}]}`);
  plugIn(t, run);
  await until('readiness', () => run.count('READY=1') > 0);
  writeFileSync(hang, '');
  await until('the hang to be told', () => run.heard(/^STATUS=the loop stands still/));
  const at = run.systemd.lines().findIndex((line) => line.startsWith('STATUS=the loop stands still'));
  run.child.kill('SIGTERM');
  // A thread that does not end within 300 ms takes the process along.
  assert.equal(await run.exited, 'SIGKILL');
  assert.deepEqual(run.systemd.lines().slice(at + 1), ['STOPPING=1', 'STATUS=ending']);
});

test('a name in the abstract space is reached, and a socket that cannot be is told once', async (t) => {
  const warnings: string[] = [];
  const systemd = listenForNotices(t, `@axond-test-${process.pid}`);
  const service = await Service.find({ NOTIFY_SOCKET: systemd.path }, (text) => warnings.push(text));
  service?.stop();
  assert.deepEqual(systemd.lines(), ['STOPPING=1', 'STATUS=ending']);
  assert.equal(warnings.join(), '');
  assert.equal(await Service.find({ NOTIFY_SOCKET: '/nowhere/notify' }, (text) => warnings.push(text)), undefined);
  assert.match(
    warnings.join('\n'),
    /^systemd: NOTIFY_SOCKET \/nowhere\/notify cannot be used \(not reached, error 2\)/,
  );
  assert.equal(await Service.find({}, (text) => warnings.push(text)), undefined);
  assert.equal(warnings.length, 1);
});
