import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { createSleeper } from '../drivers/sleeper/generator.js';
import { compileLoop } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import type { RunDescription, StreamInfo } from '../runtime/contracts.js';
import { buildLoop } from '../runtime/loop/build.js';
import { LoggedLoop } from '../runtime/loop/logged-loop.js';
import { createRecordList } from '../runtime/loop/loop.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { checkRecording } from '../runtime/recording/check.js';
import { openRecording } from '../runtime/recording/read.js';
import { openingMessages } from '../runtime/replay/simulated-guardian.js';
import { RunMemory } from '../runtime/supervisor/memory.js';
import { RecorderThread } from '../runtime/supervisor/recorder-thread.js';
import { temporaryFolder } from './axond-process.js';
import { growthPerHour } from './growth.js';

/**
 * `npm run soak:night [HOURS] [SPEED]`: a generated night of eight channels at 250 Hz, 20 times faster than it would be,
 * through the whole loop (disarmed) and the real recorder thread. Every cycle must be in the recording, or be counted as
 * lost; the recording must be whole; memory must not grow. Says how large it becomes.
 */
const hours = Number(process.argv[2] ?? 8);
const speed = Number(process.argv[3] ?? 20);
const rate = 250;
const names = ['C3', 'C4', 'M1', 'M2', 'E1', 'E2', 'EMG', 'Fz'];
const scale = 0.02235;
const channels = names.map((name) => ({ name, unit: 'uV', scale, railCounts: 0x7fffff }));
const stream: StreamInfo = { device: 'soak', rate, delayUs: 0, channels };
const folder = temporaryFolder();
const path = join(folder, 'night.db');
const { configuration, effectiveYaml } = loadConfiguration({ preset: 'spindle', stream });
const loop = await buildLoop(compileLoop(configuration, stream), stream);
const memory = new RunMemory(channels.length);
const logged = new LoggedLoop(loop, memory.samples, memory.decisions);
const run: RunDescription = {
  ...{ name: 'soak', axond: '0', node: process.version, verb: 'replay', configuration: effectiveYaml, stream },
  ...{ detectors: ['spindle'], estimates: {}, coefficients: {}, models: {}, bootId: '', startUs: 0, startWallMs: 0 },
};
const recorder = await RecorderThread.start(path, run, undefined, memory, pino({ level: 'warn' }, process.stderr));

const frames = Math.round(hours * 3600 * rate);
const messages = createRecordList(512);
openingMessages(messages, false);
const block = createSampleBlock(channels.length, 1);
block.frames = 1;
const values = new Float64Array(channels.length);
let sleeper = createSleeper({ seed: 1, rate, channels: names, night: true });
let mostBehindSeconds = 0;
/** Resident memory, each ten minutes of the night. */
const residentMb: number[] = [];
const startedMs = performance.now();
for (let index = 0; index < frames;) {
  const due = Math.min(frames, Math.floor(((performance.now() - startedMs) / 1000) * rate * speed));
  mostBehindSeconds = Math.max(mostBehindSeconds, (due - index) / rate / speed);
  // In pieces: what this machine has held up is caught up with at a pace that a recorder can follow.
  for (const end = Math.min(due, index + rate); index < end; index++) {
    if (!sleeper.read(values)) {
      sleeper = createSleeper({ seed: index, rate, channels: names, night: true });
      sleeper.read(values);
    }
    for (let channel = 0; channel < values.length; channel++) {
      block.counts[channel] = Math.round((values[channel] as number) / scale);
    }
    block.counters[0] = index & 255;
    block.firstIndex = index;
    block.arrivalUs = (index * 1e6) / rate;
    logged.step(block.arrivalUs, block, messages);
    messages.length = 0;
    if (index % (600 * rate) === 600 * rate - 1) residentMb.push(process.memoryUsage.rss() / 1e6);
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const seconds = (performance.now() - startedMs) / 1000;
const { detections, refusals } = logged.tally;
await recorder.stop({
  ...{ samples: frames, gaps: 0, discardedBytes: 0, detections, stimuli: 0, refusals, latencyUs: null },
  ...{ ringLosses: memory.ringLosses, recording: path, mqtt: null },
});
const { ok, faults, warnings, cycles, lostCycles } = checkRecording(path);
const recording = openRecording(path);
const { packedBytes, rawBytes } = recording.packing();
recording.close();
const bytes = statSync(path).size;
const unaccounted = frames - cycles - lostCycles;
const growth = growthPerHour(residentMb, 600);
process.stdout.write(
  `${JSON.stringify({
    hours,
    times: (hours * 3600) / seconds,
    cycles,
    lostCycles,
    unaccounted,
    ok,
    faults,
    warnings,
    detections,
    mostBehindSeconds,
    residentMb: { first: residentMb[0], last: residentMb.at(-1), max: Math.max(...residentMb), growthPerHour: growth },
    mbPerHour: bytes / 1e6 / hours,
    ofRaw: packedBytes / rawBytes,
  })}\n`,
);
rmSync(folder, { recursive: true, force: true });
process.exit(ok && unaccounted === 0 && growth < 1 ? 0 : 1);
