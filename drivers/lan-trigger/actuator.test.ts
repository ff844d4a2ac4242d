import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Command } from '../../runtime/contracts.js';
import { LanTrigger, type LanTriggerPlan } from './actuator.js';
import { payload, socketAddress } from './protocol.js';

/** A device on the network: what it was sent, as text. */
interface Listener {
  readonly port: number;
  /** Resolves when this many datagrams are in. */
  readonly got: (count: number) => Promise<string[]>;
  readonly close: () => Promise<void>;
}

async function listen(): Promise<Listener> {
  const socket = createSocket('udp4');
  const got: string[] = [];
  let heard: () => void = () => undefined;
  socket.on('message', (bytes) => {
    got.push(bytes.toString('latin1'));
    heard();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async got(count) {
      while (got.length < count) await new Promise<void>((resolve) => (heard = resolve));
      return got;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

async function triggerTo(t: TestContext, plan: Partial<LanTriggerPlan>) {
  const listener = await listen();
  const whole: LanTriggerPlan = {
    use: 'lan-trigger',
    address: '127.0.0.1',
    port: listener.port,
    codes: [1],
    restCode: 0,
    ...plan,
  };
  const trigger = new LanTrigger(whole, LanTrigger.open(whole), new Int32Array(1));
  t.after(() => trigger.close());
  return { trigger, listener };
}

const command = (variant: number): Command => ({
  kind: 'fire',
  sequence: 1,
  cycle: 1,
  command: 7,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 50e3,
  variant,
  gainDb: 0,
  lease: 1,
});

test('a datagram starts a variant and another one ends it, as bytes or as text', async (t) => {
  const { trigger, listener } = await triggerTo(t, { codes: [0x81, 'cue b'], restCode: 'off' });
  const { evidence } = trigger.fire(command(0), 'real');
  assert.equal(evidence, `datagram 129 to 127.0.0.1:${listener.port} for command 7`);
  assert.equal(trigger.isAtRest(), false);
  trigger.rest();
  assert.equal(trigger.isAtRest(), true);
  trigger.rest();
  trigger.fire(command(1), 'real');
  trigger.rest();
  assert.deepEqual(await listener.got(5), ['off', '\x81', 'off', 'cue b', 'off']);
  assert.throws(() => trigger.fire(command(2), 'real'), /no code for variant 2/);
  await listener.close();
});

test('R-27 a sham gives the same evidence, and nothing reaches the device', async (t) => {
  const { trigger, listener } = await triggerTo(t, {});
  const real = trigger.fire(command(0), 'real').evidence;
  trigger.rest();
  // More than the socket to itself can hold.
  for (let count = 0; count < 300; count++) {
    const sham = trigger.fire(command(0), 'sham').evidence;
    assert.equal(trigger.isAtRest(), false);
    trigger.rest();
    assert.equal(sham, real);
  }
  trigger.fire(command(0), 'real');
  trigger.rest();
  assert.deepEqual(await listener.got(5), ['\x00', '\x01', '\x00', '\x01', '\x00']);
  await listener.close();
});

test('R-29 a device that is not there: told by the check, firing throws, and an end is sent all the same', async (t) => {
  const { trigger, listener } = await triggerTo(t, {});
  assert.deepEqual(trigger.check(), []);
  await listener.close();
  const reason = `127.0.0.1:${listener.port}: nobody listens there. Switch the device on, or correct actuators.*.address and port.`;
  assert.deepEqual(trigger.check(), [reason]);
  assert.deepEqual(trigger.check(), [reason]);
  // The answer to one datagram comes with the next.
  assert.doesNotThrow(() => {
    trigger.fire(command(0), 'real');
    trigger.rest();
  });
  assert.equal(trigger.isAtRest(), true);
  assert.throws(() => trigger.fire(command(0), 'real'), /ECONNREFUSED/);
  assert.equal(trigger.isAtRest(), false);
  trigger.rest();
  assert.equal(trigger.isAtRest(), true);
});

test('an address to which there is no way is refused when it is opened', () => {
  const plan: LanTriggerPlan = { use: 'lan-trigger', address: '255.255.255.255', port: 9, codes: [1] };
  assert.throws(
    () => LanTrigger.open(plan),
    /^Error: 255\.255\.255\.255:9: cannot be reached \(error 13\)\. Check the/,
  );
});

test('addresses are IPv4 in network order; payloads a byte or UTF-8', () => {
  assert.deepEqual(
    socketAddress('192.168.1.20', 0x1388),
    Uint8Array.of(2, 0, 0x13, 0x88, 192, 168, 1, 20, 0, 0, 0, 0, 0, 0, 0, 0),
  );
  for (const wrong of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', 'host', '01.2.3.4', '1.2.3.x', '::1'])
    assert.equal(socketAddress(wrong, 1), undefined);
  assert.deepEqual(payload(255), Uint8Array.of(255));
  assert.deepEqual(payload('é'), Uint8Array.of(0xc3, 0xa9));
});
