import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EdvsEmulator } from '../drivers/edvs/emulator.js';
import { encode } from '../drivers/events/encoders.test.fixture.js';
import { RandomBits } from '../runtime/signal/random.js';
import { openRecording } from '../runtime/recording/read.js';
import { until } from './axond-process.js';
import { lightRoad, lightRoadEvents, lightRoadOf128 } from './light-road.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { Robot, goesForwards, listen, routeOf } from './robot.js';

const { columns, rows } = lightRoad;
const counting = { window: '50ms', columns, rows };

function edvs(t: TestContext, seed: number, link: string): EdvsEmulator {
  const board = new EdvsEmulator({ firmware: 'new', rate: 20_000, seed, lose: 0.0001, link, scene: lightRoadOf128 });
  t.after(() => board.stop());
  return board;
}

test('a robot with an eDVS learns a road, knows it the next time, tells it on its socket, and waits for an unplugged eDVS', async (t) => {
  const robot = new Robot(t);
  const port = join(robot.folder, 'ttyEdvs');
  const first = edvs(t, 1, port);
  const learning = robot.start({ use: 'edvs', port, ...counting });
  await robot.untilPlaces(lightRoad.places - 2);
  const learned = await robot.end(learning);
  first.stop();
  await robot.replay(learned.recording);

  const second = edvs(t, 2, port);
  const matching = robot.start({ use: 'edvs', port, ...counting });
  await until('frames', async () => (await robot.status()).source.samples > 0, 60_000);
  const told = robot.estimates();
  await until('ten places that are known again', () => routeOf(told).length >= 10, 60_000);
  const status = await robot.status();
  assert.equal(status.place?.mode, 'matching');
  assert.equal(status.source.state, 'streaming');
  assert.ok(goesForwards(routeOf(told)), routeOf(told).join(' '));
  second.stop();
  await until('a notice of the port', async () => (await robot.status()).source.notice.includes(`${port}: `));
  const before = told.length;
  edvs(t, 3, port);
  await until('estimates again', () => told.length > before);
  assert.equal((await robot.status()).source.notice, '');
  assert.ok(((await robot.status()).place?.restarts ?? 0) >= 1);
  const { recording, samples } = await robot.end(matching);
  await robot.replay(recording);
  const opened = openRecording(recording);
  t.after(() => opened.close());
  assert.deepEqual(opened.run.pictures, { width: columns, height: rows });
  assert.equal(opened.frameCount(), samples);
});

test('a program that writes EVT 3.0 is learned from and matched, and each place is told over MQTT', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { heard } = await listen(t, url);
  const robot = new Robot(t);
  const program = fileURLToPath(new URL('./light-road.js', import.meta.url));
  const source = (seed: number): object => {
    return { use: 'events', command: [process.execPath, program, `${seed}`], format: 'evt3', ...counting };
  };
  const learning = robot.start(source(1));
  await robot.untilPlaces(lightRoad.places - 2);
  await robot.end(learning);
  const matching = robot.start(source(2), `device.mqtt=${url}`);
  await until('ten known places', () => routeOf(heard('event/place')).length >= 10, 60_000);
  assert.ok(goesForwards(routeOf(heard('event/place'))), routeOf(heard('event/place')).join(' '));
  await until('beliefs', () => heard('place').length > 10);
  await robot.replay((await robot.end(matching)).recording);
});

test('a file of events is played and ends its run; the same events over a socket are known by that map', async (t) => {
  const robot = new Robot(t);
  const file = join(robot.folder, 'drive.aedat4');
  const lapUs = lightRoad.places * lightRoad.placeUs;
  writeFileSync(file, encode('aedat4', lightRoadEvents(0, lapUs, 20_000, new RandomBits(1, 0))));
  const learned = await robot.ended(robot.start({ use: 'events', file, ...counting }));
  assert.ok(learned.samples >= lapUs / 50_000 - 2, `${learned.samples} frames`);
  await robot.replay(learned.recording);

  const path = join(robot.folder, 'camera.sock');
  const random = new RandomBits(2, 0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const header = encode('evt3', []);
    socket.write(header);
    const began = performance.now();
    let played = 0;
    const timer = setInterval(() => {
      const now = (performance.now() - began) * 1000;
      socket.write(encode('evt3', lightRoadEvents(played, now, 20_000, random)).subarray(header.length));
      played += Math.ceil((now - played) / 50) * 50;
    }, 5);
    socket.on('close', () => clearInterval(timer));
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const matching = robot.start({ use: 'events', socket: path, format: 'evt3', ...counting });
  await until('frames', async () => (await robot.status()).source.samples > 0, 60_000);
  const told = robot.estimates();
  await until('ten known places', () => routeOf(told).length >= 10, 60_000);
  assert.ok(goesForwards(routeOf(told)), routeOf(told).join(' '));
  await robot.end(matching);
});
