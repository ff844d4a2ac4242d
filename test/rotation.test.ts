import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadRunPlan, planOfRecording } from '../runtime/cli/configuration.js';
import { checkRecording } from '../runtime/recording/check.js';
import { openRecording } from '../runtime/recording/read.js';
import { replayRecording } from '../runtime/replay/recording.js';
import { Run } from '../runtime/supervisor/run.js';
import { startAxond, temporaryFolder, until } from './axond-process.js';

const protocol = `
signals:
  raw: { from: C3 }
  trace: { from: raw, stages: [{ use: bandpass, from: 8Hz, to: 35Hz }] }
detectors:
  step: { use: threshold, signal: trace, level: 2uV }
  contact: { use: signal-quality, signal: raw }
source: { use: cyton, electrodes: { C3: 1, C4: 2 } }
`;

test('a run that goes on in one recording after the other: no frame is lost or twice, each checks and replays alone', async (t) => {
  const folder = temporaryFolder();
  const emulator = startAxond(t, ['emulate', 'cyton', '--json']);
  await until('the emulated port', () => emulator.stdout().includes('port'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0] ?? '') as { port: string };
  const file = join(folder, 'protocol.yaml');
  writeFileSync(file, protocol);
  const sets = [`source.port=${port}`, `device.record=${join(folder, 'recordings')}`, 'device.name=rotating'];
  const { plan, effectiveYaml } = loadRunPlan({ files: [file], sets, armVirtual: false });
  const log = pino({ level: 'silent' });
  const options = { verb: 'run', configuration: effectiveYaml, axondVersion: '0', log };
  const run = await Run.start({ ...options, plan: { ...plan, rotate: 0.7 } });
  const recordings = (): string[] => {
    const names = readdirSync(plan.record).filter((name) => name.endsWith('.db'));
    return names.map((name) => join(plan.record, name)).sort(byBeginning);
  };
  await until('a third recording', () => run.memory.frames > 0 && recordings().length >= 3);
  const third = run.memory.frames;
  await until('some frames in it', () => run.memory.frames > third + 100);
  void run.stop();
  const summary = await run.finished;

  const paths = recordings();
  assert.equal(summary.recording, paths.at(-1));
  let next = 0;
  let cycle = 0;
  let samples = 0;
  let detections = 0;
  for (const [place, path] of paths.entries()) {
    const { faults, warnings, closed } = checkRecording(path);
    assert.deepEqual({ faults, warnings, closed }, { faults: [], warnings: [], closed: true }, path);
    const recording = openRecording(path);
    const before = place === 0 ? undefined : basename(paths[place - 1] ?? '', '.db');
    const after = place === paths.length - 1 ? undefined : basename(paths[place + 1] ?? '', '.db');
    assert.equal(recording.run.continues?.recording, before);
    assert.equal(recording.summary?.continuedIn, after);
    for (const { cycle: number, block } of recording.cycles()) {
      assert.equal(number, ++cycle);
      for (let frame = 0; frame < block.frames; frame++) assert.equal(block.firstIndex + frame, next++);
    }
    samples += recording.summary?.samples ?? 0;
    detections += recording.summary?.detections ?? 0;
    const { differences } = await replayRecording(recording, planOfRecording(recording.run));
    assert.deepEqual(differences, []);
    recording.close();
  }
  assert.deepEqual([samples, detections], [summary.samples, summary.detections]);
  assert.ok(detections > 10, `${detections} detections`);
  assert.ok(next >= summary.samples && summary.samples > third);
});

/** Two may begin within one second: then the names do not tell their order. */
function byBeginning(a: string, b: string): number {
  return startOf(a) - startOf(b);
}

function startOf(path: string): number {
  const recording = openRecording(path);
  recording.close();
  return recording.run.startUs;
}
