import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { sharedData } from '../../test/shared-data.js';
import { NeurocorexBoard } from './board.js';
import { NeuroCore } from './core.js';
import { fromInput, fromNeuron, neurons } from './protocol.js';
import { runs, tablesOf } from './runs.test.fixture.js';

const recorded = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      host_bytes: z.array(z.number()),
      fpga_bytes: z.array(z.number()),
      v_raw_per_tick: z.array(z.array(z.number().nullable())),
    }),
  ),
});
const recording = sharedData('models', 'neurocorex_trace.json');

test('spikes and membranes are those of the published VHDL in a simulator', { skip: recording === undefined }, () => {
  let membranes = 0;
  for (const { host_bytes, fpga_bytes, v_raw_per_tick } of recorded.parse(
    JSON.parse(readFileSync(recording ?? '', 'utf8')),
  ).cases) {
    const board = new NeurocorexBoard();
    board.tables.refractory.fill(0)[0] = 1;
    board.tables.feedForward.fill(0);
    board.tables.recurrent.fill(0);
    for (let n = 0; n < neurons; n++) {
      board.tables.feedForward[fromInput(n, 0)] = n + 6;
      board.tables.feedForward[fromInput(n, 1)] = 100;
      board.tables.feedForward[fromInput(n, 5)] = -20;
    }
    board.tables.recurrent[fromNeuron(20, 44)] = 30;
    for (const byte of host_bytes) board.receive(byte);
    board.tick();
    for (const row of v_raw_per_tick) {
      board.tick();
      for (const [n, v] of row.entries()) {
        if (v === null) continue;
        assert.equal(board.core.membranes[n], v);
        membranes++;
      }
    }
    while (board.running && board.sent.length < fpga_bytes.length) board.tick();
    assert.deepEqual(board.sent.slice(0, fpga_bytes.length), fpga_bytes);
  }
  assert.equal(membranes, 2970);
});

test('random networks do what a second implementation says, membranes and all', () => {
  for (const run of runs) {
    const core = new NeuroCore(tablesOf(run));
    const taken = new Map<number, number>();
    let at = -1;
    for (const [wait, address] of run.entries) taken.set((at += wait + 1), address);
    for (const [tick, membranes] of run.membranes.entries()) {
      core.tick(taken.get(tick) ?? -1);
      assert.deepEqual(spiking(core), run.spikes[tick], `tick ${tick}`);
      assert.equal(crc32(new Uint8Array(core.membranes.buffer)), membranes, `membranes after tick ${tick}`);
    }
  }
});

const spiking = ({ spikes }: NeuroCore): number[] => [...spikes].flatMap((spike, n) => (spike === 1 ? [n] : []));
