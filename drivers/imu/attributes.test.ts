import assert from 'node:assert/strict';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { openLine, openTransport } from '../transports.js';
import { startScans } from './attributes.js';
import type { ImuOptions } from './options.js';
import { SensorFiles } from './sensor.test.fixture.js';

const options: ImuOptions = { channels: ['accel_z', 'accel_x'], rate: 104 };

test('a sensor is set to what is asked for, and its scans end with the run', async (t) => {
  const files = new SensorFiles(t);
  const line = await openLine({ use: 'imu', options }, files.port, 0);
  const settings = {
    sampling_frequency: '104',
    current_timestamp_clock: 'monotonic',
    'scan_elements/in_accel_x_en': '1',
    'scan_elements/in_accel_y_en': '0',
    'scan_elements/in_accel_z_en': '1',
    'scan_elements/in_timestamp_en': '1',
    'buffer/length': '416',
    'buffer/enable': '1',
  };
  for (const [name, value] of Object.entries(settings)) assert.equal(files.read(name), value, name);
  await line.close();
  assert.equal(files.read('buffer/enable'), '0');
});

test('what a sensor has not, and what uses it already, is refused with the fix', (t) => {
  const refuse = (changed: Record<string, string>, expected: RegExp, asked: Partial<ImuOptions> = {}): void => {
    const files = new SensorFiles(t, changed);
    assert.throws(() => startScans(files.port, { ...options, ...asked }), expected);
    assert.equal(files.read('buffer/enable'), changed['buffer/enable'] ?? '0');
  };
  assert.throws(
    () => startScans('/dev/iio:device99', options),
    /^Error: \/dev\/iio:device99: there is no such device \(ENOENT\)\. Is the sensor's overlay/,
  );
  assert.throws(() => startScans('/dev/null', options), /\/dev\/null: has no scans .*source\.port is another device\./);
  refuse({}, /has no magn_x in its scans, but accel_x, accel_y, accel_z, timestamp\. Correct source\.channels\./, {
    channels: ['magn_x'],
  });
  refuse({ 'buffer/enable': '1' }, /runs already, with other channels or at another rate\. End what uses it: echo 0/);
});

test('a rate that the driver does not take, or takes as another, is refused with those that it has', (t) => {
  const files = new SensorFiles(t);
  // Of the kernel: refuses 2000 with EINVAL.
  files.replace('sampling_frequency', '/proc/self/oom_score_adj');
  const expected = /has no rate of 2000 Hz, but 12\.500 26\.000 .* 416\.000\. Correct source\.rate\./;
  assert.throws(() => startScans(files.port, { ...options, rate: 2000 }), expected);
  files.replace('sampling_frequency', '/dev/null');
  assert.throws(() => startScans(files.port, { ...options, rate: 2000 }), expected);
  assert.equal(files.read('buffer/enable'), '0');
});

test('a sensor that was set up by the system is left as it is', (t) => {
  const files = new SensorFiles(t, {
    ...{ sampling_frequency: '104.000', 'buffer/enable': '1', 'scan_elements/in_accel_x_en': '1' },
    ...{ 'scan_elements/in_accel_z_en': '1' },
  });
  startScans(files.port, options)();
  assert.equal(files.read('buffer/enable'), '1');
  assert.equal(files.read('buffer/length'), '2');
});

test('scans come behind what the sensor says of itself; old ones are dropped; a sensor that is gone is told', (t) => {
  const files = new SensorFiles(t, { in_accel_z_offset: '-3', 'scan_elements/in_timestamp_en': '1' });
  startScans(files.port, options);
  const pipe = openSync(files.port, constants.O_RDWR | constants.O_NONBLOCK);
  writeSync(pipe, Buffer.alloc(16 * 300, 7));
  const transport = openTransport({ use: 'imu', options }, files.port);
  t.after(() => {
    transport.close();
  });
  const buffer = new Uint8Array(4096);
  const length = transport.read(buffer, 0);
  assert.deepEqual(Buffer.from(buffer.subarray(0, length)).toString().split('\n').toSorted(), [
    '',
    '',
    'accel_x 0 le:s16/16>>0 0.000598 0',
    'accel_z 2 le:s16/16>>0 0.000598 -3',
    'rate 104',
    'timestamp 3 le:s64/64>>0 1 0',
  ]);
  assert.equal(transport.read(buffer, 0), 0);
  writeSync(pipe, Buffer.alloc(16, 9));
  assert.equal(transport.read(buffer, 1000), 16);
  assert.equal(buffer[15], 9);
  closeSync(pipe);
  assert.equal(transport.read(buffer, 1000), -1);
});
