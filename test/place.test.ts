import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { openRecording } from '../runtime/recording/read.js';
import { askControl } from '../runtime/supervisor/control-socket.js';
import { axond, launcher, startAxond, temporaryFolder, until, type Started } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';

interface PlaceStatus {
  readonly source: { readonly state: string; readonly notice: string; readonly samples: number };
  readonly place: {
    readonly mode: string;
    readonly places: number;
    readonly place: number;
    readonly restarts: number;
  } | null;
  readonly stimulation: null;
  readonly recording: string;
}

const notYet: PlaceStatus = {
  source: { state: 'closed', notice: '', samples: 0 },
  place: null,
  stimulation: null,
  recording: '',
};

/** A robot with an emulated camera that can be unplugged, a map, and a folder for all that it writes. */
class Robot {
  readonly folder = temporaryFolder();
  readonly map = join(this.folder, 'floor.map');
  readonly #t: TestContext;
  readonly #unplugged = join(this.folder, 'unplugged');
  readonly #pid = join(this.folder, 'pid');
  readonly #environment = { XDG_RUNTIME_DIR: this.folder, RUNTIME_DIRECTORY: this.folder };
  readonly #sets: string[];

  constructor(t: TestContext, ...sets: string[]) {
    this.#t = t;
    const camera = `${process.execPath} ${launcher} emulate camera --rate 60 --speed 20 --lap 200`;
    const script = `echo $$ > ${this.#pid}; test ! -e ${this.#unplugged} || { echo "no such camera" >&2; exit 1; }; exec ${camera}`;
    const file = join(this.folder, 'robot.yaml');
    const source = { use: 'camera', command: ['sh', '-c', script], width: 64, height: 32, rate: '60Hz' };
    const configuration = {
      device: { name: 'robot', record: join(this.folder, 'recordings') },
      source,
      place: { use: 'axond-place', map: this.map },
    };
    writeFileSync(file, JSON.stringify(configuration));
    this.#sets = ['run', '--config', file, '--json', ...sets.flatMap((set) => ['--set', set])];
  }

  start(): Started {
    return startAxond(this.#t, this.#sets, this.#environment);
  }

  async status(): Promise<PlaceStatus> {
    const socket = join(this.folder, 'robot', 'control.sock');
    const answer = await askControl(socket, { verb: 'status' }).catch(() => undefined);
    return answer?.ok ? (answer.value as PlaceStatus) : notYet;
  }

  async untilPlaces(count: number): Promise<void> {
    await until(`${count} places`, async () => ((await this.status()).place?.places ?? 0) >= count, 120_000);
  }

  unplug(): void {
    writeFileSync(this.#unplugged, '');
    process.kill(Number(readFileSync(this.#pid, 'utf8')), 'SIGKILL');
  }

  plugIn(): void {
    rmSync(this.#unplugged);
  }

  get socket(): string {
    return join(this.folder, 'robot', 'place.sock');
  }

  /** Ends a run; its summary. */
  async end({ child, exited, stdout, stderr }: Started): Promise<{ recording: string; samples: number }> {
    child.kill('SIGINT');
    assert.equal(await exited, 0, stderr());
    return JSON.parse(stdout().trim().split('\n').at(-1) ?? '') as { recording: string; samples: number };
  }

  async replay(recording: string): Promise<void> {
    const check = await axond(this.#t, ['check', recording, '--json']);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    const replay = await axond(this.#t, ['replay', recording, '--json']);
    assert.deepEqual(replay.json['differences'], [], replay.stdout + replay.stderr);
  }
}

const root = 'axond/1/robot/';

async function listen(
  t: TestContext,
  url: string,
): Promise<{ client: MqttClient; heard: (topic: string) => Record<string, unknown>[] }> {
  const client = mqtt.connect(url, { protocolVersion: 5 });
  t.after(() => client.end(true));
  const all: { topic: string; payload: Record<string, unknown> }[] = [];
  client.on('message', (topic, payload) => {
    all.push({ topic: topic.slice(root.length), payload: JSON.parse(payload.toString()) as Record<string, unknown> });
  });
  await until('a connection to mosquitto', () => client.connected);
  await client.subscribeAsync(`${root}#`, { qos: 1 });
  return { client, heard: (wanted) => all.filter(({ topic }) => topic === wanted).map(({ payload }) => payload) };
}

test('a robot learns a route, knows it the next time, and says so over MQTT, from where it is steered too', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { client, heard } = await listen(t, url);
  const ask = async (verb: string, args: object = {}): Promise<Record<string, unknown>> => {
    const before = heard(`response/place/${verb}`).length;
    const id = `${verb}-${before}`;
    await client.publishAsync(`${root}request/place/${verb}`, JSON.stringify({ v: 1, id, args }), { qos: 1 });
    await until(`an answer to ${verb}`, () => heard(`response/place/${verb}`).length > before);
    return heard(`response/place/${verb}`).at(-1) ?? {};
  };
  const robot = new Robot(t, `device.mqtt=${url}`);

  const learning = robot.start();
  // A map of sixty places or fewer cannot tell yet what is unknown.
  await robot.untilPlaces(80);
  assert.equal((await ask('label', { label: 'start', place: 3 }))['ok'], true);
  assert.equal((await ask('forget', { place: 9999 }))['ok'], false);
  assert.equal((await ask('forget', { place: 30 }))['ok'], true);
  assert.equal((await ask('pause'))['ok'], true);
  const { places } = (await robot.status()).place ?? {};
  await until('an event of the pause', () => heard('event/map').some(({ change }) => change === 'paused'));
  const learned = await robot.end(learning);
  const changes = heard('event/map').map(({ change, place, label }) => ({ change, place, label }));
  assert.ok(changes.some(({ change, place, label }) => change === 'labelled' && place === 3 && label === 'start'));
  assert.ok(changes.some(({ change, place }) => change === 'forgotten' && place === 30));
  assert.equal(changes.filter(({ change }) => change === 'learned').length, (places ?? 0) + 1);
  await robot.replay(learned.recording);

  const before = heard('event/place').length;
  const matching = robot.start();
  const known = (): Record<string, unknown>[] =>
    heard('event/place')
      .slice(before)
      .filter(({ known }) => known === true);
  await until('ten places that are known again', () => known().length >= 10, 120_000);
  const beliefs = heard('place');
  assert.ok(beliefs.length > 10 && beliefs.every(({ frame_us: us }) => typeof us === 'number'));
  const status = await robot.status();
  assert.equal(status.place?.mode, 'matching');
  assert.equal(status.place.places, places, 'nothing was learned, nothing was lost');
  assert.equal(status.stimulation, null);
  const route = known().map(({ place }) => Number(place));
  const forwards = route.filter((place, at) => at > 0 && place > (route[at - 1] ?? 0)).length;
  assert.ok(forwards >= 0.8 * (route.length - 1), `the same way as before: ${route.join(' ')}`);
  await robot.replay((await robot.end(matching)).recording);
});

test('a camera that is unplugged is waited for: one notice, no frame lost, the map whole', async (t) => {
  const robot = new Robot(t);
  const run = robot.start();
  await robot.untilPlaces(5);
  const lines: Record<string, unknown>[] = [];
  const listener = createConnection(robot.socket).setEncoding('utf8');
  t.after(() => listener.destroy());
  let text = '';
  listener.on('data', (chunk: string) => {
    text += chunk;
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line) as Record<string, unknown>));
  });
  await until('estimates on the socket', () => lines.length > 5);
  robot.unplug();
  await until('a notice of the camera', async () => (await robot.status()).source.notice !== '', 30_000);
  const gone = await robot.status();
  assert.match(gone.source.notice, /no such camera|ended/);
  assert.notEqual(gone.source.state, 'streaming');
  const toldBefore = lines.length;
  robot.plugIn();
  await until('frames again', async () => (await robot.status()).source.samples > gone.source.samples, 60_000);
  const back = await robot.status();
  assert.equal(back.source.state, 'streaming');
  assert.equal(back.source.notice, '');
  assert.ok((back.place?.restarts ?? 0) >= 1);
  await until('estimates again', () => lines.length > toldBefore);
  const { recording, samples } = await robot.end(run);
  const opened = openRecording(recording);
  t.after(() => opened.close());
  assert.equal(opened.frameCount(), samples);
  assert.ok(existsSync(robot.map));
  await robot.replay(recording);
});

test('what cannot be a map is refused with one line, and nothing is begun', async (t) => {
  const robot = new Robot(t);
  writeFileSync(robot.map, 'a map of treasure');
  const run = robot.start();
  assert.notEqual(await run.exited, 0);
  assert.match(run.stderr(), /floor\.map: /);
  assert.equal(readFileSync(robot.map, 'utf8'), 'a map of treasure');
});
