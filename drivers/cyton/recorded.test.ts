import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedData } from '../../test/shared-data.js';
import { frameReader, openSignalFile } from '../file/signal-file.js';
import { CytonBoard } from './board.js';
import { boardChannels, packetBytes } from './protocol.js';
import { createCytonSession } from './session.js';
import { sampleBlock } from './virtual-line.test.fixture.js';

/** Plays the file's microvolts through board and session; compares every count with the file's own. Returns frames. */
function playAndCompare(path: string): number {
  const truth = openSignalFile(path);
  const recorded = sampleBlock(truth.stream.channels.length);
  const reader = frameReader(openSignalFile(path));
  const board = new CytonBoard({ daisy: false, rate: 250 });
  const session = createCytonSession({ daisy: false, rate: 250, gain: 24, electrodes: {}, off: [] });
  const block = sampleBlock(session.info.channels.length);
  let nowUs = 1e6;
  session.open(nowUs);
  while (session.state !== 'streaming') {
    const commands = Buffer.from(session.outgoing.subarray(0, session.outgoingLength)).toString('latin1');
    session.outgoingLength = 0;
    const answer = board.receive(commands, nowUs);
    nowUs += 50e3;
    session.push(answer, answer.length, nowUs, block);
  }
  const microvolts = new Float64Array(boardChannels);
  const packet = new Uint8Array(packetBytes);
  let frames = 0;
  let at = 0;
  while (reader.read(microvolts)) {
    board.packet(microvolts, packet);
    nowUs += 4000;
    session.push(packet, packetBytes, nowUs, block);
    for (let frame = 0; frame < block.frames; frame++, at++, frames++) {
      if (at === recorded.frames) {
        assert.ok(truth.read(recorded) > 0);
        at = 0;
      }
      assert.equal(block.firstIndex + frame, frames);
      for (let channel = 0; channel < boardChannels; channel++) {
        const expected = recorded.counts[at * recorded.channels + channel];
        assert.equal(block.counts[frame * block.channels + channel], expected, `frame ${frames}, channel ${channel}`);
      }
    }
  }
  truth.close();
  assert.deepEqual([session.counts.gaps, session.counts.discardedBytes], [0, 0]);
  return frames;
}

test('a real Cyton recording comes through board, packets and session count for count', (t) => {
  const file = sharedData('eeg', 'openbci', 'OpenBCI_GUI-v6-blinks-jawClench-alpha.txt.gz');
  if (!file) {
    t.skip('the OpenBCI recording is not here');
    return;
  }
  // All frames of the file: the first packet too, which waits for the second.
  assert.equal(playAndCompare(file), 22_490);
});

test('a generated recording, from rail to rail, comes through count for count', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-recorded-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'generated.txt');
  const names = Array.from({ length: boardChannels }, (_, channel) => `EXG Channel ${channel}`);
  const rows = Array.from({ length: 1000 }, (_, row) => {
    const values = names.map((_, channel) => {
      const rail = 4.5e6 / 24;
      return channel === 7 ? (row % 2 === 0 ? rail : -rail) : rail * Math.sin(row / (3 + channel)) * 10 ** -channel;
    });
    return [row % 256, ...values.map((value) => value.toFixed(4))].join(', ');
  });
  writeFileSync(
    file,
    [
      '%OpenBCI Raw EXG Data',
      '%Number of channels = 8',
      '%Sample Rate = 250 Hz',
      '%Board = OpenBCI_GUI$BoardCytonSerial',
      ['Sample Index', ...names].join(', '),
      ...rows,
      '',
    ].join('\n'),
  );
  assert.equal(playAndCompare(file), 1000);
});
