import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { causes, messages, phases, protocolVersion } from '../../firmware-bridge/protocol/description.js';
import { blank, type Edge, type HostMessage, type State } from '../../firmware-bridge/protocol/messages.js';
import { BridgeClient, reasonNames, type TestLine } from './bridge-client.js';
import { compiledLimits, OutputRules, type OutputChange } from './output-rules.js';

/** A firmware under test, with a line to it. */
export interface PortUnderTest extends TestLine {
  /** Stamps are exactly those of the commands: the clock is virtual. */
  readonly isExact: boolean;
  /** The terminal that another process can open, if there is one. */
  readonly path?: string;
  /** All changes of the output, by the clock of something else than the firmware, if there is such a thing. */
  changes?(): readonly OutputChange[];
  /** The line is pulled out, and plugged in again. */
  cableOut(): void | Promise<void>;
  cableIn(): void | Promise<void>;
  /** The power fails and comes back. */
  powerOn(): void | Promise<void>;
  /** A bit an input. */
  digital(levels: number): void;
  analogue(input: number, value: number): void;
  close(): void | Promise<void>;
}

/** How far the microcontroller's own stamps may be off on a port that shares a processor with others. */
const stallUs = 1000;

/** The same for every port; `connect` switches one on. Only of a `terminal` can another process be the host. */
export function conformance(
  name: string,
  line: 'terminal' | 'memory',
  skip: string | false,
  connect: () => PortUnderTest | Promise<PortUnderTest>,
): void {
  let port: PortUnderTest | undefined;
  after(() => port?.close());

  /**
   * Where the test itself could not keep its beats up, or the port slept over a start, the machine was stalled: once more,
   * at most five times.
   */
  function onPort(
    what: string,
    body: (client: BridgeClient, port: PortUnderTest, t: TestContext) => Promise<void>,
  ): void {
    test(`${name}: ${what}`, { skip }, async (t) => {
      for (let tries = 1; ; tries++) {
        port ??= await connect();
        const client = new BridgeClient(port);
        try {
          await body(client, port, t);
          judge(port);
          return;
        } catch (error) {
          client.listen();
          const late = client.all('edge').some(({ cause }) => causes[cause] === 'late');
          const stalled = late || client.stalls > 0;
          if (port.isExact || !stalled || tries === 5) throw error;
          t.diagnostic(`the machine stalled: once more`);
          await port.close();
          port = undefined;
        }
      }
    });
  }

  onPort('a new version of the protocol gets no session, the same one gets limits', async (client) => {
    const welcome = await client.hello();
    const { protocol, tickUs, beatTimeoutUs, amplitudeLimit, durationLimitUs, chargeLimit, intervalLimitUs } = welcome;
    const { perMinuteLimit, dutyLimit } = welcome;
    assert.deepEqual(
      { amplitudeLimit, durationLimitUs, chargeLimit, intervalLimitUs, perMinuteLimit, dutyLimit },
      compiledLimits,
    );
    assert.deepEqual([protocol, tickUs, beatTimeoutUs], [protocolVersion, 100, 250_000]);
    assert.notEqual(welcome.session, 0);
    const other = await client.hello(protocolVersion + 1);
    assert.deepEqual([other.protocol, other.session], [protocolVersion, 0]);
    for (const session of [0, welcome.session]) client.send({ ...blank.open(), session });
    assert.equal((await client.ask()).session, 0);
  });

  onPort('it starts silent, and opens nothing by itself', async (client, port) => {
    await port.powerOn();
    const state = await client.ask();
    assert.deepEqual([state.session, phases[state.phase], state.amplitude, state.waiting], [0, 'silent', 0, 0]);
    const verdict = await client.pulse();
    assert.ok(reasonNames(verdict.reasons).includes('no-session'));
    client.beat();
    await port.pass(5000);
    assert.ok(reasonNames((await client.pulse()).reasons).includes('no-session'));
    assert.deepEqual(client.all('edge'), []);
  });

  onPort('a pulse starts at its time, lasts as long as it should and tells both', async (client, port, t) => {
    await ready(client);
    const { nowUs } = await client.ask();
    const atUs = nowUs + 60_000;
    const verdict = await client.pulse({ atUs, durationUs: 80_000, amplitude: 321 });
    assert.deepEqual(reasonNames(verdict.reasons), []);
    assert.ok(Math.abs(verdict.startUs - atUs) <= 100);
    await client.live(250_000);
    const [start, end, ...more] = edges(client);
    assert.deepEqual([start?.amplitude, start?.cause, end?.amplitude, end?.cause], [321, 'start', 0, 'duration']);
    assert.equal(more.length, 0);
    const errorUs = start!.atUs - atUs;
    const lastedUs = end!.atUs - start!.atUs;
    t.diagnostic(`started ${errorUs} us after its time, lasted ${lastedUs} us`);
    assert.ok(Math.abs(errorUs) <= (port.isExact ? 50 : stallUs), `started ${errorUs} us after its time`);
    assert.ok(Math.abs(lastedUs - 80_000) <= (port.isExact ? 0 : stallUs), `lasted ${lastedUs} us`);
  });

  onPort('every limit holds at its value and refuses what is beyond it, for its own reason', async (client) => {
    const limits = {
      amplitudeLimit: 400,
      durationLimitUs: 50_000,
      chargeLimit: 400 * 40_000,
      intervalLimitUs: 500_000,
    };
    await ready(client, limits);
    const cases: [Parameters<BridgeClient['pulse']>[0], string[]][] = [
      [{ amplitude: 401, durationUs: 30_000 }, ['amplitude']],
      [{ amplitude: 0, durationUs: 30_000 }, ['amplitude']],
      [{ amplitude: 100, durationUs: 50_001 }, ['duration']],
      [{ amplitude: 100, durationUs: 99 }, ['duration']],
      [{ amplitude: 400, durationUs: 40_100 }, ['charge']],
      [{ amplitude: 65_535, durationUs: 0xffffffff }, ['amplitude', 'duration', 'charge', 'duty']],
      [{ amplitude: 400, durationUs: 40_000 }, []],
    ];
    for (const [wanted, expected] of cases) {
      assert.deepEqual(reasonNames((await client.pulse(wanted)).reasons), expected, JSON.stringify(wanted));
    }
    await client.live(60_000);
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000, amplitude: 100 })).reasons), ['interval']);
    await client.live(500_000);
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000, amplitude: 100 })).reasons), []);
  });

  onPort('a host can tighten limits, and loosen none', async (client) => {
    const state = await client.open({
      beatTimeoutUs: 0xffffffff,
      amplitudeLimit: 0xffff,
      durationLimitUs: 0xffffffff,
      chargeLimit: 0xffffffff,
      intervalLimitUs: 0,
      perMinuteLimit: 0xffff,
      dutyLimit: 0xffff,
    });
    assert.deepEqual(limitsOf(state), compiledLimits);
    assert.equal(state.beatTimeoutUs, 250_000);
    const tight = {
      amplitudeLimit: 1,
      durationLimitUs: 200,
      chargeLimit: 300,
      intervalLimitUs: 400_100,
      perMinuteLimit: 2,
    };
    const tightened = await client.open({ ...tight, dutyLimit: 3, beatTimeoutUs: 4000 });
    assert.deepEqual(limitsOf(tightened), { ...tight, dutyLimit: 3 });
    assert.equal(tightened.beatTimeoutUs, 4000);
  });

  onPort('rate and duty refuse what is too much', async (client, port) => {
    await port.powerOn();
    await client.open({ beatTimeoutUs: 250_000 });
    await client.live(2_200_000);
    await ready(client, { perMinuteLimit: 3, dutyLimit: 50, durationLimitUs: 60_000 });
    // The boot counts as a start.
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 50_000 })).reasons), []);
    await client.live(420_000);
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 60_000 })).reasons), ['duty']);
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000 })).reasons), []);
    await client.live(420_000);
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000 })).reasons), ['rate']);
  });

  onPort(
    'without beats the output comes to rest, and stays so until there is a new session',
    async (client, port, t) => {
      await ready(client, { beatTimeoutUs: 100_000 });
      assert.equal((await client.pulse({ durationUs: 400_000 })).reasons, 0);
      client.beat();
      const last = await client.ask();
      await port.pass(300_000);
      const [start, end] = edges(client);
      assert.deepEqual([start?.cause, end?.cause, end?.amplitude], ['start', 'beat', 0]);
      const restUs = end!.atUs - last.beatUs - 100_000;
      t.diagnostic(`rest ${restUs} us after the heartbeat's limit`);
      assert.ok(restUs <= (port.isExact ? 100 : stallUs) && restUs >= -100, `rest ${restUs} us after the limit`);

      client.beat();
      const lost = await client.ask();
      assert.deepEqual([phases[lost.phase], lost.beat, lost.beatLosses], ['lost', last.beat, 1]);
      assert.ok(reasonNames((await client.pulse()).reasons).includes('no-beat'));
      client.send({ ...blank.open(), session: client.session });
      assert.equal(phases[(await client.ask()).phase], 'lost');
      assert.equal(phases[(await client.open()).phase], 'open');
      client.beat();
      assert.ok(!reasonNames((await client.ask()).reasons).includes('no-beat'));
    },
  );

  onPort('nothing fires before the first beat of a session', async (client) => {
    await ready(client);
    await client.open();
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000 })).reasons), ['no-beat']);
    client.beat();
    assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000 })).reasons), []);
  });

  onPort('the cable is pulled out during a pulse', async (client, port, t) => {
    await ready(client);
    assert.equal((await client.pulse({ durationUs: 400_000 })).reasons, 0);
    await client.live(40_000);
    client.beat();
    const last = await client.ask();
    const beforeMs = performance.now();
    await port.cableOut();
    await port.pass(400_000);
    await port.cableIn();
    const again = new BridgeClient(port);
    const state = await again.ask();
    const unpluggedMs = performance.now() - beforeMs;
    t.diagnostic(`unplugged for ${unpluggedMs.toFixed(0)} ms`);
    assert.deepEqual([phases[state.phase], state.amplitude], ['lost', 0]);
    // What was sent meanwhile, and what the line kept, must not fire now.
    assert.ok(state.nowUs > last.nowUs);
    assert.equal((await again.open()).phase, phases.indexOf('open'));
    const [start, end] = port.changes?.().slice(-2) ?? [];
    // Who watches the pin of an emulated board has the wall's clock, and the board's may lag behind it.
    const lag = Math.max(1, (1000 * unpluggedMs) / (state.nowUs - last.nowUs));
    if (start && end) assert.ok(end.atUs - start.atUs < 390_000 * lag, `lasted ${end.atUs - start.atUs} us`);
  });

  onPort('`hello` and `rest` end a pulse at once', async (client) => {
    await ready(client);
    const first = await client.pulse({ durationUs: 300_000 });
    await client.live(40_000);
    client.send(blank.rest());
    await client.live(20_000);
    assert.deepEqual([first.reasons, edges(client).map(({ cause }) => cause)], [0, ['start', 'rest']]);
    await client.live(600_000);
    assert.equal((await client.pulse({ durationUs: 300_000 })).reasons, 0);
    await client.live(40_000);
    await client.hello();
    const [start, end] = edges(client).slice(2);
    assert.deepEqual([start?.cause, end?.cause], ['start', 'session']);
    assert.ok(end!.atUs - start!.atUs < 100_000);
  });

  onPort(
    'a pulse that waits is dropped by `rest`, a lost heartbeat and `hello`, and tells so',
    async (client, port) => {
      await ready(client);
      const soonUs = async (): Promise<number> => (await client.ask()).nowUs + 250_000;
      const ends: [string, () => unknown][] = [
        [
          'rest',
          () => {
            client.send(blank.rest());
          },
        ],
        ['beat', () => port.pass(150_000)],
        ['session', () => client.hello()],
      ];
      for (const [cause, end] of ends) {
        await client.open();
        client.beat();
        const verdict = await client.pulse({ atUs: await soonUs(), durationUs: 10_000 });
        assert.deepEqual(reasonNames(verdict.reasons), [], cause);
        assert.deepEqual(reasonNames((await client.pulse({ durationUs: 10_000 })).reasons), ['busy']);
        await end();
        await port.pass(20_000);
        assert.deepEqual(
          edges(client).map((edge) => [edge.amplitude, edge.cause]),
          [[0, cause]],
        );
        client.received.length = 0;
      }
      await port.pass(300_000);
      assert.deepEqual(edges(client), []);
    },
  );

  onPort('late, expired and early pulses are refused', async (client) => {
    await ready(client);
    const { nowUs } = await client.ask();
    const cases: [Parameters<BridgeClient['pulse']>[0], string[]][] = [
      [{ atUs: nowUs - 2000 }, ['late']],
      [{ atUs: 0 }, ['late']],
      [{ atUs: nowUs + 100_000, expiresUs: nowUs - 1000 }, ['expired']],
      [{ atUs: nowUs + 500_000, expiresUs: nowUs + 400_000 }, ['expired']],
      [{ atUs: nowUs + 2_000_000 }, ['early']],
      [{ atUs: Number.MAX_SAFE_INTEGER }, ['early']],
    ];
    for (const [wanted, expected] of cases) {
      const verdict = await client.pulse({ durationUs: 10_000, expiresUs: Number.MAX_SAFE_INTEGER, ...wanted });
      assert.deepEqual(reasonNames(verdict.reasons), expected, JSON.stringify(wanted));
    }
    assert.deepEqual(edges(client), []);
  });

  onPort('frames that were held up on the way come too late to fire', async (client, port) => {
    await ready(client);
    const { nowUs } = await client.ask();
    const held = client.frame(client.command({ atUs: nowUs + 50_000, expiresUs: nowUs + 60_000, durationUs: 10_000 }));
    await client.live(100_000);
    port.write(held);
    const verdict = await client.next('verdict');
    assert.deepEqual(reasonNames(verdict.reasons), ['expired', 'late']);
  });

  onPort('what was sent before is not taken again, in the same session and in the next one', async (client, port) => {
    await ready(client);
    const { nowUs } = await client.ask();
    const sent: Uint8Array[] = [
      client.frame({ ...blank.open(), ...compiledLimits, beatTimeoutUs: 250_000, session: client.session }),
      client.frame({ ...blank.beat(), session: client.session, sequence: (client.beats = 1000) }),
      client.frame(client.command({ atUs: nowUs + 20_000, durationUs: 10_000 })),
      client.frame({ ...blank.sync(), session: client.session, sequence: 1 }),
    ];
    for (const frame of sent) port.write(frame);
    assert.deepEqual(reasonNames((await client.next('verdict')).reasons), []);
    await client.next('synced');
    await client.next('edge', (edge) => edge.amplitude === 0);
    const before = await client.ask();
    for (let again = 0; again < 3; again++) for (const frame of sent) port.write(frame);
    const after = await client.ask();
    for (const verdict of client.all('verdict')) assert.ok(reasonNames(verdict.reasons).includes('replayed'));
    assert.equal(client.all('verdict').length, 3);
    assert.equal(client.all('synced').length, 0);
    assert.deepEqual([after.accepted, after.beat, after.strayFrames - before.strayFrames], [before.accepted, 1000, 9]);

    await client.open();
    for (const frame of sent) port.write(frame);
    client.beat();
    const anew = await client.ask();
    assert.deepEqual([anew.session, anew.beat, anew.pulse], [client.session, 1, 0]);
    assert.deepEqual(reasonNames(client.all('verdict').at(-1)!.reasons).slice(0, 1), ['no-session']);
    assert.deepEqual(edges(client).slice(1), []);
  });

  onPort('frames out of order: the newest number of each kind counts', async (client) => {
    await ready(client);
    const { session } = client;
    for (const sequence of [900, 902, 901]) client.send({ ...blank.beat(), session, sequence });
    client.beats = 902;
    for (const sequence of [5, 4]) client.send({ ...blank.sync(), session, sequence });
    const { nowUs } = await client.ask();
    const wanted = { durationUs: 10_000, atUs: nowUs + 20_000 };
    for (const sequence of [70, 69]) client.send(client.command({ ...wanted, sequence }));
    const state = await client.ask();
    assert.deepEqual([state.beat, state.pulse], [902, 70]);
    assert.deepEqual(
      client.all('synced').map(({ sequence }) => sequence),
      [5],
    );
    const verdicts = client.all('verdict').map(({ sequence, reasons: bits }) => [sequence, reasonNames(bits)[0]]);
    assert.deepEqual(verdicts, [
      [70, undefined],
      [69, 'replayed'],
    ]);
  });

  onPort('a changed bit at any place of any frame changes nothing', async (client, port, t) => {
    await ready(client);
    const { session } = client;
    const before = await client.ask();
    const frames: HostMessage[] = [
      { ...blank.hello(), protocol: protocolVersion, nonce: 77 },
      { ...blank.open(), ...compiledLimits, session },
      { ...blank.beat(), session, sequence: 5000 },
      client.command({ atUs: before.nowUs, sequence: 6000 }),
      blank.rest(),
      { ...blank.sync(), session, sequence: 7000 },
      blank.ask(),
      { ...blank.updateBegin(), session, version: 1, length: 1000 },
      { ...blank.updateChunk(), session, offset: 0, count: 128 },
      { ...blank.updateEnd(), session },
      { ...blank.reset(), session },
      { ...blank.confirm(), session },
    ];
    assert.deepEqual(new Set(frames.map(({ kind }) => kind)), new Set(hostKinds));
    let bits = 0;
    for (const message of frames) {
      const frame = client.frame(message);
      const changed = new Uint8Array(frame.length + 1);
      for (let bit = 0; bit < frame.length * 8; bit++) {
        changed.set(frame);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        port.write(changed);
        // So that the line never holds more than its buffer.
        if (++bits % 20 === 0) await client.ask();
        client.beat(); // each time: QEMU takes tens of milliseconds a frame on a busy machine
      }
    }
    t.diagnostic(`${bits} changed frames`);
    const after = await client.ask();
    assert.ok(after.damagedFrames - before.damagedFrames >= bits);
    assert.deepEqual(
      [after.session, after.pulse, after.accepted, after.refused, after.strayFrames, phases[after.phase]],
      [session, before.pulse, before.accepted, before.refused, before.strayFrames, 'open'],
    );
    assert.ok(after.beat < 5000);
    assert.deepEqual(
      [client.all('verdict'), client.all('welcome'), client.all('updated'), client.all('synced')],
      [[], [], [], []],
    );
  });

  onPort('noise of any length does not keep the next frame from being read', async (client, port) => {
    const before = await client.ask();
    for (const length of [1, 5, 141, 142, 143, 144, 145, 254, 255, 256, 1000]) {
      port.write(new Uint8Array(length).fill(0xff));
      port.write(Uint8Array.of(0));
      await client.ask();
    }
    assert.equal((await client.ask()).damagedFrames - before.damagedFrames, 11);
  });

  onPort('a sham tells everything and moves nothing', async (client, port) => {
    await ready(client);
    const before = port.changes?.().length;
    assert.equal((await client.pulse({ sham: 1, durationUs: 30_000 })).reasons, 0);
    await client.live(30_000);
    assert.equal((await client.ask()).amplitude, 0);
    await client.live(60_000);
    assert.deepEqual(
      edges(client).map((edge) => [edge.amplitude, edge.cause]),
      [
        [500, 'start'],
        [0, 'duration'],
      ],
    );
    assert.deepEqual(port.changes?.().slice(before), port.changes && []);
  });

  onPort('the round trip tells when a question came and when its answer left', async (client, port) => {
    await client.open();
    const before = (await client.ask()).nowUs;
    client.send({ ...blank.sync(), session: client.session, sequence: 1 });
    const { sequence, receivedUs, sentUs } = await client.next('synced');
    await port.pass(1000);
    const after = (await client.ask()).nowUs;
    assert.equal(sequence, 1);
    assert.ok(before <= receivedUs && receivedUs <= sentUs && sentUs <= after);
  });

  onPort('inputs: changes with their time, samples at their period', async (client, port) => {
    port.analogue(0, -1234);
    port.analogue(1, 32_767);
    port.digital(0);
    await port.pass(20_000);
    await client.open({ samplePeriodUs: 2000, analogueInputs: 2, beatTimeoutUs: 250_000 });
    const before = (await client.ask()).nowUs;
    port.digital(5);
    await client.live(20_000);
    port.digital(4);
    await client.live(320_000);
    const changes = client.all('input');
    assert.deepEqual(
      changes.map(({ levels, changed }) => [levels, changed]),
      [
        [5, 5],
        [4, 1],
      ],
    );
    const waitedUs = changes[0]!.atUs - before;
    assert.ok(waitedUs >= 0 && waitedUs <= (port.isExact ? 100 : 20_000), `seen after ${waitedUs} us`);
    for (const [input, value] of [-1234, 32_767].entries()) {
      const blocks = client.all('samples').filter((one) => one.input === input);
      assert.ok(blocks.length >= 5, `${blocks.length} blocks`);
      assert.deepEqual([...blocks[0]!.values], new Array(16).fill(value));
      assert.equal(blocks[0]!.periodUs, 2000);
      // Most of them: a machine that stalls makes one late, and the next one early.
      const offUs = blocks
        .slice(1)
        .map(({ firstUs, counter }, before) => {
          const { firstUs: lastUs, counter: last } = blocks[before]!;
          return Math.abs((firstUs - lastUs) / (counter - last) - 32_000);
        })
        .sort((a, b) => a - b);
      assert.ok(offUs[Math.floor(offUs.length / 2)]! <= (port.isExact ? 0 : 2 * stallUs), offUs.join());
    }
  });

  onPort('a reset during a pulse ends it, and the session is gone', async (client, port) => {
    await ready(client);
    assert.equal((await client.pulse({ durationUs: 400_000 })).reasons, 0);
    await client.live(40_000);
    const { nowUs, amplitude } = await client.ask();
    assert.equal(amplitude, 500);
    client.send({ ...blank.reset(), session: client.session });
    await port.pass(50_000);
    const state = await client.ask();
    assert.deepEqual([state.session, phases[state.phase], state.amplitude], [0, 'silent', 0]);
    assert.ok(state.nowUs < nowUs);
    assert.ok(reasonNames(state.reasons).includes('interval'));
  });

  if (line === 'memory') return;
  onPort('the host dies during a pulse', async (client, port, t) => {
    assert.ok(port.path);
    await ready(client);
    const before = port.changes?.().length ?? 0;
    const host = spawn(process.execPath, [fileURLToPath(new URL('dying-host.js', import.meta.url)), port.path]);
    await once(host.stdout, 'data');
    const killedMs = performance.now();
    host.kill('SIGKILL');
    await once(host, 'exit');
    await port.pass(400_000);
    const state = await client.ask();
    assert.deepEqual([phases[state.phase], state.amplitude, state.waiting], ['lost', 0, 0]);
    const [start, end] = port.changes?.().slice(before) ?? [];
    if (start && end) t.diagnostic(`the output lasted ${end.atUs - start.atUs} us`);
    const told = edges(client).find(({ amplitude }) => amplitude === 0);
    t.diagnostic(`killed, and ${(performance.now() - killedMs).toFixed(0)} ms later all was over`);
    assert.equal(told?.cause, 'beat');
    assert.ok(told.atUs - state.beatUs - 100_000 <= (port.isExact ? 100 : stallUs));
  });
}

const hostKinds = Object.entries(messages)
  .filter(([, { from }]) => from === 'host')
  .map(([kind]) => kind);

/** A session in which 100 ms at half of the full scale are allowed now, however long ago the boot and the last pulse were. */
async function ready(client: BridgeClient, limits: Parameters<BridgeClient['open']>[0] = {}): Promise<void> {
  await client.open({ beatTimeoutUs: 250_000, ...limits });
  for (let waitedUs = 0; ; waitedUs += 50_000) {
    await client.live(50_000);
    const { nowUs, reasons: bits } = await client.ask();
    if (bits === 0 && nowUs > 1_300_000) break;
    assert.ok(waitedUs < 4_000_000, `not ready: ${reasonNames(bits).join(', ')}`);
  }
  await client.live(200_000);
  client.received.length = 0;
}

function edges(client: BridgeClient): (Omit<Edge, 'cause'> & { cause: string | undefined })[] {
  return client.all('edge').map((edge) => ({ ...edge, cause: causes[edge.cause] }));
}

function limitsOf(state: State): typeof compiledLimits {
  const { amplitudeLimit, durationLimitUs, chargeLimit, intervalLimitUs, perMinuteLimit, dutyLimit } = state;
  return { amplitudeLimit, durationLimitUs, chargeLimit, intervalLimitUs, perMinuteLimit, dutyLimit };
}

/** After each test: the output kept the compiled limits. */
function judge(port: PortUnderTest): void {
  const rules = new OutputRules(compiledLimits, port.isExact ? 0 : stallUs);
  for (const change of port.changes?.() ?? []) rules.take(change);
  assert.deepEqual(rules.violations, []);
}
