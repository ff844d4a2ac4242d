import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SyntheticRoad, syntheticDrive } from '../models/place/synthetic-drive.js';
import { mapChanges } from '../runtime/contracts.js';
import { openRecording } from '../runtime/recording/read.js';
import { askControl } from '../runtime/supervisor/control-socket.js';
import { axond, launcher, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { Robot, goesForwards, listen, root, routeOf } from './robot.js';

/** An emulated camera that can be unplugged. */
class Camera {
  readonly source: object;
  readonly #unplugged: string;
  readonly #pid: string;

  constructor(folder: string) {
    this.#unplugged = join(folder, 'unplugged');
    this.#pid = join(folder, 'pid');
    const camera = `${process.execPath} ${launcher} emulate camera --rate 60 --speed 20 --lap 200`;
    const script = `echo $$ > ${this.#pid}; test ! -e ${this.#unplugged} || { echo "no such camera" >&2; exit 1; }; exec ${camera}`;
    this.source = { use: 'camera', command: ['sh', '-c', script], width: 64, height: 32, rate: '60Hz' };
  }

  unplug(): void {
    writeFileSync(this.#unplugged, '');
    process.kill(Number(readFileSync(this.#pid, 'utf8')), 'SIGKILL');
  }

  plugIn(): void {
    rmSync(this.#unplugged);
  }
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
  const robot = new Robot(t);
  const camera = new Camera(robot.folder);

  const learning = robot.start(camera.source, `device.mqtt=${url}`);
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
  const matching = robot.start(camera.source, `device.mqtt=${url}`);
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
  const route = routeOf(known());
  assert.ok(goesForwards(route), `the same way as before: ${route.join(' ')}`);
  await robot.replay((await robot.end(matching)).recording);
});

test('a camera that is unplugged is waited for: one notice, no frame lost, the map whole', async (t) => {
  const robot = new Robot(t);
  const camera = new Camera(robot.folder);
  const run = robot.start(camera.source);
  await robot.untilPlaces(5);
  const lines = robot.estimates();
  await until('estimates on the socket', () => lines.length > 5);
  camera.unplug();
  await until('a notice of the camera', async () => (await robot.status()).source.notice !== '', 30_000);
  const gone = await robot.status();
  assert.match(gone.source.notice, /no such camera|ended/);
  assert.notEqual(gone.source.state, 'streaming');
  const toldBefore = lines.length;
  camera.plugIn();
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
  const run = robot.start(new Camera(robot.folder).source);
  assert.notEqual(await run.exited, 0);
  assert.match(run.stderr(), /floor\.map: /);
  assert.equal(readFileSync(robot.map, 'utf8'), 'a map of treasure');
});

test('a robot that comes onto another of its maps says so, is told by a request where it is, and is replayed', async (t) => {
  const robot = new Robot(t);
  const maps = ['1', '2'].map((seed) => {
    const path = join(robot.folder, `road${seed}.map`);
    const drive = join(robot.folder, `road${seed}.200x32x64.u8`);
    const metres = Array.from({ length: 200 }, (_, frame) => frame);
    writeFileSync(drive, syntheticDrive(new SyntheticRoad(Number(seed)), metres).pixels);
    return { path, drive };
  });
  for (const { path, drive } of maps) {
    const learned = await axond(t, ['place', 'learn', drive, '--map', path]);
    assert.equal(learned.code, 0, learned.stderr);
  }
  const [first, second] = maps.map(({ path }) => path);
  const command = [process.execPath, launcher, 'emulate', 'camera', '--rate', '60', '--lap', '200', '--seed', '2'];
  const source = { use: 'camera', command, width: 64, height: 32, rate: '60Hz' };
  const run = robot.start(source, `place.map=${first ?? ''}`, `place.otherMaps=[${second ?? ''}]`);
  const onMap = async (path = ''): Promise<boolean> => (await robot.status()).place?.map === path;
  await until('the second map', () => onMap(second), 60_000);
  await until('a known place', async () => ((await robot.status()).place?.place ?? -1) >= 0, 60_000);
  const socket = join(robot.folder, 'robot', 'control.sock');
  const ask = (map: string) => askControl(socket, { verb: 'place', request: 'map', map });
  assert.deepEqual(await ask('road3.map'), {
    ok: false,
    reasons: ['map: road3.map is not among the maps of this run. There are road1.map, road2.map.'],
  });
  assert.equal((await ask('road1.map')).ok, true);
  // It goes on seeing the second road, and finds out again.
  await until('the second map again', () => onMap(second), 60_000);
  const { recording } = await robot.end(run);
  const opened = openRecording(recording);
  t.after(() => opened.close());
  assert.deepEqual(
    opened.maps().map(({ name }) => name),
    [first, second],
  );
  const switches = [...opened.readableEvents()].flatMap(({ event, text }) =>
    event?.kind === 'map' && mapChanges[event.change] === 'switched' ? text : [],
  );
  assert.deepEqual(switches, [second, first, second]);
  await robot.replay(recording);
});
