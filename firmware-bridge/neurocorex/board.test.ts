import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NeurocorexBoard } from './board.js';
import {
  encodeDebug,
  encodeLearning,
  encodeParameters,
  encodeSpikes,
  encodeWeights,
  fromInput,
  fromNeuron,
  inputAddress,
  loadSequence,
  parameterSlot,
  readCommand,
  silentTables,
  synapses,
  type ChipTables,
  type Entry,
} from './protocol.js';
import { entriesOf, hex, runs, tablesOf } from './runs.test.fixture.js';

const quiet = 95;

function loaded(tables: ChipTables): NeurocorexBoard {
  const board = new NeurocorexBoard();
  for (const { bytes } of loadSequence(tables)) send(board, bytes);
  return board;
}

function send(board: NeurocorexBoard, bytes: Iterable<number>): void {
  for (const byte of bytes) board.receive(byte);
}

/** Bytes that come back of a whole run. */
function run(board: NeurocorexBoard, entries: readonly Entry[]): number[] {
  send(board, encodeSpikes(entries));
  while (board.running) board.tick();
  return board.sent.splice(0);
}

/** One neuron that an input brings over its threshold at once. */
function oneNeuron(n: number): ChipTables {
  const tables = silentTables();
  tables.thresholds[parameterSlot(n)] = 5 * 1024;
  tables.feedForward[fromInput(n, 0)] = 5;
  return tables;
}
const spike: Entry[] = [
  { wait: 0, address: inputAddress(0) },
  { wait: 2, address: quiet },
];

test('loaded and run, it sends what a second implementation says', () => {
  for (const each of runs) {
    const board = loaded(tablesOf(each));
    assert.deepEqual(run(board, entriesOf(each)), hex(each.reply));
    // One run after another, where nothing but spikes of the last tick can be left over.
    if (each.recurrent.length === 0) assert.deepEqual(run(board, entriesOf(each)), hex(each.reply));
    assert.deepEqual(board.counts, { ...board.counts, lostEntries: 0, refusedWeights: 0, learningSynapses: 0 });
  }
});

test('the byte that weights and bits of learning swallow is missed where it is not sent', () => {
  for (const whole of [
    encodeWeights('feedForward', new Int8Array(synapses)),
    encodeWeights('recurrent', new Int8Array(synapses)),
    encodeLearning(new Uint8Array(synapses), new Uint8Array(synapses)),
  ]) {
    const board = new NeurocorexBoard();
    send(board, whole.subarray(0, -1));
    send(board, readCommand);
    // The command was swallowed, and its second byte begins the load of weights.
    assert.equal(board.sent.length, 0);
    send(board, [0, 0]);
    assert.equal(board.sent.length, 0);
  }
});

test('one byte too few or too many, and nothing that follows is what it was', () => {
  for (const damage of [(bytes: Uint8Array) => bytes.subarray(1), (bytes: Uint8Array) => [0, ...bytes]]) {
    const board = new NeurocorexBoard();
    const [first, ...rest] = loadSequence(oneNeuron(7));
    send(board, damage(first?.bytes ?? new Uint8Array()));
    for (const { bytes } of rest) send(board, bytes);
    send(board, readCommand);
    assert.notDeepEqual(board.sent, [...new Uint8Array(oneNeuron(7).feedForward.buffer)]);
  }
});

test('the weights that are read are those from inputs', () => {
  const tables = oneNeuron(7);
  tables.recurrent.fill(3);
  tables.feedForward[0] = -1;
  const board = loaded(tables);
  send(board, readCommand);
  assert.deepEqual(board.sent, [...new Uint8Array(tables.feedForward.buffer)]);
});

test('an unknown command takes the next byte with it', () => {
  for (const code of [0x70, 0xa5, 0xff]) {
    const board = loaded(oneNeuron(7));
    send(board, [code, ...readCommand]);
    assert.equal(board.sent.length, 0);
  }
});

test('the last entry of a run has no effect', () => {
  const board = loaded(oneNeuron(0));
  const [, ...effect] = run(board, [
    { wait: 0, address: inputAddress(0) },
    { wait: 1, address: quiet },
  ]);
  assert.deepEqual([...new Set(effect)], [0]);
  const [, ...none] = run(board, [
    { wait: 0, address: quiet },
    { wait: 2, address: inputAddress(0) },
    { wait: 0, address: inputAddress(0) },
  ]);
  assert.deepEqual([...new Set(none)], [0]);
});

test('an input is in the membrane a tick after it was taken, and the spike another one later', () => {
  for (const n of [0, 7, 89]) {
    const bits = run(loaded(oneNeuron(n)), spike)
      .slice(1)
      .flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1));
    assert.deepEqual(
      bits.flatMap((bit, at) => (bit === 1 ? [at] : [])),
      [2 * 90 + n],
    );
  }
});

test('weights and bits that come while it runs are not stored, and what is loaded after is shifted', () => {
  const board = loaded(oneNeuron(7));
  send(board, encodeSpikes(spike).subarray(0, -3));
  for (let tick = 0; tick < 20; tick++) board.tick();
  // Without the end it runs on, and the parser still waits for entries: weights are taken for spikes.
  assert.ok(board.running);
  send(board, [0xff, 0xff, 0xff]);
  send(board, encodeWeights('feedForward', new Int8Array(synapses).fill(1)).subarray(0, 100));
  assert.equal(board.counts.refusedWeights, 99);
  while (board.running) board.tick();
  board.sent.length = 0;
  send(board, new Uint8Array(synapses + 2 - 100).fill(2));
  send(board, readCommand);
  // 99 of the weights are missing at the end instead of at the beginning.
  assert.deepEqual([...new Set(board.sent.slice(0, synapses - 99))], [2]);
  assert.equal(board.tables.feedForward[synapses - 1], 0);
});

test('more entries than it holds are lost', () => {
  const board = new NeurocorexBoard();
  send(board, [0x30]);
  for (let entry = 0; entry < 1030; entry++) send(board, [0, quiet, 0]);
  assert.equal(board.counts.lostEntries, 6);
});

test('entries that come before the last run is over prolong it', () => {
  const board = loaded(oneNeuron(7));
  send(board, encodeSpikes(spike));
  board.tick();
  send(board, encodeSpikes(spike));
  while (board.running) board.tick();
  assert.equal(board.counts.runs, 1);
});

test('an end that belongs to no run ends none', () => {
  const board = loaded(oneNeuron(7));
  send(board, [0x30, 0xff, 0xff, 0xff, 0x30, 0, quiet, 0]);
  for (let tick = 0; tick < 20; tick++) board.tick();
  assert.ok(board.running);
});

test('spikes of the last tick but one reach over recurrent weights into the next run', () => {
  const tables = oneNeuron(7);
  tables.recurrent[fromNeuron(20, 7)] = 30;
  tables.thresholds[parameterSlot(20)] = 20 * 1024;
  const board = loaded(tables);
  const still: Entry[] = [
    { wait: 0, address: quiet },
    { wait: 4, address: quiet },
  ];
  const alone = run(board, still);
  run(board, spike);
  assert.notDeepEqual(run(board, still), alone);
  // A run of two ticks between them takes it away.
  run(board, spike);
  run(board, [still[0] as Entry, still[0] as Entry]);
  assert.deepEqual(run(board, still), alone);
});

test('parameters and bias are taken at any time', () => {
  const board = new NeurocorexBoard();
  send(board, encodeDebug(-92, 3));
  assert.deepEqual([board.tables.bias, board.tables.biased], [-92, 3]);
  const tables = silentTables();
  tables.thresholds[4] = -131072;
  tables.learning[2] = 77;
  send(board, encodeParameters(tables));
  assert.deepEqual(board.tables.thresholds, tables.thresholds);
  assert.deepEqual(board.tables.learning, tables.learning);
});
