import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { causes } from '../../firmware-bridge/protocol/description.js';
import { BridgeClient } from './bridge-client.js';
import { VirtualPort } from './virtual-port.js';

/**
 * A session with these beats, the last of them at a phase of the tick, and a pulse that starts so long after it: when the
 * output came to rest, from the last beat on.
 */
async function restAfterBeat(
  timeoutUs: number,
  phaseUs: number,
  pulseUs: number,
  oversleeps: boolean,
): Promise<number> {
  const port = new VirtualPort();
  const client = new BridgeClient(port);
  port.pass(3_000_000 + phaseUs);
  await client.open({ beatTimeoutUs: timeoutUs });
  client.beat();
  const beatUs = port.nowUs;
  port.pass(pulseUs);
  client.send(client.command({ atUs: port.nowUs, durationUs: 1_000_000 }));
  if (oversleeps) port.oversleep(timeoutUs / 100 + 7);
  else port.pass(timeoutUs + 1000);
  const [start, end] = port.changes();
  assert.ok(start && end?.amplitude === 0);
  assert.equal(causes[client.all('edge').at(-1)?.cause ?? 0], 'beat');
  return end.atUs - beatUs;
}

describe('the heartbeat of the bridge on a virtual clock', { skip: noCompiler }, () => {
  test('R-13 rest comes within a tick of the limit, whenever the last beat and the pulse came', async (t) => {
    let earliestUs = Infinity;
    let latestUs = -Infinity;
    let runs = 0;
    for (const timeoutUs of [1000, 20_000, 100_000, 250_000]) {
      const step = timeoutUs <= 1000 ? 100 : timeoutUs / 50;
      for (let pulseUs = 0; pulseUs < timeoutUs - 200; pulseUs += step) {
        for (const phaseUs of [0, 1, 37, 50, 99]) {
          const overUs = (await restAfterBeat(timeoutUs, phaseUs, pulseUs, false)) - timeoutUs;
          earliestUs = Math.min(earliestUs, overUs);
          latestUs = Math.max(latestUs, overUs);
          runs++;
        }
      }
    }
    t.diagnostic(`${runs} runs: rest from ${earliestUs} to ${latestUs} us after the limit`);
    // A beat in the middle of a tick counts from the tick before it.
    assert.ok(earliestUs > -100 && latestUs <= 0);
  });

  test('R-13 a port that slept over the limit comes to rest when it wakes', async () => {
    for (const timeoutUs of [1000, 100_000, 250_000]) {
      assert.equal(await restAfterBeat(timeoutUs, 0, 0, true), timeoutUs + 700);
    }
  });

  test('R-13 beats that come in time hold a pulse for all of its duration, whatever their phase', async () => {
    for (let phaseUs = 0; phaseUs < 20_000; phaseUs += 777) {
      const port = new VirtualPort();
      const client = new BridgeClient(port);
      port.pass(3_000_000);
      await client.open({ beatTimeoutUs: 20_100 });
      port.pass(phaseUs);
      client.beat();
      client.send(client.command({ atUs: port.nowUs, durationUs: 500_000 }));
      await client.live(600_000);
      const [start, end] = port.changes();
      assert.ok(start && end);
      assert.ok(end.atUs - start.atUs > 499_900 && end.atUs - start.atUs <= 500_000);
      assert.deepEqual((await client.ask()).beatLosses, 0);
    }
  });
});
