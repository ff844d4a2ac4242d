import { recordLength, type RunDescription } from '../contracts.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { RecordingWriter } from './writer.js';

/** Records cycles without end and says how many are committed: for a test that kills it. */
const run: RunDescription = {
  name: 'endless',
  axond: '0',
  node: process.version,
  verb: 'run',
  configuration: '',
  stream: { device: 'test', rate: 250, delayUs: 0, channels: [{ name: 'a', unit: 'uV', scale: 1, railCounts: 9 }] },
  detectors: [],
  coefficients: {},
  bootId: '',
  startUs: 0,
  startWallMs: 0,
};
const writer = new RecordingWriter(process.argv[2] ?? '', run);
const samples = SlotRing.create(64, sampleSlotBytes(1));
const decisions = SlotRing.create(64, recordLength * 8);
const block = createSampleBlock(1, 1);
block.frames = 1;
for (let cycle = 1; ; cycle++) {
  block.firstIndex = cycle - 1;
  pushCycle(samples, cycle, cycle, block);
  writer.drain(samples, decisions, new Map());
  if (cycle % 10 !== 0) continue;
  writer.commit();
  process.stdout.write(`${cycle}\n`);
}
