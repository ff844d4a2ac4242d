import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import { monotonicUs } from '../monotonic.js';
import { nowhere } from '../../models/place/estimate.js';
import { RosBridge } from './ros-bridge.js';

/** What a rosbridge hears, on a real WebSocket. */
class FakeRosbridge {
  readonly heard: Record<string, unknown>[] = [];
  readonly server: WebSocketServer;
  sockets: WebSocket[] = [];

  constructor(t: TestContext, port = 0) {
    this.server = new WebSocketServer({ port, host: '127.0.0.1' });
    this.server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('message', (bytes: Buffer) => this.heard.push(JSON.parse(bytes.toString()) as Record<string, unknown>));
    });
    t.after(() => this.stop());
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  stop(): void {
    for (const socket of this.sockets) socket.terminate();
    this.server.close();
  }
  drive(x: number, frame = 'odom'): void {
    const msg = {
      header: { frame_id: frame },
      pose: { pose: { position: { x, y: 0, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } } },
    };
    for (const socket of this.sockets) socket.send(JSON.stringify({ op: 'publish', topic: '/odom', msg }));
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function connected(
  t: TestContext,
): Promise<{ rosbridge: FakeRosbridge; bridge: RosBridge; driven: number[]; said: string[] }> {
  const rosbridge = new FakeRosbridge(t);
  await once(rosbridge.server, 'listening');
  const driven: number[] = [];
  const said: string[] = [];
  const bridge = new RosBridge(
    { url: `ws://127.0.0.1:${rosbridge.port}`, pose: '/axond/pose', odometry: '/odom', spacing: 0.5 },
    (metres) => driven.push(metres),
    (text) => said.push(text),
  );
  t.after(() => bridge.close());
  await until(() => rosbridge.heard.length === 2);
  return { rosbridge, bridge, driven, said };
}

test('a rosbridge is told what comes and what is wanted, odometry comes in, and a pose goes out at frame time', async (t) => {
  const { rosbridge, bridge, driven } = await connected(t);
  assert.deepEqual(rosbridge.heard, [
    { op: 'advertise', topic: '/axond/pose', type: 'geometry_msgs/msg/PoseWithCovarianceStamped' },
    { op: 'subscribe', topic: '/odom', type: 'nav_msgs/msg/Odometry', queue_length: 1 },
  ]);
  assert.equal(bridge.pose, undefined);
  for (const x of [10, 10.5, 10.25]) rosbridge.drive(x);
  await until(() => driven.length === 2);
  assert.deepEqual(driven, [0.5, -0.25]);
  assert.deepEqual(bridge.pose, { frame: 'odom', x: 10.25, y: 0, z: 0, yaw: 0 });
  const frameWallMs = Date.now() - 250;
  bridge.publish({ frame: 'odom', x: 1, y: 2, z: 0, yaw: 0 }, { ...nowhere(), frameUs: monotonicUs() - 250_000 });
  await until(() => rosbridge.heard.length === 3);
  const { msg } = rosbridge.heard[2] as unknown as { msg: { header: { stamp: { sec: number; nanosec: number } } } };
  const { sec, nanosec } = msg.header.stamp;
  assert.ok(Math.abs(sec * 1000 + nanosec / 1e6 - frameWallMs) < 50);
});

test('a jump between frames of reference is no way that was driven', async (t) => {
  const { rosbridge, driven } = await connected(t);
  rosbridge.drive(0);
  rosbridge.drive(100, 'map');
  rosbridge.drive(101, 'map');
  await until(() => driven.length === 1);
  assert.deepEqual(driven, [1]);
});

test('a rosbridge that goes away is found again, and what was driven meanwhile is not guessed', async (t) => {
  const { rosbridge, bridge, driven, said } = await connected(t);
  rosbridge.drive(0);
  await until(() => bridge.pose !== undefined);
  const { port } = rosbridge;
  rosbridge.stop();
  await until(() => bridge.state !== 'connected');
  assert.equal(bridge.pose, undefined);
  bridge.publish({ frame: 'odom', x: 1, y: 2, z: 0, yaw: 0 }, nowhere());
  const again = new FakeRosbridge(t, port);
  await until(() => again.heard.length === 2);
  again.drive(50);
  again.drive(51);
  await until(() => driven.length === 1);
  assert.deepEqual(driven, [1]);
  assert.match(said.join('\n'), /ros: ws:.* connected\nros: ws:.*Trying again\.(.*\n)*ros: ws:.* connected/);
});
