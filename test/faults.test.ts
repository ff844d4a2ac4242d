import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openPty } from '../drivers/serial/pty.js';
import { openRecording } from '../runtime/recording/read.js';
import { axond, startAxond, statusOf, temporaryFolder, until, type Started } from './axond-process.js';

interface LiveStatus {
  source: { state: string; samples: number; gaps: number };
  stimulation: { armed: boolean; guardian: string; holding: string[] };
  mqtt: { connected: boolean; acked: number };
  processes: { core: number; guardian: number; link: number };
  recording: string;
}

interface Live extends Started {
  status(): Promise<LiveStatus>;
  ask(...args: string[]): ReturnType<typeof axond>;
}

/** A demo that streams, with its own sockets and folder. */
async function liveDemo(t: TestContext, ...args: string[]): Promise<Live> {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const started = startAxond(t, ['demo', '--json', '--set', `device.record=${record}`, ...args], environment);
  const ask = (...parts: string[]): ReturnType<typeof axond> => axond(t, [...parts, '--device', 'demo'], environment);
  const statusNow = async (): Promise<LiveStatus | undefined> =>
    (await statusOf(runtime, 'demo')) as LiveStatus | undefined;
  await until('the demo to stream', async () => (await statusNow())?.source.state === 'streaming', 60_000);
  const status = async (): Promise<LiveStatus> => {
    const now = await statusNow();
    assert.ok(now, started.stderr());
    return now;
  };
  return { ...started, ask, status };
}

test('a port that goes and comes back: streaming again, with the gap recorded', async (t) => {
  const demo = await liveDemo(t, '--fault', 'unplug:800ms@2s');
  const isBack = async (): Promise<boolean> => {
    const { source } = await demo.status();
    return source.gaps > 0 && source.state === 'streaming';
  };
  await until('streaming behind the gap', isBack, 60_000);
  const { recording } = await demo.status();
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());
  const check = await axond(t, ['check', recording, '--json']);
  assert.equal(check.code, 0, check.stdout);
});

test('the link process killed: the loop does not notice, and the link comes back', async (t) => {
  const demo = await liveDemo(t);
  const before = await demo.status();
  process.kill(before.processes.link, 'SIGKILL');
  await until('another link process', async () => {
    const { processes, mqtt } = await demo.status();
    return processes.link !== before.processes.link && mqtt.connected;
  });
  const after = await demo.status();
  assert.equal(after.source.gaps, 0);
  assert.ok(after.source.samples > before.source.samples);
  assert.equal(after.stimulation.guardian, 'ready');
});

test('R-16 silence and SIGUSR1 reach the guardian without the core, which is stopped', async (t) => {
  for (const way of ['silence', 'SIGUSR1']) {
    const demo = await liveDemo(t);
    await until('arming', async () => (await demo.status()).stimulation.armed);
    const { processes } = await demo.status();
    process.kill(processes.core, 'SIGSTOP');
    try {
      if (way === 'silence') assert.equal((await demo.ask('silence', '--json')).json['answer'], 'at rest');
      else process.kill(processes.guardian, 'SIGUSR1');
    } finally {
      process.kill(processes.core, 'SIGCONT');
    }
    await until('the core to disarm', async () => !(await demo.status()).stimulation.armed);
    assert.equal((await demo.status()).stimulation.guardian, 'silenced');
    // A busy machine may need more than one try: a new guardian has to start, and the clock to be known again.
    await until('arming', async () => (await demo.ask('arm', '--for', '1m', '--json')).code === 0, 60_000);
    await until('a new guardian', async () => (await demo.status()).stimulation.armed);
    demo.child.kill('SIGKILL');
  }
});

test('R-01 a guardian that dies is replaced, and the loop is disarmed', async (t) => {
  const demo = await liveDemo(t);
  await until('arming', async () => (await demo.status()).stimulation.armed);
  const before = await demo.status();
  process.kill(before.processes.guardian, 'SIGKILL');
  let disarmed = false;
  const replaced = async (): Promise<boolean> => {
    const { processes, stimulation } = await demo.status();
    disarmed ||= !stimulation.armed;
    return disarmed && processes.guardian !== before.processes.guardian && stimulation.guardian === 'ready';
  };
  await until('a new guardian', replaced, 60_000);
});

test('a device that is not there is waited for, disarmed; markers, also from another machine, and disarm work meanwhile', async (t) => {
  const box = openPty();
  t.after(() => box.close());
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const port = join(record, 'absent');
  const marks = `device.marks={ box: { use: serial, port: ${box.path}, lines: true } }`;
  const run = startAxond(
    t,
    ['run', '--preset', 'demo', '--port', port, '--set', `device.record=${record}`, '--set', marks, '--json'],
    environment,
  );
  const ask = (...parts: string[]): ReturnType<typeof axond> =>
    axond(t, [...parts, '--device', 'demo', '--json'], environment);
  // The socket answers before the port was looked at.
  await until('what became of the port', async () => {
    const now = (await statusOf(runtime, 'demo')) as { source: { notice: string } } | undefined;
    return now !== undefined && now.source.notice !== '';
  });
  const { json } = await ask('status');
  const { source, stimulation } = json as unknown as LiveStatus & { source: { notice: string } };
  assert.equal(source.state, 'closed');
  assert.match(source.notice, /there is no such port/);
  assert.equal(stimulation.armed, false);
  assert.equal((await ask('mark', 'lights off')).code, 0);
  await until('the marks of another machine', () => {
    writeSync(box.master, 'cue left\n');
    const recording = openRecording((json as unknown as LiveStatus).recording);
    const texts = [...recording.readableEvents()].map(({ text }) => text);
    recording.close();
    return Promise.resolve(texts.includes('box cue left'));
  });
  assert.equal((await ask('disarm')).code, 0);
  run.child.kill('SIGTERM');
  assert.equal(await run.exited, 0);
  const show = await axond(t, ['recording', 'show', (json as unknown as LiveStatus).recording]);
  assert.match(show.stdout, /marker/);
});
