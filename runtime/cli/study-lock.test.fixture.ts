import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { wavFile } from '../../drivers/audio/wav.test.fixture.js';
import { modelPath } from '../../models/model-file.js';
import { ConfigurationError } from '../config/fault.js';
import { NightCondition, conditionWords, nightPorts } from '../guardian/condition.js';
import { drawRows, encodeAllocation } from '../study/allocation.js';
import { readSealed, writeSealed } from '../study/sealed-files.js';
import { ownPackage } from '../study/lock-file.js';
import { armingReasons, type ArmingFacts, type ArmingWish } from '../supervisor/arming.js';
import { StudyLock } from '../supervisor/study-lock.js';
import { runCommand } from './command.test.fixture.js';
import { loadRunPlan } from './configuration.js';
import { studyCommand } from './study.js';
import { axondVersion } from './version.js';

/** A box whose study plays sounds by a network's detections, under modules of its own, on what was calibrated. */
const protocol = `\
preset: cyton-spindle
source: { gain: 24 }
detectors:
  spindle: { model: ./own.safetensors, point: fast }
  mine: { use: ./detector.mjs, signal: c3, options: { depth: 3 } }
policy: { use: immediate, after: spindle, refractory: 2s }
actuators:
  stimulator: { use: audio, card: 'hw:0', rate: 8kHz, calibration: ./headphones.json, timing: ./timing.json, ceiling: 60dBSPL }
stimulus: { actuator: stimulator, sounds: [pink-50ms, ./cue.wav], level: 50dBSPL, duration: }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600, require: [asleep, contact] }
study: { name: cue, allocation: ./cue.sealed, codes: 'P\\d{3}', rearm: { within: 2m, times: 3 } }
`;
const device = `\
device: { name: bedside-1, record: ./nights, timeZone: Europe/Zurich, stopInput: { use: serial, port: /dev/ttyS0 } }
source: { port: /dev/ttyUSB0 }
`;

const measured = [
  { dBFS: -50, dBSPL: 50.2 },
  { dBFS: -40, dBSPL: 60 },
];
const calibration = { card: 'hw:0', driver: 'USB', rate: 8000, mixer: null, date: '2026-11-28T10:00:00Z', measured };
const beep = Array.from({ length: 800 }, (_, i) => Math.sin(i / 5) / 2);

export async function seal(path: string, nights = 2): Promise<void> {
  const participants = ['P001', 'P002'];
  const shape = { participants, nights, blocks: 1 };
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32), blockSeconds: null };
  await writeSealed(path, encodeAllocation({ ...head, ...shape, rows: drawRows(shape, () => 0) }));
}

const lockWords = ['--approval', '2026-014', '--by', 'A. Meyer'];

export function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A box with everything but a lock. */
export async function unlocked(t: TestContext): Promise<string> {
  const box = temporary(t);
  const put = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(box, name), bytes);
  put('protocol.yaml', protocol);
  put('device.yaml', device);
  put('own.safetensors', readFileSync(modelPath('spindle-t1')));
  put('detector.mjs', "import { depth } from './depth.mjs';\nexport const create = () => depth;\n");
  put('depth.mjs', 'export const depth = 1;\n');
  put('headphones.json', JSON.stringify(calibration));
  put('timing.json', '{}');
  put('cue.wav', wavFile({ rate: 16_000, bits: 16, channels: [beep] }));
  await seal(join(box, 'cue.sealed'));
  return box;
}

export async function lockedBox(t: TestContext): Promise<string> {
  const box = await unlocked(t);
  await runCommand(t, studyCommand(), ...lockOf(box));
  return box;
}

export const lockOf = (box: string, ...more: string[]): string[] => [
  ...['lock', join(box, 'protocol.yaml'), '--config', join(box, 'device.yaml'), ...lockWords],
  ...more,
];
export const lockFile = (box: string): string => join(box, 'nights/state/study/cue.lock');

export interface Evening {
  readonly sets?: readonly string[];
  readonly preset?: string;
  readonly files?: readonly string[];
  readonly wish?: Partial<ArmingWish>;
  readonly version?: string;
  /** Folder of the package that runs. */
  readonly package?: string;
  /** What happens between the start of the run and the arming. */
  readonly meanwhile?: (box: string) => unknown;
}

/** From files and command line through the start of a run to its arming: every reason against it. */
export async function reasonsAgainst(box: string, evening: Evening = {}): Promise<readonly string[]> {
  const { sets = [], preset, files = ['device.yaml', 'protocol.yaml'], wish } = evening;
  const { version = axondVersion, package: own = ownPackage } = evening;
  const given = { files: files.map((file) => join(box, file)), ...(preset === undefined ? {} : { preset }) };
  const night = sets.some((set) => set === 'study=') ? [] : ['study.participant=P001', 'study.night=1'];
  let plan, configuration;
  try {
    const loaded = loadRunPlan({ ...given, sets: [...night, ...sets], armVirtual: false });
    ({ plan, effectiveYaml: configuration } = loaded);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  const sealed = plan.study?.allocation ?? '';
  // What a process of its own does otherwise (readSeal).
  const { sha256: allocation } = await readSealed(sealed).catch(() => ({ sha256: null }));
  const lock = await StudyLock.open({ plan, configuration, axondVersion: version, package: own, allocation });
  const guardian =
    plan.study &&
    new NightCondition(
      { study: plan.study, run: 'night', boot: 'boot', sha256: allocation, locks: lock.versions },
      // A disk that need not survive a power failure.
      { ...nightPorts(sealed), append: (text) => appendFile(`${sealed}.uses`, text) },
      new Int32Array(new SharedArrayBuffer(conditionWords * 4)),
    );
  evening.meanwhile?.(box);
  const facts: ArmingFacts = {
    device: plan.name,
    limits: plan.loop.stimulation?.limits,
    guardian: { ready: true, cause: 'ready' },
    guardianReasons: (await guardian?.check()) ?? [],
    timingFaults: [],
    studyFaults: await lock.faults(),
    recorderProblem: '',
    budgetProblem: '',
    holding: [],
    source: { device: 'cyton', port: '/dev/ttyUSB0', samples: 1, notice: '' },
  };
  const reasons = armingReasons({ device: plan.name, forSeconds: 3600, ...wish }, facts);
  if (reasons.length === 0) await guardian?.close();
  return reasons;
}

/** Replaces one text in a file of the box, which must be there. */
export function edit(file: string, from: string, to: string): (box: string) => void {
  return (box) => {
    const path = join(box, file);
    const text = readFileSync(path, 'latin1');
    assert.ok(text.includes(from), `${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to), 'latin1');
  };
}

export function flip(file: string, place: number): (box: string) => void {
  return (box) => {
    const bytes = readFileSync(join(box, file));
    const at = place < 0 ? bytes.length + place : place;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(box, file), bytes);
  };
}
