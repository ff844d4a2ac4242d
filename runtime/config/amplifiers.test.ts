import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';

const faultsOf = (source: string): string[] => {
  try {
    loadConfiguration({ files: [{ name: 'p.yaml', text: `source: ${source}\n` }] });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split('\n').map((line) => line.replace(/^p\.yaml:\d+:\d+ /, ''));
  }
};

test('an ADS1299 as it is written, with its defaults', () => {
  const { configuration } = loadConfiguration({
    files: [
      { name: 'p.yaml', text: 'source: { use: ads1299, port: /dev/spidev0.0, dataReady: 26, reference: 2.64V }\n' },
    ],
  });
  assert.deepEqual(configuration.source, {
    use: 'ads1299',
    port: '/dev/spidev0.0',
    baudRate: 115200,
    device: {
      use: 'ads1299',
      options: {
        ...{ dataReady: 26, electrodes: {}, off: [], gain: 24, rate: 250, reference: 2.64, bias: true, digital: false },
      },
    },
  });
});

test('a stream of LSL as it is written, and what is wrong with one', () => {
  const { configuration } = loadConfiguration({
    files: [{ name: 'p.yaml', text: 'source: { use: lsl, stream: eeg, channels: [C3, M2], rate: 500Hz }\n' }],
  });
  assert.deepEqual(configuration.source, {
    ...{ use: 'lsl', port: 'LSL eeg', baudRate: 0 },
    device: { use: 'lsl', options: { stream: 'eeg', channels: ['C3', 'M2'], rate: 500 } },
  });
  const faults: [string, string][] = [
    ["stream: 'e<g', channels: [C3]", 'source.stream: e<g is not the name of a stream.'],
    ['stream: eeg, channels: [C3, C3]', 'source.channels.1: C3 is there twice.'],
    ['stream: eeg, channels: []', 'source.channels: [] is empty.'],
    ['stream: eeg', 'source.channels is missing.'],
  ];
  for (const [keys, expected] of faults) {
    const found = faultsOf(`{ use: lsl, ${keys} }`);
    assert.equal(found.length, 1, `${keys}: ${found.join('\n')}`);
    assert.ok(found[0]!.startsWith(expected), `${keys}: ${found[0]}`);
  }
});

test('an inertial sensor as it is written, and what is wrong with one', () => {
  const { configuration } = loadConfiguration({
    files: [{ name: 'p.yaml', text: 'source: { use: imu, port: /dev/iio:device0, rate: 104Hz }\n' }],
  });
  assert.deepEqual(configuration.source, {
    ...{ use: 'imu', port: '/dev/iio:device0', baudRate: 0 },
    device: {
      use: 'imu',
      options: { channels: ['accel_x', 'accel_y', 'accel_z', 'anglvel_x', 'anglvel_y', 'anglvel_z'], rate: 104 },
    },
  });
  const faults: [string, RegExp][] = [
    ['rate: 104Hz', /^source\.port is missing/],
    ['port: /dev/iio:device0', /^source\.rate is missing/],
    ['port: /dev/iio:device0, rate: 104Hz, channels: [accel]', /^source\.channels\.0: accel is none of accel_x/],
    [
      'port: /dev/iio:device0, rate: 104Hz, channels: [accel_x, accel_x]',
      /^source\.channels\.1: accel_x is there twice/,
    ],
  ];
  for (const [keys, expected] of faults) {
    const found = faultsOf(`{ use: imu, ${keys} }`);
    assert.equal(found.length, 1, `${keys}: ${found.join('\n')}`);
    assert.match(found[0]!, expected);
  }
});

test('an amplifier without a driver is refused with the way by which it comes all the same', () => {
  assert.deepEqual(faultsOf('{ use: ganglion, port: /dev/ttyACM0 }'), [
    'source.use: ganglion has no driver here, for it sends by Bluetooth. Let the OpenBCI GUI send it (Networking, LSL), and set use: lsl.',
  ]);
  assert.match(faultsOf('{ use: BrainFlow }')[0]!, /BrainFlow is no driver here, for it has no package for Node/);
  assert.match(faultsOf('{ use: cyto, port: /dev/x }')[0]!, /Did you mean cyton\?/);
});

test('what is wrong with an ADS1299 is named with its fix', () => {
  const faults: [string, string][] = [
    ['port: /dev/spidev0.0', 'source.dataReady is missing.'],
    ['port: spi0, dataReady: 26', 'source.port: spi0 is not the path of a port. Write for example /dev/spidev0.0.'],
    ['port: /dev/a, dataReady: 26, rate: 2kHz', 'source.rate: 2kHz is no rate that can be followed edge by edge.'],
    ['port: /dev/a, dataReady: 26, gain: 5', 'source.gain: 5 '],
    ['port: /dev/a, dataReady: 26, electrodes: { C3: 9 }', 'source.electrodes.C3: 9 is above 8'],
    ['port: /dev/a, dataReady: 26, electrodes: { C3: 1, C4: 1 }', 'source.electrodes.C4: 1 is the channel of C3 too.'],
    ['port: /dev/a, dataReady: 26, electrodes: { C3: 1 }, off: [1]', 'source.electrodes.C3: 1 is a channel that is'],
    ['port: /dev/a, dataReady: 26, reference: 4.5', 'source.reference: 4.5 '],
    [
      'port: /dev/a, dataReady: 26, digital: true, electrodes: { digital: 1 }',
      'source.electrodes.digital: 1 is the channel of the digital pins.',
    ],
  ];
  for (const [keys, expected] of faults) {
    const found = faultsOf(`{ use: ads1299, ${keys} }`);
    assert.equal(found.length, 1, `${keys}: ${found.join('\n')}`);
    assert.ok(found[0]!.startsWith(expected), `${keys}: ${found[0]}`);
  }
});
