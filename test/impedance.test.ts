import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

interface Measured {
  ok: boolean;
  stillOn: string[];
  electrodes: { electrode: string; ohms: number | null; is: string }[];
}

/** Emulates an amplifier whose electrodes have 4, 8 and 120 kΩ and measures them. */
async function measure(t: TestContext, use: string, keys: string): Promise<Measured> {
  const folder = temporaryFolder();
  const emulator = startAxond(t, ['emulate', use, '--impedance', '4', '8', '120', '--json']);
  await until('the emulated port', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0]!) as { port: string };
  const config = join(folder, 'device.yaml');
  writeFileSync(config, `source: { use: ${use}, port: ${port}, electrodes: { C3: 1, Fz: 2, M2: 3 }, ${keys} }\n`);
  const out = join(folder, 'impedance.json');
  const found = await axond(t, ['setup', 'impedance', '--config', config, '--windows', '1', '--out', out, '--json']);
  assert.equal(found.code, 0, found.stderr);
  assert.deepEqual((JSON.parse(readFileSync(out, 'utf8')) as Measured).electrodes, found.json['electrodes']);
  return found.json as unknown as Measured;
}

test('R-38 impedances of emulated electrodes on a Cyton and an ADS1299; the current is off and seen to be off', async (t) => {
  const found = await Promise.all([measure(t, 'cyton', ''), measure(t, 'ads1299', 'dataReady: 26')]);
  for (const { ok, stillOn, electrodes } of found) {
    assert.deepEqual([ok, stillOn], [true, []]);
    assert.deepEqual(
      electrodes.map(({ electrode, is }) => [electrode, is]),
      [
        ['C3', 'good'],
        ['Fz', 'fair'],
        ['M2', 'high'],
      ],
    );
    // A sleeper's own 31 Hz and mains are in it.
    for (const [place, ohms] of [4e3, 8e3, 120e3].entries())
      assert.ok(Math.abs(electrodes[place]!.ohms! - ohms) < 500 + ohms / 50, JSON.stringify(electrodes));
  }
});
