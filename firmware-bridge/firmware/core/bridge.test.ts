import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { BridgeClient } from '../../../test/bridge/bridge-client.js';
import { VirtualPort } from '../../../test/bridge/virtual-port.js';
import { causes } from '../../protocol/description.js';
import { noCompiler } from '../make.test.fixture.js';

describe('the bridge', { skip: noCompiler }, () => {
  let port: VirtualPort;
  let client: BridgeClient;

  beforeEach(() => {
    port = new VirtualPort();
    client = new BridgeClient(port);
  });

  test('a pulse starts and ends at its time, and tells both', async () => {
    await client.open();
    await client.live(3_000_000);
    const verdict = await client.pulse({ atUs: 3_050_000, durationUs: 40_000 });
    assert.deepEqual(verdict, { kind: 'verdict', sequence: 1, reasons: 0, startUs: 3_050_000, nowUs: 3_000_000 });
    await client.live(200_000);
    assert.deepEqual(
      client
        .all('edge')
        .map(({ sequence, atUs, amplitude, cause }) => ({ sequence, atUs, amplitude, cause: causes[cause] })),
      [
        { sequence: 1, atUs: 3_050_000, amplitude: 500, cause: 'start' },
        { sequence: 1, atUs: 3_090_000, amplitude: 0, cause: 'duration' },
      ],
    );
    assert.deepEqual(port.changes(), [
      { atUs: 3_050_000, amplitude: 500 },
      { atUs: 3_090_000, amplitude: 0 },
    ]);
  });
});
