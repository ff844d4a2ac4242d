import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { temporaryFolder, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';

/** The configurations that FLEET.md prints, on real brokers. */

const page = readFileSync(new URL('../../runtime/link/FLEET.md', import.meta.url), 'utf8');
const skip = hasMosquitto ? false : 'mosquitto is not installed';

/** The block of the page that begins with `# NAME`. */
function printed(name: string): string[] {
  const block = page.split('```').find((text) => text.startsWith(`\n# ${name}\n`));
  assert.ok(block, `FLEET.md prints ${name}`);
  return block.trim().split('\n');
}

/** A broker with the page's access rules and these users, whose passwords are their names. */
async function central(t: TestContext, ...users: string[]): Promise<Mosquitto> {
  const folder = temporaryFolder();
  const [acl, passwords] = [join(folder, 'devices.acl'), join(folder, 'passwords')];
  writeFileSync(acl, printed('devices.acl').join('\n'));
  writeFileSync(passwords, users.map((user) => `${user}:${user}\n`).join(''));
  assert.equal(spawnSync('mosquitto_passwd', ['-U', passwords]).status, 0);
  for (const [path, mode] of [
    [folder, 0o755],
    [acl, 0o644],
    [passwords, 0o644],
  ] as const)
    chmodSync(path, mode);
  return Mosquitto.start(t, ['allow_anonymous false', `password_file ${passwords}`, `acl_file ${acl}`]);
}

interface Peer {
  readonly client: MqttClient;
  /** `topic payload` */
  readonly heard: string[];
}

async function peer(
  t: TestContext,
  { port }: Mosquitto,
  topics: string[],
  options: IClientOptions = {},
): Promise<Peer> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 100, ...options });
  t.after(() => client.end(true));
  client.on('error', () => undefined);
  const heard: string[] = [];
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`));
  await until('a connection', () => client.connected);
  for (const topic of topics) await client.subscribeAsync(topic, { qos: 1 });
  return { client, heard };
}

const as = (user: string): IClientOptions => ({ username: user, password: user });

test('a device writes and reads its own topics and nobody else’s, and cannot ask itself', { skip }, async (t) => {
  const broker = await central(t, 'bed-1', 'bed-2', 'operator');
  const own = await peer(t, broker, ['axond/1/bed-1/request/#'], as('bed-1'));
  const other = await peer(t, broker, ['axond/#'], as('bed-2'));
  const operator = await peer(t, broker, ['axond/#'], as('operator'));
  await own.client.publishAsync('axond/1/bed-1/event/stimulus', 'own', { qos: 1 });
  const forbidden = ['axond/1/bed-2/event/stimulus', 'axond/1/bed-2/request/disarm', 'axond/1/bed-1/request/disarm'];
  for (const topic of forbidden) {
    await assert.rejects(own.client.publishAsync(topic, 'forbidden', { qos: 1 }), /Not authorized/);
  }
  await operator.client.publishAsync('axond/1/bed-1/request/silence', 'now', { qos: 1 });
  await until('the request', () => own.heard.length > 0);
  await until('what the operator sees', () => operator.heard.length > 1);
  assert.deepEqual(own.heard, ['axond/1/bed-1/request/silence now']);
  assert.deepEqual(operator.heard, ['axond/1/bed-1/event/stimulus own', 'axond/1/bed-1/request/silence now']);
  assert.deepEqual(other.heard, []);
});

test(
  'a site that was cut off from the middle hands on what its devices reported, once and in order',
  { skip },
  async (t) => {
    const middle = await central(t, 'gateway', 'operator');
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const site = await Mosquitto.start(t, [
      'allow_anonymous true',
      ...printed('site.conf')
        .join('\n')
        .replace('central.example:8883', `127.0.0.1:${middle.port}`)
        .replace('remote_password …', 'remote_password gateway')
        .replace('/var/lib/mosquitto/', `${folder}/`)
        .split('\n'),
    ]);
    const operator = await peer(t, middle, ['axond/#'], as('operator'));
    const device = await peer(t, site, ['axond/1/bed-1/request/#']);
    await device.client.publishAsync('axond/1/bed-1/state', 'armed', { qos: 1, retain: true });
    await device.client.publishAsync('axond/1/bed-1/place', 'here', { qos: 0 });
    await device.client.publishAsync('axond/1/bed-1/event/marker', '0', { qos: 1 });
    await until('the first event in the middle', () => operator.heard.length > 1);

    await middle.stop();
    for (let n = 1; n <= 200; n++) await device.client.publishAsync('axond/1/bed-1/event/marker', `${n}`, { qos: 1 });
    await middle.restart();
    await until('the operator to be back', () => operator.client.connected);
    await operator.client.subscribeAsync('axond/#', { qos: 1 });
    const markers = (): number[] =>
      [...new Set(operator.heard)].flatMap((one) => (one.includes('marker') ? [Number(one.split(' ')[1])] : []));
    await until('what was held meanwhile', () => markers().includes(200), 60_000);
    assert.deepEqual(
      markers(),
      Array.from({ length: 201 }, (_, n) => n),
    );
    assert.ok(!operator.heard.some((one) => one.includes('/place ')), 'positions stay on the site');

    await operator.client.publishAsync('axond/1/bed-1/request/silence', 'now', {
      qos: 1,
      properties: { responseTopic: 'axond/1/bed-1/response/silence', messageExpiryInterval: 5 },
    });
    await until('the request at the device', () => device.heard.length > 0);
    assert.deepEqual(device.heard, ['axond/1/bed-1/request/silence now']);
  },
);
