import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { ModelError } from '../../models/format/model-error.js';
import {
  decodeRun,
  encodeDebug,
  encodeLearning,
  encodeParameters,
  encodeSpikes,
  encodeWeights,
  loadSequence,
  neurons,
  queueLength,
  runBytes,
  silentTables,
  synapses,
  type ChipTables,
} from './protocol.js';
import { entriesOf, hex, runs, tablesOf } from './runs.test.fixture.js';

test('a network and a run are the bytes that a second implementation makes of them', () => {
  for (const run of runs) {
    const load = Buffer.concat(loadSequence(tablesOf(run)).map(({ bytes }) => bytes));
    assert.equal(crc32(load), run.load);
    assert.deepEqual([...encodeSpikes(entriesOf(run))], hex(run.host));
  }
});

test('the spikes of a run come out of the bytes of a second implementation', () => {
  for (const { reply, spikes } of runs) {
    const bytes = Uint8Array.from(hex(reply));
    assert.equal(bytes.length, runBytes(spikes.length));
    const into = new Uint8Array((spikes.length - 1) * neurons);
    decodeRun(bytes, spikes.length - 1, into);
    const found = spikes.slice(0, -1).map((_, tick) => {
      const frame = [...into.subarray(tick * neurons, (tick + 1) * neurons)];
      return frame.flatMap((spike, n) => (spike === 1 ? [n] : []));
    });
    assert.deepEqual(found, spikes.slice(0, -1));
  }
});

test('bytes that are no run are refused', () => {
  const run = new Uint8Array(runBytes(9)).fill(0);
  assert.throws(() => decodeRun(run, 8, new Uint8Array(8 * neurons)), /begins with 0 instead of 255/);
  run[0] = 0xff;
  decodeRun(run, 8, new Uint8Array(8 * neurons));
  assert.throws(() => decodeRun(run, 9, new Uint8Array(9 * neurons)), /102 bytes, too few for 9 ticks/);
});

test('parameters are sent byte by byte with pauses, and the bits of learning have time to be taken', () => {
  const [debug, recurrent, feedForward, learning, parameters] = loadSequence(silentTables());
  assert.deepEqual(
    [debug, recurrent, feedForward, learning, parameters].map((each) => each?.bytes[0]),
    [0x40, 0x10, 0x00, 0x60, 0x20],
  );
  for (const each of [debug, parameters]) assert.deepEqual([each?.pauseMs, each?.after], [1, 'each']);
  // One byte in 16 µs.
  assert.ok(learning && learning.after === 'all' && learning.pauseMs > 2304 * 0.016);
});

test('the chip takes the first of eight synapses from the highest bit', () => {
  const recurrent = new Uint8Array(synapses);
  const feedForward = new Uint8Array(synapses);
  recurrent[0] = recurrent[9] = feedForward[synapses - 1] = 1;
  const bytes = encodeLearning(recurrent, feedForward);
  assert.deepEqual([...bytes.subarray(0, 4)], [0x60, 0x80, 0x40, 0]);
  assert.deepEqual([...bytes.subarray(-2)], [0x01, 0]);
});

test('what the chip cannot hold is refused, with the value and what it can', () => {
  const withTables = (change: (tables: ChipTables) => void) => () => {
    const tables = silentTables();
    change(tables);
    loadSequence(tables);
  };
  const refused: [() => unknown, RegExp][] = [
    [withTables(({ thresholds }) => (thresholds[5] = 131072)), /^thresholds\[5\] is 131072\. .* -131072 to 131071/],
    [withTables(({ leaks }) => (leaks[8] = -131073)), /^leaks\[8\] is -131073/],
    [withTables(({ refractory }) => (refractory[0] = 128)), /^refractory\[0\]: its low byte is 128.* Use 1 to 127/],
    [withTables(({ refractory }) => (refractory[0] = 256)), /^refractory\[0\]: its low byte is 0/],
    [() => encodeParameters({ ...silentTables(), leaks: new Int32Array(90) }), /^leaks: 90 values\. The chip takes 96/],
    [() => encodeWeights('recurrent', new Int8Array(8100)), /^recurrent: 8100 weights\. The chip takes 9216/],
    [() => encodeLearning(new Uint8Array(1), new Uint8Array(synapses)), /^learning: 1 bits\. The chip takes 9216/],
    [() => encodeDebug(0.5, 1), /^debug: bias is 0\.5/],
    [() => encodeDebug(0, 91), /^debug: neuron 91 is none of the chip\. Use 1 to 90/],
    [() => encodeSpikes([{ wait: 256, address: 2 }]), /^spikes: entry 0 waits 256 ticks\. Use 0 to 255/],
    [() => encodeSpikes([{ wait: 0, address: 96 }]), /^spikes: entry 0 is for address 96\. Use 0 to 95/],
    [
      () => encodeSpikes(Array.from({ length: queueLength + 1 }, () => ({ wait: 0, address: 95 }))),
      /^spikes: 1025 entries\. The chip holds 1024/,
    ],
  ];
  for (const [act, message] of refused)
    assert.throws(act, (error: unknown) => {
      assert.ok(error instanceof ModelError, String(error));
      assert.match(error.message, message);
      return true;
    });
});
