import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { withoutAlsa } from '../../drivers/audio/card.test.fixture.js';
import { GpioOutput } from '../../drivers/gpio/actuator.js';
import { BridgeProcess, until } from '../../firmware-bridge/host/bridge-process.test.fixture.js';
import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { fakeMachine, portOf } from '../../drivers/gpio/machine.test.fixture.js';
import { openPty } from '../../drivers/serial/pty.js';
import type { Actuator, Command, Condition } from '../contracts.js';
import { requestRealtime } from '../realtime.js';
import { attachActuator, openActuator, type ActuatorPlan } from './actuators.js';

/** The law of every actuator that the guardian may hold: it rests, whoever says so, and looks the same in both conditions. */

/** The views of the two threads. */
type Views = readonly [Actuator, Actuator];

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

function views(t: TestContext, plan: ActuatorPlan): Views {
  const handle = openActuator(plan, false);
  const both: Views = [attachActuator(plan, handle), attachActuator(plan, handle)];
  t.after(() => both[0].close());
  return both;
}

function onPty(t: TestContext, plan: (port: string) => ActuatorPlan): Views {
  const pty = openPty();
  const both = views(t, plan(pty.path));
  t.after(() => pty.close());
  return both;
}

interface Kind {
  readonly skip?: string | false;
  readonly open: (t: TestContext) => Views | Promise<Views>;
  /** Of one that refuses what comes too soon. */
  readonly pauseMs?: number;
}

const kinds: Record<string, Kind> = {
  virtual: { open: (t) => views(t, { use: 'virtual' }) },
  'serial-trigger': {
    open: (t) => onPty(t, (port) => ({ use: 'serial-trigger', port, baudRate: 115200, codes: [1], restCode: 0 })),
  },
  'serial-trigger, one-shot': {
    open: (t) => onPty(t, (port) => ({ use: 'serial-trigger', port, baudRate: 115200, codes: [1] })),
  },
  bench: { open: (t) => onPty(t, (port) => ({ use: 'bench', port })) },
  'lan-trigger': {
    async open(t) {
      const device = createSocket('udp4').bind(0, '127.0.0.1');
      await once(device, 'listening');
      t.after(() => device.close());
      return views(t, {
        use: 'lan-trigger',
        address: '127.0.0.1',
        port: device.address().port,
        codes: [1],
        restCode: 0,
      });
    },
  },
  gpio: {
    open() {
      const port = portOf(fakeMachine({ character: [{ label: 'pinctrl-bcm2711', base: 512, lines: 58 }] }));
      const plan = { use: 'gpio', lines: [17], activeLow: false, oneShot: true } as const;
      const lines = GpioOutput.open(plan, port);
      const word = new Int32Array(new SharedArrayBuffer(4));
      return [new GpioOutput(plan, lines, word, port), new GpioOutput(plan, lines, word, port)];
    },
  },
  bridge: {
    skip: noCompiler || (requestRealtime() === 'real-time' ? false : 'real-time scheduling is not permitted'),
    async open(t) {
      const bridge = await BridgeProcess.start(t, ['--realtime']);
      const both = views(t, { use: 'bridge', port: bridge.port, baudRate: 921_600, amplitude: 1000 });
      const ticking = setInterval(() => both[1].tick?.(true), 4);
      t.after(() => clearInterval(ticking));
      // A boot counts as one longest pulse.
      await new Promise((resolve) => setTimeout(resolve, 2100));
      await until('a session', () => both[0].check().length === 0);
      return both;
    },
    pauseMs: 450,
  },
  audio: {
    skip: withoutAlsa(),
    open: (t) =>
      views(t, {
        use: 'audio',
        card: 'null',
        rate: 48_000,
        periodFrames: 128,
        sounds: ['pink-50ms'],
        levelDbfs: -30,
        ceilingDbfs: -20,
      }),
  },
};

for (const [name, { skip = false, open, pauseMs = 0 }] of Object.entries(kinds)) {
  test(
    `R-14 R-16 R-27 ${name}: at rest when opened, rests for either thread, twice too; evidence of one form`,
    { skip },
    async (t) => {
      const [firing, resting] = await open(t);
      assert.ok(firing.isAtRest() && resting.isAtRest());
      assert.deepEqual(firing.check(), []);
      firing.rest();
      const evidence: string[] = [];
      const conditions: readonly Condition[] = ['real', 'sham', 'real'];
      for (const condition of conditions) {
        for (const rester of [firing, resting]) {
          const started = firing.fire(command, condition);
          assert.ok(!firing.isAtRest() && !resting.isAtRest(), condition);
          assert.ok(Number.isFinite(started.atUs));
          evidence.push(started.evidence.replaceAll(/\d+/g, 'N'));
          rester.rest();
          assert.ok(firing.isAtRest() && resting.isAtRest(), condition);
          rester.rest();
          assert.ok(firing.isAtRest() && resting.isAtRest(), condition);
          if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
      assert.equal(new Set(evidence).size, 1, evidence.join('\n'));
    },
  );
}
