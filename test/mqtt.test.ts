import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { openRecording } from '../runtime/recording/read.js';
import { decodeEvent } from '../runtime/loop/records.js';
import { axond, startAxond, temporaryFolder, until, type Started } from './axond-process.js';
import { Mosquitto, hasMosquitto, selfSigned } from './mosquitto.js';

interface Heard {
  topic: string;
  payload: Record<string, unknown>;
  retained: boolean;
}

const root = 'axond/1/demo/';

/** Everything that a broker says about the demo, over MQTT 5. */
async function listen(
  t: TestContext,
  url: string,
  options: IClientOptions = {},
): Promise<{ client: MqttClient; heard: Heard[] }> {
  const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 100, ...options });
  t.after(() => client.end(true));
  client.on('error', () => undefined);
  const heard: Heard[] = [];
  client.on('message', (topic, payload, { retain }) => {
    heard.push({
      topic: topic.slice(root.length),
      payload: JSON.parse(payload.toString()) as Record<string, unknown>,
      retained: retain,
    });
  });
  await until('a connection to mosquitto', () => client.connected);
  await client.subscribeAsync(`${root}#`, { qos: 1 });
  return { client, heard };
}

function startDemo(
  t: TestContext,
  ...args: string[]
): Started & { record: string; environment: Record<string, string> } {
  const record = temporaryFolder(t);
  const runtime = temporaryFolder(t);
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const demo = startAxond(t, ['demo', '--json', '--set', `device.record=${record}`, ...args], environment);
  return { ...demo, record, environment };
}

test('events reach the broker in order and at least once, over a broker that was away', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { heard, client } = await listen(t, url);
  const demo = startDemo(t, '--set', `device.mqtt=${url}`);
  const detections = (): number[] =>
    heard.filter(({ topic }) => topic === 'event/detection').map(({ payload }) => Number(payload['onset_sample']));
  await until('the first detection', () => detections().length > 0, 30_000);
  const description = heard.find(({ topic }) => topic === 'description');
  assert.equal(description?.payload['rate_hz'], 250);
  await broker.stop();
  const status = async (): Promise<{ detections: number }> =>
    (await axond(t, ['status', '--device', 'demo', '--json'], demo.environment)).json as { detections: number };
  const before = (await status()).detections;
  await until('a detection while the broker is away', async () => (await status()).detections > before, 30_000);
  await broker.restart();
  await until('the listener to be back', () => client.connected);
  await client.subscribeAsync(`${root}#`, { qos: 1 });
  const missed = before;
  await until('what happened meanwhile', () => new Set(detections()).size > missed, 30_000);
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());
  const summary = JSON.parse(demo.stdout().trim().split('\n').at(-1)!) as { recording: string };
  const recording = openRecording(summary.recording);
  const recorded: number[] = [];
  for (const record of recording.events()) {
    const event = decodeEvent(record);
    if (event?.kind === 'detection' && event.phase === 0) recorded.push(event.onset);
  }
  recording.close();
  await until('the last events', () => new Set(detections()).size === recorded.length);
  assert.deepEqual([...new Set(detections())], recorded);
  await until(
    'the state offline',
    () => heard.filter(({ topic }) => topic === 'state').at(-1)?.payload['state'] === 'offline',
  );
});

test('R-17 requests: status is answered, arming is refused, disarm disarms; the will follows a killed link', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { client, heard } = await listen(t, url);
  const demo = startDemo(t, '--set', `device.mqtt=${url}`);
  await until('the demo to be armed', () =>
    heard.some(({ topic, payload }) => topic === 'state' && payload['state'] === 'armed'),
  );
  const answers = new Map<string, { ok: boolean; data?: { processes?: { link: number } } }>();
  await client.subscribeAsync('answers');
  client.on('message', (topic, payload, packet) => {
    const id = packet.properties?.correlationData?.toString() ?? '';
    if (topic === 'answers') answers.set(id, JSON.parse(payload.toString()) as { ok: boolean });
  });
  const ask = async (verb: string): Promise<{ ok: boolean; data?: { processes?: { link: number } } }> => {
    const properties = { responseTopic: 'answers', correlationData: Buffer.from(verb) };
    await client.publishAsync(`${root}request/${verb}`, JSON.stringify({ v: 1, id: verb }), { qos: 1, properties });
    await until(`an answer to ${verb}`, () => answers.has(verb));
    return answers.get(verb)!;
  };
  assert.equal((await ask('arm')).ok, false);
  const status = await ask('status');
  assert.equal(status.ok, true);
  assert.equal((await ask('disarm')).ok, true);
  await until('the state to follow', () =>
    heard.some(({ topic, payload }) => topic === 'state' && payload['state'] === 'idle'),
  );
  process.kill(status.data!.processes!.link, 'SIGKILL');
  await until('the will', () => heard.some(({ topic, payload }) => topic === 'state' && payload['state'] === 'lost'));
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());
});

test('R-16 silence by MQTT reaches the guardian while the core is stopped', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { heard, client } = await listen(t, url);
  const demo = startDemo(t, '--set', `device.mqtt=${url}`);
  const status = async () => (await axond(t, ['status', '--device', 'demo', '--json'], demo.environment)).json;
  const said = (): unknown[] => heard.filter(({ topic }) => topic === 'response/silence').map(({ payload }) => payload);
  await until('armed, told by MQTT', () => heard.some(({ payload }) => payload['state'] === 'armed'));
  const { processes } = (await status()) as { processes: { core: number } };
  process.kill(processes.core, 'SIGSTOP');
  await client.publishAsync(`${root}request/silence`, JSON.stringify({ v: 1, id: 's1' }), { qos: 1 });
  await until('the answer', () => said().length > 0);
  assert.deepEqual(said(), [{ v: 1, id: 's1', ok: true, data: 'at rest' }]);
  process.kill(processes.core, 'SIGCONT');
  await until('the core to hear of it', async () => {
    const { stimulation } = (await status()) as { stimulation?: { armed: boolean; guardian: string } };
    return stimulation?.guardian === 'silenced' && !stimulation.armed;
  });
});

test('TLS, user and password from files', async (t) => {
  if (!hasMosquitto || spawnSync('openssl', ['version']).status !== 0) {
    t.skip('mosquitto or openssl is not installed');
    return;
  }
  const folder = temporaryFolder(t);
  const { ca, cert, key } = selfSigned(folder);
  const passwords = join(folder, 'passwords');
  spawnSync('mosquitto_passwd', ['-b', '-c', passwords, 'lab', 'secret']);
  spawnSync('chmod', ['-R', 'a+rX', folder]);
  const broker = await Mosquitto.start(t, [
    `certfile ${cert}`,
    `keyfile ${key}`,
    `password_file ${passwords}`,
    'allow_anonymous false',
    'user root',
  ]);
  const url = `mqtts://127.0.0.1:${broker.port}`;
  const { heard } = await listen(t, url, { ca: readFileSync(ca), username: 'lab', password: 'secret' });
  writeFileSync(join(folder, 'user'), 'lab\n');
  writeFileSync(join(folder, 'password'), 'secret\n');
  const plan = `{ url: "${url}", userFile: ${join(folder, 'user')}, passwordFile: ${join(folder, 'password')}, caFile: ${ca} }`;
  startDemo(t, '--set', `device.mqtt=${plan}`);
  await until('the description over TLS', () => heard.some(({ topic }) => topic === 'description'));
});
