import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Command } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { requestRealtime } from '../../runtime/realtime.js';
import { noCompiler } from '../firmware/make.test.fixture.js';
import { BridgeActuator, type BridgePlan } from './actuator.js';
import { BridgeProcess, until } from './bridge-process.test.fixture.js';

/** The actuator against the firmware's host port: two processes and a pseudo-terminal, as with a board. */

const command: Command = {
  kind: 'fire',
  sequence: 1,
  cycle: 1,
  command: 5,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 50e3,
  variant: 0,
  gainDb: 0,
  lease: 1,
};

/** A device does not wait for its turn: where the host port has to, nothing can be said of its time. */
const skip = noCompiler || (requestRealtime() === 'real-time' ? false : 'real-time scheduling is not permitted');

interface Rig {
  readonly bridge: BridgeProcess;
  /** The views of the guardian's two threads. */
  readonly firing: BridgeActuator;
  readonly resting: BridgeActuator;
  /** What the guardian's main thread tells: it lives, and may fire. */
  ready: boolean | undefined;
}

async function rigFor(t: TestContext, amplitude = 1000, port?: string): Promise<Rig> {
  const bridge = await BridgeProcess.start(t, ['--realtime']);
  const plan: BridgePlan = { use: 'bridge', port: port ?? bridge.port, baudRate: 921_600, amplitude };
  const handle = BridgeActuator.open(plan, true);
  const rig: Rig = {
    bridge,
    firing: new BridgeActuator(plan, handle),
    resting: new BridgeActuator(plan, handle),
    ready: true,
  };
  const ticking = setInterval(() => {
    if (rig.ready !== undefined) rig.resting.tick(rig.ready);
  }, 4);
  t.after(() => {
    clearInterval(ticking);
    rig.resting.close();
  });
  return rig;
}

const isArmed = ({ firing }: Rig) => firing.check().length === 0;

/** A boot counts as one longest pulse: what follows it is refused for two seconds. */
async function settled(rig: Rig): Promise<void> {
  await until('nothing against arming', () => isArmed(rig));
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await until('nothing against arming', () => isArmed(rig));
}

test(
  'R-14 R-30 a pulse is on the pin at the device’s own time, has its amplitude, and ends by itself',
  { skip },
  async (t) => {
    const rig = await rigFor(t, 800);
    await settled(rig);
    const fireAtUs = monotonicUs() + 15e3;
    const { atUs, evidence } = rig.firing.fire({ ...command, fireAtUs, gainDb: -6 }, 'real');
    assert.ok(!rig.firing.isAtRest() && !rig.resting.isAtRest());
    await until('its end', () => rig.resting.isAtRest());
    const [start, end] = rig.bridge.outputs;
    assert.deepEqual([start?.amplitude, end?.amplitude], [401, 0]); // 800 less 6 dB
    // The link, the pin and the request agree on when it was; a busy machine may wake the process late.
    assert.ok(start && Math.abs(start.atUs - atUs) < 300, `${start?.atUs} and ${atUs}`);
    assert.ok(Math.abs(atUs - fireAtUs) < 1500, `${atUs - fireAtUs} us`);
    assert.ok(end && Math.abs(end.atUs - start.atUs - 50e3) < 2000);
    assert.match(
      evidence,
      /^pulse 1 asked for \d+ us of the device's clock and started at \d+ us, known to \d+ us, for command 5$/,
    );
    assert.deepEqual(rig.firing.check(), []);
  },
);

test(
  'R-16 R-30 rest by either thread ends what lasts and drops what waits, by the device’s word',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await settled(rig);
    rig.firing.fire({ ...command, durationUs: 400e3 }, 'real');
    rig.resting.rest();
    assert.ok(rig.firing.isAtRest() && rig.resting.isAtRest());
    await until('the pin at rest', () => rig.bridge.outputs.length === 2);
    const [start, end] = rig.bridge.outputs;
    assert.ok(start && end && end.amplitude === 0 && end.atUs - start.atUs < 200e3);
  },
);

test(
  'R-27 a sham is judged, started, ended and told in the same way, and the pin stays at rest',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await settled(rig);
    const { evidence } = rig.firing.fire(command, 'sham');
    assert.ok(!rig.firing.isAtRest());
    await until('its end', () => rig.firing.isAtRest());
    assert.match(evidence, /^pulse 1 asked for \d+ us .* for command 5$/);
    assert.deepEqual(rig.bridge.outputs, []);
    assert.throws(() => rig.firing.fire(command, 'real'), /the device refused pulse 2: interval/);
  },
);

test('R-30 a refusal of the device is thrown with all its reasons, and nothing is on the pin', { skip }, async (t) => {
  const rig = await rigFor(t);
  await until('nothing against arming', () => isArmed(rig));
  const tooLong = { ...command, durationUs: 1.1e6 };
  assert.throws(() => rig.firing.fire(tooLong, 'real'), /refused pulse 1: (.*, )?duration(, .*)?/);
  assert.throws(() => rig.firing.fire({ ...command, gainDb: 1 }, 'real'), /a gain of 1 dB is no attenuation/);
  assert.ok(rig.firing.isAtRest());
  assert.deepEqual(rig.bridge.outputs, []);
});

test(
  'R-31 beats go out only while the guardian lives and does not hold: a pulse that lasts ends within the limit of the heartbeat',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await settled(rig);
    rig.firing.fire({ ...command, durationUs: 900e3 }, 'real');
    const stoppedUs = monotonicUs();
    rig.ready = undefined; // the main thread hangs
    await until('the pin at rest', () => rig.bridge.outputs.length === 2);
    const endUs = rig.bridge.outputs[1]!.atUs;
    // 40 ms until the link believes it, and it ends the session by itself.
    assert.ok(endUs - stoppedUs < 200e3, `${endUs - stoppedUs} us`);
    await until('its end to be known', () => rig.firing.isAtRest());
    assert.match(rig.firing.check().join(), /no session/);
    assert.throws(() => rig.firing.fire(command, 'real'), /no session/);
    rig.ready = true;
    await until('a new session', () => isArmed(rig));
  },
);

test(
  'R-31 a link thread that was stopped with its process: the device rests by itself, and the stall is on record',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await settled(rig);
    rig.firing.fire({ ...command, durationUs: 900e3 }, 'real');
    // All threads of this process stand still, as they would on a machine that swaps.
    const { execFileSync } = await import('node:child_process');
    execFileSync('sh', ['-c', `kill -STOP ${process.pid}; sleep 0.4; kill -CONT ${process.pid}`]);
    await until('the pin at rest', () => rig.bridge.outputs.length === 2);
    const [start, end] = rig.bridge.outputs;
    assert.ok(start && end && end.atUs - start.atUs < 250e3, `${end!.atUs - start!.atUs} us`);
    await until('its end to be known', () => rig.firing.isAtRest());
    await until('it to be told', () =>
      /the heartbeat was lost 1 times, 1 by stalls of this machine/.test(rig.firing.check().join()),
    );
  },
);

test(
  'R-32 unplugged it is named with its fix and nothing is written anywhere; plugged in again it is found by itself',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await until('nothing against arming', () => isArmed(rig));
    rig.bridge.tell('unplug');
    await until('it to be told', () =>
      /pin: (the bridge is gone|there is no such port): .*plug/.test(rig.firing.check().join()),
    );
    assert.throws(() => rig.firing.fire(command, 'real'), /plug/);
    rig.firing.rest();
    assert.ok(rig.firing.isAtRest());
    rig.bridge.tell('plug');
    await until('nothing against arming', () => isArmed(rig));
    assert.deepEqual(rig.bridge.outputs, []);
  },
);

test(
  'R-32 a cable that is pulled within a pulse: rest throws, because nobody confirms it, and it is at rest in time',
  { skip },
  async (t) => {
    const rig = await rigFor(t);
    await settled(rig);
    rig.firing.fire({ ...command, durationUs: 300e3 }, 'real');
    rig.bridge.tell('unplug');
    await until('it to be told', () => rig.firing.check().length > 0);
    if (!rig.firing.isAtRest())
      assert.throws(() => rig.resting.rest(), /rest is not confirmed; without beats it comes by itself/);
    await until('the pin at rest', () => rig.bridge.outputs.length === 2);
    const [start, end] = rig.bridge.outputs;
    assert.ok(start && end && end.atUs - start.atUs < 150e3, `${end!.atUs - start!.atUs} us`);
    await until('it to be known', () => rig.firing.isAtRest(), 1000);
  },
);

test('R-32 a path that is no serial port, and one that another program holds, are named', { skip }, async (t) => {
  const none = await rigFor(t, 1000, '/dev/null');
  await until('it to be told', () =>
    /\/dev\/null: is no serial port: correct actuators/.test(none.firing.check().join()),
  );
  const first = await rigFor(t);
  await until('a session', () => isArmed(first));
  const second = await rigFor(t, 1000, first.bridge.port);
  await until('it to be told', () => /another program has it open/.test(second.firing.check().join()));
  assert.deepEqual(first.firing.check(), []);
});
