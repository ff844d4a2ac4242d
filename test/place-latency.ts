import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import mqtt from 'mqtt';
import { startEmbeddedBroker } from '../runtime/link/embedded-broker.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { askControl } from '../runtime/supervisor/control-socket.js';
import { launcher, temporaryFolder, until } from './axond-process.js';

/**
 * How long after a frame its estimate is told, and what the daemon costs: the whole of `axond run` on an emulated camera
 * of 320 x 240 at 30 frames a second, with a broker and a listener in this process. `npm run place-latency -- SECONDS`.
 * From the arrival of a frame's last byte, which for this camera is its exposure; broker and listener are part of it.
 */

const seconds = Number(process.argv[2] ?? 60);
const rate = 30;
/** USER_HZ, which Linux fixes for programs. */
const ticksPerSecond = 100;
const folder = temporaryFolder();
const broker = await startEmbeddedBroker();
const latencies: Record<'place' | 'event/place', number[]> = { place: [], 'event/place': [] };

const client = mqtt.connect(broker.url);
client.on('message', (topic, payload) => {
  const { frame_us: frameUs } = JSON.parse(payload.toString()) as { frame_us: number };
  const kind = topic.endsWith('event/place') ? 'event/place' : 'place';
  latencies[kind].push(monotonicUs() - frameUs);
});
await client.subscribeAsync(['axond/1/robot/place', 'axond/1/robot/event/place'], { qos: 1 });

const [width, height] = [320, 240];
const camera = [launcher, 'emulate', 'camera', '--size', `${width}x${height}`, '--rate', `${rate}`, '--lap', '200'];
const file = join(folder, 'robot.yaml');
writeFileSync(
  file,
  JSON.stringify({
    device: { name: 'robot', record: join(folder, 'recordings'), mqtt: broker.url },
    source: { use: 'camera', command: [process.execPath, ...camera], width, height },
    place: { use: 'axond-place', map: join(folder, 'road.map') },
  }),
);
const run = spawn(process.execPath, [launcher, 'run', '--config', file, '--json'], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder },
});
try {
  const socket = join(folder, 'robot', 'control.sock');
  interface Told {
    readonly place: {
      readonly frames: number;
      readonly places: number;
      readonly dropped: number;
      readonly ms: number;
    } | null;
    readonly processes: { readonly core: number; readonly link: number };
  }
  const status = async (): Promise<Told | undefined> => {
    const answer = await askControl(socket, { verb: 'status' }).catch(() => undefined);
    return answer?.ok ? (answer.value as Told) : undefined;
  };
  await until('the first frames', async () => ((await status())?.place?.frames ?? 0) > 3 * rate, 120_000);
  for (const list of Object.values(latencies)) list.length = 0;
  const before = await status();
  if (!before?.place) throw new Error('the run has ended');
  const { core, link } = before.processes;
  const startUs = monotonicUs();
  const cpuBefore = [cpuSeconds(core), cpuSeconds(link)];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const elapsed = (monotonicUs() - startUs) / 1e6;
  const share = [core, link].map((pid, which) => (cpuSeconds(pid) - (cpuBefore[which] ?? 0)) / elapsed);
  const after = await status();
  if (!after?.place) throw new Error('the run has ended');
  const { frames, places, dropped } = after.place;
  console.log(
    `frames      ${frames - before.place.frames} in ${elapsed.toFixed(0)} s, ${dropped - before.place.dropped} dropped; ${places} places`,
  );
  for (const [topic, list] of Object.entries(latencies)) {
    console.log(
      `${topic.padEnd(12)}${list.length} messages, from frame to listener: p50 ${ms(list, 0.5)} ms, p99 ${ms(list, 0.99)} ms`,
    );
  }
  const [coreShare = NaN, linkShare = NaN] = share;
  console.log(
    `processor   ${percent(coreShare)} of a core for camera, places and recording, ${percent(linkShare)} for MQTT`,
  );
} finally {
  run.kill('SIGINT');
  await new Promise((resolve) => run.once('exit', resolve));
  client.end(true);
  await broker.close();
}

function ms(values: readonly number[], part: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN) / 1000).toFixed(1);
}

/** User and system time of a process with all of its threads. */
function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
