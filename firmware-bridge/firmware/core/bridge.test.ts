import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { BridgeClient } from '../../../test/bridge/bridge-client.js';
import { VirtualPort } from '../../../test/bridge/virtual-port.js';
import { crc32 } from '../../../runtime/crc32.js';
import { causes, reasons } from '../../protocol/description.js';
import { blank, encode } from '../../protocol/messages.js';
import { noCompiler } from '../make.test.fixture.js';

/** What every port must do stands in `test/bridge/conformance.ts`; here is what needs the virtual one. */
describe('the bridge', { skip: noCompiler }, () => {
  let port: VirtualPort;
  let client: BridgeClient;

  beforeEach(async () => {
    port = new VirtualPort();
    client = new BridgeClient(port);
    port.pass(3_000_000);
    await client.open();
    client.beat();
  });

  function told(): [string | undefined, number, number][] {
    return client.all('edge').map(({ cause, atUs, amplitude }) => [causes[cause], atUs, amplitude]);
  }

  test('R-14 a pulse starts and ends at its time, and tells both', async () => {
    const verdict = await client.pulse({ atUs: 3_050_000, durationUs: 40_000 });
    assert.deepEqual(verdict, { kind: 'verdict', sequence: 1, reasons: 0, startUs: 3_050_000, nowUs: 3_000_000 });
    await client.live(200_000);
    assert.deepEqual(told(), [
      ['start', 3_050_000, 500],
      ['duration', 3_090_000, 0],
    ]);
    assert.deepEqual(port.changes(), [
      { atUs: 3_050_000, amplitude: 500 },
      { atUs: 3_090_000, amplitude: 0 },
    ]);
  });

  test('a time between two ticks becomes the nearer one, a duration the shorter one', async () => {
    for (const [n, awayUs, startUs] of [
      [0, 10_049, 10_000],
      [1, 10_050, 10_100],
      [2, 10_151, 10_200],
    ] as const) {
      const nowUs = port.nowUs;
      const { startUs: promised } = await client.pulse({ atUs: nowUs + awayUs, durationUs: 1099 });
      await client.live(500_000);
      const changes = port.changes().slice(2 * n);
      assert.deepEqual(
        changes.map(({ atUs }) => atUs - nowUs),
        [startUs, startUs + 1000],
      );
      assert.equal(promised - nowUs, startUs);
    }
  });

  test('R-11 a port that wakes more than a millisecond too late starts nothing, and tells so', async () => {
    await client.pulse({ atUs: 3_010_000, durationUs: 40_000 });
    port.oversleep(100 + 11);
    assert.deepEqual(told(), [['late', 3_011_100, 0]]);
    await client.pulse({ atUs: port.nowUs + 10_000, durationUs: 40_000 });
    port.oversleep(100 + 10);
    assert.deepEqual(told().slice(1), [['start', 3_022_100, 500]]);
    port.pass(50_000);
    assert.deepEqual(told().slice(2), [['duration', 3_062_100, 0]]);
  });

  test('R-04 a time at the end of what 64 bits hold is early, not now', async () => {
    const plain = new Uint8Array(64);
    const view = new DataView(plain.buffer);
    const size = encode(client.command({ durationUs: 1000 }), view, 0);
    plain.fill(0xff, 9, 25); // atUs and expiresUs
    view.setUint32(size, crc32(plain, 0, size), true);
    const runs = Buffer.from(plain.subarray(0, size + 4))
      .toString('latin1')
      .split('\0');
    port.write(Uint8Array.from([...runs.flatMap((run) => [run.length + 1, ...Buffer.from(run, 'latin1')]), 0]));
    assert.equal((await client.next('verdict')).reasons, 1 << reasons.indexOf('early'));
    assert.deepEqual(port.changes(), []);
  });

  test('what finds no room on the line counts; edges wait for it', async () => {
    await client.pulse({ atUs: port.nowUs + 1000, durationUs: 2000 });
    port.room(0);
    for (let n = 0; n < 3; n++) client.send(blank.ask());
    client.beat();
    port.pass(10_000);
    port.room(1 << 16);
    port.pass(100);
    client.listen();
    assert.deepEqual(client.all('state'), []);
    assert.deepEqual(
      told().map(([cause]) => cause),
      ['start', 'duration'],
    );
    const { unsentBytes } = await client.ask();
    assert.ok(unsentBytes >= 3 * 80, String(unsentBytes));
  });

  test('edges that found no room in one session are not told in the next', async () => {
    await client.pulse({ atUs: port.nowUs + 1000, durationUs: 2000 });
    port.room(0);
    port.pass(10_000);
    client.send({ ...blank.hello(), protocol: 1 });
    port.room(1 << 16);
    await client.open();
    const before = told().length;
    port.pass(10_000);
    assert.equal(told().length, before);
  });

  test('R-14 a reset tells the end of the pulse that it has cut', async () => {
    await client.pulse({ atUs: port.nowUs, durationUs: 100_000 });
    port.pass(10_000);
    client.send({ ...blank.reset(), session: client.session });
    assert.deepEqual(told(), [
      ['start', 3_000_000, 500],
      ['reset', 3_010_000, 0],
    ]);
    assert.deepEqual(port.changes().at(-1), { atUs: 3_010_000, amplitude: 0 });
  });

  test('a session has another number each time, also after a boot', async () => {
    const sessions = new Set<number>();
    for (let boot = 0; boot < 50; boot++) {
      port.powerOn();
      for (let n = 0; n < 20; n++) sessions.add((await client.hello()).session);
    }
    assert.equal(sessions.size, 1000);
    assert.ok(!sessions.has(0));
  });

  test('samples that a port slept over are missing from the count', async () => {
    await client.open({ samplePeriodUs: 1000, analogueInputs: 1 });
    for (let n = 0; n < 2; n++) await client.live(20_000);
    port.oversleep(300);
    await client.live(40_000);
    const samples = client.all('samples');
    const nominalUs = samples.map(({ counter, firstUs }) => firstUs - (samples[0]?.firstUs ?? 0) - counter * 16_000);
    assert.deepEqual(samples.map(({ counter }) => counter).slice(0, 2), [0, 1]);
    assert.ok(samples.some(({ counter }, n) => n > 0 && counter > (samples[n - 1]?.counter ?? 0) + 1));
    assert.ok(nominalUs.every((us) => Math.abs(us) <= 32_000));
  });
});
