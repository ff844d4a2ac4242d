import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSleeper } from '../drivers/sleeper/generator.js';
import { compileLoop } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import { recordLength, type StreamInfo } from '../runtime/contracts.js';
import { buildLoop } from '../runtime/loop/build.js';
import { LoggedLoop } from '../runtime/loop/logged-loop.js';
import { createRecordList } from '../runtime/loop/loop.js';
import { SlotRing } from '../runtime/loop/ring.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { sampleSlotBytes } from '../runtime/loop/sample-slot.js';
import { RecordingWriter } from '../runtime/recording/writer.js';
import { SimulatedGuardian, openingMessages } from '../runtime/replay/simulated-guardian.js';
import { growthPerHour } from './growth.js';

/**
 * `npm run soak [HOURS]`: hours of generated nights at full speed through the whole loop into a recording, and how much
 * the process's resident memory grows per hour of signal after the first hour.
 */
const hours = Number(process.argv[2] ?? 100);
const rate = 200;
const stream: StreamInfo = {
  device: 'soak',
  rate,
  delayUs: 0,
  channels: [{ name: 'C3', unit: 'uV', scale: 0.02, railCounts: 0x7fffff }],
};
const folder = mkdtempSync(join(tmpdir(), 'axond-soak-'));
const { configuration, effectiveYaml } = loadConfiguration({ preset: 'spindle', stream });
const loop = await buildLoop(compileLoop(configuration, stream), stream);
const samples = SlotRing.create(1 << 14, sampleSlotBytes(1));
const decisions = SlotRing.create(1 << 14, recordLength * 8);
const logged = new LoggedLoop(loop, samples, decisions);
const writer = new RecordingWriter(join(folder, 'soak.db'), {
  name: 'soak',
  axond: '0',
  node: process.version,
  verb: 'replay',
  configuration: effectiveYaml,
  stream,
  detectors: ['spindle'],
  estimates: {},
  coefficients: {},
  models: {},
  bootId: '',
  startUs: 0,
  startWallMs: 0,
});
const guardian = new SimulatedGuardian();
const messages = createRecordList(512);
const block = createSampleBlock(1, 1);
const frame = new Float64Array(1);
const noMarkers = new Map<number, string>();
const resident: number[] = [];
const frames = hours * 3600 * rate;
const everyFrames = 600 * rate;
let sleeper = createSleeper({ seed: 1, rate, channels: ['C3'], night: true });
openingMessages(messages, true);
const started = performance.now();
for (let index = 0; index < frames; index++) {
  if (!sleeper.read(frame)) {
    sleeper = createSleeper({ seed: index, rate, channels: ['C3'], night: true });
    sleeper.read(frame);
  }
  const nowUs = (index * 1e6) / rate;
  block.counts[0] = Math.round((frame[0] ?? 0) / 0.02);
  block.frames = 1;
  block.firstIndex = index;
  block.arrivalUs = nowUs;
  guardian.report(nowUs, messages);
  logged.step(nowUs, block, messages);
  messages.length = 0;
  if (loop.commandCount > 0) guardian.take(loop, nowUs);
  if (samples.free() < 2048 || decisions.free() < 2048) {
    writer.drain(samples, decisions, noMarkers);
    writer.commit();
  }
  if (index % everyFrames === everyFrames - 1) resident.push(process.memoryUsage.rss() / 1e6);
}
const seconds = (performance.now() - started) / 1000;
rmSync(folder, { recursive: true, force: true });
const growth = growthPerHour(resident, 600);
process.stdout.write(
  `${JSON.stringify({
    hours,
    realtimeFactor: (hours * 3600) / seconds,
    residentMb: { after10Minutes: resident[0], end: resident.at(-1), max: Math.max(...resident) },
    growthMbPerHour: growth,
    detections: logged.tally.detections,
    stimuli: logged.tally.stimuli,
    refusals: logged.tally.refusals,
  })}\n`,
);
process.exitCode = growth < 1 ? 0 : 1;
