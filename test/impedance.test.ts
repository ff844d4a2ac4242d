import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CytonEmulator } from '../drivers/cyton/emulator.js';
import { noFaults } from '../drivers/cyton/faults.js';
import { openSerialLine } from '../drivers/serial/line.js';
import { openSerialTransport } from '../drivers/serial/transport.js';
import { measureImpedance } from '../runtime/impedance/measure.js';
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
  const found = await axond(t, ['setup', 'impedance', '--config', config, '--windows', '1', '--out', out, '--json'], {
    RUNTIME_DIRECTORY: folder,
  });
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

test('a board that answers and sends no current through an electrode: unknown, never good, and what to look at is said', async (t) => {
  const folder = temporaryFolder();
  let port = '';
  let packets = 0;
  const emulator = new CytonEmulator({
    ...{ daisy: false, rate: 250, faults: noFaults(), seed: 1, sourceChannels: 8 },
    // An EEG of a few microvolts; what the first electrode lacks leaves no tone at all.
    source: {
      read(frame) {
        frame.fill(2 * Math.sin(packets++ / 4));
        return true;
      },
    },
    impedances: [-2200, 4e3],
    onReady: (path) => (port = path),
    onEnd: () => undefined,
  });
  t.after(() => emulator.stop());
  const config = join(folder, 'device.yaml');
  writeFileSync(config, `source: { use: cyton, port: ${port}, electrodes: { C3: 1, Fz: 2, M2: 3 } }\n`);
  const found = await axond(t, ['setup', 'impedance', '--config', config, '--windows', '3', '--json'], {
    RUNTIME_DIRECTORY: folder,
  });
  assert.ok(found.json['electrodes'], found.stderr);
  assert.deepEqual(
    (found.json as unknown as Measured).electrodes.map(({ electrode, is }) => `${electrode} ${is}`),
    // The third one has nothing but the board's own resistor: a current flows.
    ['C3 unknown', 'Fz good', 'M2 good'],
  );
  const told = await axond(t, ['setup', 'impedance', '--config', config, '--windows', '1'], {
    RUNTIME_DIRECTORY: folder,
  });
  assert.match(told.stdout, /C3 +no current {2}unknown\n[^]*No test current was seen on C3: is the channel on\?/);
});

/** Microvolts of 31.25 Hz in the first input of a board that is told to stream and nothing else. */
async function toneOf(port: string): Promise<number> {
  const line = await openSerialLine(port, 115_200);
  const transport = openSerialTransport(port);
  try {
    transport.write(Buffer.from('b'), 1);
    const packets: Buffer[] = [];
    let bytes = Buffer.alloc(0);
    const buffer = new Uint8Array(4096);
    await until('two seconds of signal', () => {
      bytes = Buffer.concat([bytes, buffer.subarray(0, Math.max(0, transport.read(buffer, 10)))]);
      for (let at = bytes.indexOf(0xa0); at >= 0 && at + 33 <= bytes.length; at = bytes.indexOf(0xa0)) {
        const whole = (bytes[at + 32]! & 0xf0) === 0xc0;
        if (whole) packets.push(bytes.subarray(at, at + 33));
        bytes = bytes.subarray(at + (whole ? 33 : 1));
      }
      return packets.length >= 500;
    });
    transport.write(Buffer.from('s'), 1);
    // Full scale is 4.5 V over a gain of 24, in 23 bits and a sign.
    const values = packets.slice(0, 500).map((packet) => packet.readIntBE(2, 3) * (4.5e6 / 24 / (2 ** 23 - 1)));
    const mean = values.reduce((sum, value) => sum + value / values.length, 0);
    const sums = values.map((value, n) => [
      (value - mean) * Math.cos((2 * Math.PI * 31.25 * n) / 250),
      (value - mean) * Math.sin((2 * Math.PI * 31.25 * n) / 250),
    ]);
    return 2 * Math.hypot(...[0, 1].map((part) => sums.reduce((sum, pair) => sum + pair[part]! / values.length, 0)));
  } finally {
    transport.close();
    await line.close();
  }
}

test('R-38 R-63 a measurement that is broken off while the current flows: it is off', async (t) => {
  const emulator = startAxond(t, ['emulate', 'cyton', '--impedance', '100', '--json']);
  await until('the emulated port', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0]!) as { port: string };
  const options = { electrodes: { C3: 1 }, off: [], gain: 24, rate: 250, daisy: false } as const;
  let flows = false;
  const { ohms } = await measureImpedance(
    {
      device: { use: 'cyton', options },
      ...{ port, baudRate: 115_200, electrodes: ['C3'], seriesOhms: 2200, windows: Infinity },
    },
    { notice: () => undefined, measured: () => void (flows = true), isOver: () => flows },
  );
  assert.ok(Math.abs(ohms[0]! - 100e3) < 5e3, String(ohms));
  // 6 nA through 100 kΩ are 600 µV.
  const tone = await toneOf(port);
  assert.ok(tone < 20, `${tone} µV`);
});
