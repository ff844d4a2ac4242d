import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mqtt, { type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt';
import { disarmCauses } from '../runtime/contracts.js';
import { openRecording } from '../runtime/recording/read.js';
import { decodeEvent } from '../runtime/loop/records.js';
import { checkRecording } from '../runtime/recording/check.js';
import { headText } from '../runtime/recording/table-chains.js';
import { startAxond, statusOf, temporaryFolder, until, type Started } from './axond-process.js';
import { Random } from './fuzz/random.js';
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
    if (!topic.startsWith(root) || topic.startsWith(`${root}request/`)) return;
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
): Started & { record: string; runtime: string; environment: Record<string, string> } {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const demo = startAxond(t, ['demo', '--json', '--set', `device.record=${record}`, ...args], environment);
  return { ...demo, record, runtime, environment };
}

test('R-42 events reach the broker in order and at least once, over a broker that was away, and the head of the recording at its end', async (t) => {
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
  const status = async (): Promise<{ detections: number }> => {
    const now = (await statusOf(demo.runtime, 'demo')) as { detections: number } | undefined;
    assert.ok(now, demo.stderr());
    return now;
  };
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
  const head = checkRecording(summary.recording).head!;
  assert.equal(heard.filter(({ topic }) => topic === 'head').at(-1)?.payload['head'], headText(head));
});

interface Answer {
  id: string;
  ok: boolean;
  data?: { processes?: { core: number; link: number } };
  error?: { code: string; message: string; reasons: string[]; fix: string };
}

/** Sends requests and gives their answers by correlation data. */
async function asking(client: MqttClient) {
  const answers: { number: string; answer: Answer }[] = [];
  await client.subscribeAsync('answers');
  client.on('message', (topic, payload, packet) => {
    const number = packet.properties?.correlationData?.toString() ?? '';
    if (topic === 'answers') answers.push({ number, answer: JSON.parse(payload.toString()) as Answer });
  });
  let sent = 0;
  return async (verb: string, content: object | Buffer, options: IClientPublishOptions = {}): Promise<Answer> => {
    const number = String(++sent);
    const payload = Buffer.isBuffer(content) ? content : JSON.stringify(content);
    const properties = { responseTopic: 'answers', correlationData: Buffer.from(number), ...options.properties };
    await client.publishAsync(`${root}request/${verb}`, payload, { qos: 1, ...options, properties });
    await until(`an answer to ${verb}`, () => answers.some((one) => one.number === number));
    return answers.find((one) => one.number === number)!.answer;
  };
}

const good = { properties: { messageExpiryInterval: 5 } };

test('R-16 R-17 R-26 requests: nothing arms or raises, lower tightens once, stops always stop; the will follows a killed link', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { client, heard } = await listen(t, url);
  // Kept by the broker from before: it must not stop the night to come.
  await client.publishAsync(`${root}request/disarm`, '{}', { qos: 1, retain: true });
  const demo = startDemo(t, '--set', `device.mqtt=${url}`);
  await until('the demo to be armed', () =>
    heard.some(({ topic, payload }) => topic === 'state' && payload['state'] === 'armed'),
  );
  const ask = await asking(client);
  const armed = await ask('arm', { v: 1, id: 'arm', args: { forSeconds: 60 } }, good);
  assert.equal(armed.ok, false);
  assert.equal(armed.error?.code, 'local-only');
  assert.match(armed.error.fix, /axond arm/);
  const status = await ask('status', { v: 1, id: 'status' });
  assert.equal(status.ok, true);

  const lower = { v: 1, id: 'lower', args: { perHour: 50, gain_db: -6 } };
  assert.equal((await ask('lower', lower)).error?.code, 'expiry');
  assert.equal((await ask('lower', lower, { properties: { messageExpiryInterval: 60 } })).error?.code, 'expiry');
  assert.deepEqual((await ask('lower', lower, good)).ok, true);
  const raised = await ask('lower', { v: 1, id: 'raise', args: { gain_db: 3 } }, good);
  assert.equal(raised.error?.code, 'arguments');
  assert.equal((await ask('lower', { ...lower, v: 2 }, good)).error?.code, 'version');
  assert.equal((await ask('lower', Buffer.alloc(20_000), good)).error?.code, 'too-large');
  const mark = { v: 1, id: 'mark', args: { text: 'lights off' } };
  assert.equal((await ask('mark', mark)).ok, true);

  // The same request again, after the connection was made anew: its answer, and nothing else.
  await broker.stop();
  await broker.restart();
  await until('the listener to be back', () => client.connected);
  await client.subscribeAsync([`${root}#`, 'answers'], { qos: 1 });
  const connections = (): number => heard.filter(({ topic }) => topic === 'description').length;
  await until('the link to be back', () => connections() > 1, 30_000);
  assert.equal((await ask('mark', mark)).ok, true);
  assert.equal((await ask('lower', lower, good)).ok, true);
  assert.equal((await ask('lower', { ...lower, args: { perHour: 49 } }, good)).error?.code, 'id');

  // Nonsense on every topic; none of it may do anything.
  const random = new Random(12);
  for (let n = 0; n < 300; n++) {
    const verb = random.pick(['arm', 'lower', 'raise', 'mark', 'status', `${random.below(9)}`]);
    const value = random.pick([1e9, -1, '9', null, { perHour: 1e9 }, [7]]);
    const args = { [random.pick(['perHour', 'gain_db', 'untilUs', 'verb'])]: value };
    const payload = random.chance(0.5) ? Buffer.from(random.bytes(40)) : JSON.stringify({ v: 1, id: `n${n}`, args });
    await client.publishAsync(`${root}request/${verb}`, payload, { qos: 1, ...good });
  }
  assert.equal((await ask('status', { v: 1 })).ok, true);

  // A stop needs nothing: no version, no id, no time.
  assert.equal((await ask('disarm', Buffer.alloc(20_000))).ok, true);
  await until(
    'the state to follow',
    () => heard.filter(({ topic }) => topic === 'state').at(-1)?.payload['state'] === 'idle',
  );
  assert.equal((await ask('arm', { v: 1, id: 'again' }, good)).ok, false);
  // And a silence needs no core.
  const { core, link } = status.data!.processes!;
  process.kill(core, 'SIGSTOP');
  const silenced = await ask('silence', Buffer.from('now')).finally(() => process.kill(core, 'SIGCONT'));
  assert.deepEqual([silenced.ok, silenced.data], [true, 'at rest']);
  process.kill(link, 'SIGKILL');
  await until('the will', () => heard.some(({ topic, payload }) => topic === 'state' && payload['state'] === 'lost'));
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());

  const { recording: path } = JSON.parse(demo.stdout().trim().split('\n').at(-1)!) as { recording: string };
  const recording = openRecording(path);
  const events = [...recording.events()].map((record) => decodeEvent(record));
  recording.close();
  const limits = events.flatMap((event) =>
    event?.kind === 'armed' ? [{ perHour: event.perHour, gainDb: event.gainDb }] : [],
  );
  assert.ok(limits.length > 1);
  for (const one of limits.slice(1)) assert.deepEqual(one, { perHour: 50, gainDb: -6 });
  assert.equal(events.filter((event) => event?.kind === 'marker').length, 1);
  const causes = events.flatMap((event) => (event?.kind === 'disarmed' ? [disarmCauses[event.cause]] : []));
  assert.equal(causes[0], 'remote');
});

test('TLS, user and password from files', async (t) => {
  if (!hasMosquitto || spawnSync('openssl', ['version']).status !== 0) {
    t.skip('mosquitto or openssl is not installed');
    return;
  }
  const folder = temporaryFolder();
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
