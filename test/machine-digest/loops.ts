import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNetwork } from '../../models/format/container.js';
import { compileLoop } from '../../runtime/config/compile.js';
import { loadConfiguration } from '../../runtime/config/load.js';
import { recordLength, type StreamInfo } from '../../runtime/contracts.js';
import { buildLoop } from '../../runtime/loop/build.js';
import { createRecordList } from '../../runtime/loop/loop.js';
import { createSampleBlock } from '../../runtime/loop/sample-block.js';
import { SimulatedGuardian, openingMessages } from '../../runtime/replay/simulated-guardian.js';
import { madeSignal, rate } from '../made-signal.js';
import { bytesOf, type Digests } from './bytes.js';
import { recurrent } from './portiloop.js';

const seconds = 60;

/** Three presets; where a gate would wait for sleep that this signal never has, it is told not to. */
export async function loops(): Promise<Digests> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-digest-'));
  try {
    const model = join(folder, 'own.safetensors');
    writeFileSync(model, writeNetwork(recurrent()));
    return {
      ...(await loopOf('loop of spindle-t1, sleep-gate and signal-quality', 'cyton-spindle')),
      ...(await loopOf('loop of slow oscillations', 'cyton-slow-oscillation', 'gate.require=[]')),
      ...(await loopOf('loop of the Portiloop', 'portiloop', `detectors.spindle.model=${model}`)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every event of a preset's whole loop, armed, against a simulated guardian. */
async function loopOf(name: string, preset: string, ...sets: string[]): Promise<Digests> {
  const electrodes = preset.startsWith('cyton') ? ['C3', 'C4', 'M1', 'M2', 'Fz'] : ['Cz'];
  const channels = electrodes.map((electrode) => ({
    name: electrode,
    unit: 'uV',
    scale: 1e-2,
    railCounts: 2 ** 31 - 1,
  }));
  const stream: StreamInfo = { device: 'file', channels, rate, delayUs: 0 };
  const { configuration } = loadConfiguration({ preset, sets, stream });
  const loop = await buildLoop(compileLoop(configuration, stream), stream);
  const guardian = new SimulatedGuardian();
  const block = createSampleBlock(electrodes.length, 1);
  const messages = createRecordList(64);
  const signals = electrodes.map((_, place) => madeSignal(seconds, place + 1));
  const [input, hash] = [createHash('sha256'), createHash('sha256')];
  let events = 0;
  openingMessages(messages, true);
  for (let sample = 0; sample < seconds * rate; sample++) {
    block.firstIndex = sample;
    block.frames = 1;
    for (const [place, signal] of signals.entries()) block.counts[place] = Math.round((signal[sample] ?? 0) * 100);
    block.flags[0] = 0;
    const nowUs = (sample / rate) * 1e6;
    block.arrivalUs = nowUs;
    guardian.report(nowUs, messages);
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    guardian.take(loop, nowUs);
    input.update(bytesOf(block.counts));
    hash.update(bytesOf(loop.events.records.subarray(0, loop.events.length * recordLength)));
    events += loop.events.length;
  }
  return { [`${name}: what goes in`]: input.digest('hex'), [`${name}: ${events} events`]: hash.digest('hex') };
}
