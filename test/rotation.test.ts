import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadAnyPlan, loadRunPlan, planOfRecording } from '../runtime/cli/configuration.js';
import { mapsOfRecording, placeLoop } from '../runtime/place/open-map.js';
import { kindOf } from '../runtime/place/picture-options.js';
import { checkRecording } from '../runtime/recording/check.js';
import { openRecording } from '../runtime/recording/read.js';
import { replayPlaces } from '../runtime/replay/place-recording.js';
import { replayRecording } from '../runtime/replay/recording.js';
import { askControl } from '../runtime/supervisor/control-socket.js';
import { PlaceRun } from '../runtime/supervisor/place-run.js';
import { Run } from '../runtime/supervisor/run.js';
import { launcher, startAxond, temporaryFolder, until } from './axond-process.js';

const runtimeFolder = temporaryFolder();
process.env['RUNTIME_DIRECTORY'] = runtimeFolder;

/** A busy machine starts processes late. */
const patienceMs = 60_000;

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
  await until('the emulated port', () => emulator.stdout().includes('port'), patienceMs);
  const { port } = JSON.parse(emulator.stdout().split('\n')[0] ?? '') as { port: string };
  const file = join(folder, 'protocol.yaml');
  writeFileSync(file, protocol);
  const sets = [`source.port=${port}`, `device.record=${join(folder, 'recordings')}`, 'device.name=rotating'];
  const { plan, effectiveYaml } = loadRunPlan({ files: [file], sets, armVirtual: false });
  const log = pino({ level: 'silent' });
  const options = { verb: 'run', configuration: effectiveYaml, axondVersion: '0', log };
  const run = await Run.start({ ...options, plan: { ...plan, rotate: 0.7 } });
  const recordings = (): string[] => recordingsIn(plan.record);
  await until('frames', () => run.memory.frames > 0, patienceMs);
  const begun = recordings().length;
  await until('two more recordings', () => recordings().length >= begun + 2, patienceMs);
  const third = run.memory.frames;
  await until('some frames in it', () => run.memory.frames > third + 100, patienceMs);
  void run.stop();
  const summary = await run.finished;

  const paths = recordings();
  assert.equal(summary.recording, paths.at(-1));
  const { frames, counted } = assertWhole(paths);
  assert.deepEqual(counted, { samples: summary.samples, detections: summary.detections });
  assert.ok(counted.detections > 10, `${counted.detections} detections`);
  assert.ok(frames >= summary.samples && summary.samples > third);
  for (const path of paths) {
    const recording = openRecording(path);
    const { differences } = await replayRecording(recording, planOfRecording(recording.run));
    assert.deepEqual(differences, []);
    recording.close();
  }

  // Another night under the name of the one that it goes on from.
  const [first = '', second = '', last = ''] = paths;
  copyFileSync(last, first);
  const { faults } = checkRecording(second);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /, which it goes on from: seal \d+ is /);
  assert.ok(faults[0]?.startsWith(first));
});

test('so does a robot that learns: each recording begins with the map as it is then, and gives the same places again', async (t) => {
  const folder = temporaryFolder();
  const command = [process.execPath, launcher, 'emulate', 'camera', '--rate', '60', '--speed', '20', '--lap', '200'];
  const source = { use: 'camera', command, width: 64, height: 32, rate: '60Hz' };
  const file = join(folder, 'robot.yaml');
  const device = { name: 'robot', record: join(folder, 'recordings'), rotate: '1m' };
  writeFileSync(
    file,
    JSON.stringify({ device, source, place: { use: 'axond-place', map: join(folder, 'floor.map') } }),
  );
  const loaded = loadAnyPlan({ files: [file], sets: [], armVirtual: false });
  assert.ok('places' in loaded && loaded.places.plan.rotate === 60);
  const { plan, effectiveYaml } = loaded.places;
  const options = { verb: 'run', configuration: effectiveYaml, axondVersion: '0', log: pino({ level: 'silent' }) };
  const run = await PlaceRun.start({ ...options, plan: { ...plan, rotate: 2.5 } });
  t.after(() => run.stop());
  const frames = (): number => run.status().source.samples;
  await until('some places', () => (run.status().place?.places ?? 0) > 2, patienceMs);
  const begun = recordingsIn(plan.record).length;
  await until('another recording', () => recordingsIn(plan.record).length > begun, patienceMs);
  const before = frames();
  assert.equal(run.status().place?.mode, 'learning', 'it goes on with what it did');
  await until(
    'a label',
    async () => {
      const socket = join(runtimeFolder, 'robot', 'control.sock');
      return (await askControl(socket, { verb: 'place', request: 'label', place: 1, label: 'door' })).ok;
    },
    patienceMs,
  );
  await until('some frames in it', () => frames() > before + 60, patienceMs);
  void run.stop();
  const summary = await run.finished;
  const paths = recordingsIn(plan.record);
  assert.deepEqual(assertWhole(paths).counted, { samples: summary.samples, detections: 0 });
  const places: number[] = [];
  for (const path of paths) {
    const recording = openRecording(path);
    const maps = mapsOfRecording(recording.maps(), kindOf(plan.source, plan.place.size), plan.place);
    places.push(maps[0]?.places.length ?? 0);
    const { differences } = replayPlaces(recording, placeLoop(maps, recording.run.continues).loop);
    assert.deepEqual(differences, []);
    recording.close();
  }
  assert.ok(places[0] === 0 && (places.at(-1) ?? 0) > 2, `${places.join()} places to begin with`);
});

/** Every cycle and every frame is in exactly one of them, and each is as a recording of its own has to be. */
function assertWhole(paths: readonly string[]): { frames: number; counted: { samples: number; detections: number } } {
  let frames = 0;
  let cycles = 0;
  const counted = { samples: 0, detections: 0 };
  for (const [place, path] of paths.entries()) {
    const { faults, warnings, closed } = checkRecording(path);
    assert.deepEqual({ faults, warnings, closed }, { faults: [], warnings: [], closed: true }, path);
    const recording = openRecording(path);
    const before = place === 0 ? undefined : basename(paths[place - 1] ?? '', '.db');
    const after = place === paths.length - 1 ? undefined : basename(paths[place + 1] ?? '', '.db');
    assert.equal(recording.run.continues?.recording, before);
    assert.equal(recording.summary?.continuedIn, after);
    for (const { cycle, block } of recording.cycles()) {
      assert.equal(cycle, ++cycles);
      for (let frame = 0; frame < block.frames; frame++) assert.equal(block.firstIndex + frame, frames++);
    }
    counted.samples += recording.summary?.samples ?? 0;
    counted.detections += recording.summary?.detections ?? 0;
    recording.close();
  }
  return { frames, counted };
}

function recordingsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.db'));
  return names.map((name) => join(folder, name)).sort(byBeginning);
}

/** Two may begin within one second: then the names do not tell their order. */
function byBeginning(a: string, b: string): number {
  return startOf(a) - startOf(b);
}

function startOf(path: string): number {
  const recording = openRecording(path);
  recording.close();
  return recording.run.startUs;
}
