import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { wavFile } from '../../drivers/audio/wav.test.fixture.js';
import { compileRun } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** 100 dB SPL at full scale. */
const calibration = {
  card: 'hw:0',
  driver: 'USB-Audio: Headphones at usb-1.2',
  rate: 48_000,
  mixer: null,
  date: '2026-11-28T10:00:00Z',
  measured: [
    { dBFS: -50, dBSPL: 50.2 },
    { dBFS: -40, dBSPL: 60 },
  ],
};

const configuration = (card: string, stimulus: string, interval = '1.5s'): string => `\
source: { use: cyton, port: /dev/ttyUSB0, electrodes: { C3: 1, M2: 2 } }
actuators: { headphones: { use: audio, card: "hw:0"${card} } }
signals: { c3: { from: C3 - M2 } }
detectors: { spindle: { use: band-power, signal: c3 } }
policy: { use: immediate, after: spindle }
stimulus: { actuator: headphones, ${stimulus} }
gate: { interval: ${interval}, perMinute: 6, perHour: 120, perNight: 600 }
`;

function load(folder: string, text: string) {
  const file = join(folder, 'p.yaml');
  writeFileSync(file, text);
  return compileRun(loadConfiguration({ files: [file] }).configuration);
}

function faultsOf(folder: string, text: string): string[] {
  try {
    load(folder, text);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error instanceof Error ? error.stack : error));
    return error.message.split('\n').map((line) => line.replace(/^\S+ /, '').replaceAll(`${folder}/`, ''));
  }
  return [];
}

test('R-23 sounds become a plan with their lengths and a ceiling', (t) => {
  const folder = folderOf(t);
  const { actuator, loop } = load(folder, configuration('', 'sound: pink-50ms, level: -30dBFS'));
  assert.deepEqual(actuator, {
    name: 'headphones',
    plan: {
      use: 'audio',
      card: 'hw:0',
      rate: 48_000,
      periodFrames: 128,
      sounds: ['pink-50ms'],
      levelDbfs: -30,
      ceilingDbfs: -20,
    },
  });
  assert.deepEqual(loop.stimulation?.durationsUs, [50_000]);
});

test('several sounds are variants in their order; a cue file is found from the folder of the configuration', (t) => {
  const folder = folderOf(t);
  const samples = Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5) / 2);
  writeFileSync(join(folder, 'cue.wav'), wavFile({ rate: 16_000, bits: 16, channels: [samples] }));
  const stimulus = 'sounds: [pink-15ms, cue.wav, tone-500Hz-200ms], level: -40dBFS';
  const { actuator, loop } = load(folder, configuration('', stimulus));
  assert.ok(actuator?.plan.use === 'audio');
  assert.deepEqual(actuator.plan.sounds, ['pink-15ms', join(folder, 'cue.wav'), 'tone-500Hz-200ms']);
  assert.deepEqual(loop.stimulation?.durationsUs, [15_000, 500_000, 200_000]);
});

test('R-23 with a calibration levels are at the ear', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'h.json'), JSON.stringify(calibration));
  const { actuator } = load(folder, configuration(', calibration: h.json', 'sound: pink-50ms, level: 45dBSPL'));
  assert.ok(actuator?.plan.use === 'audio');
  assert.equal(actuator.plan.levelDbfs, -55);
  assert.equal(actuator.plan.ceilingDbfs, -40, '60 dB SPL unless the configuration says otherwise');
  assert.deepEqual(actuator.plan.calibration, calibration);
});

const faulty: [card: string, stimulus: string, faults: string[]][] = [
  [
    '',
    'sound: pink-50ms, level: -19dBFS',
    ['stimulus.level: -19dBFS is above -20dBFS (ceiling of headphones). Use -20dBFS or less.'],
  ],
  [
    ', ceiling: -5dBFS',
    'sound: pink-50ms, level: -30dBFS',
    ['actuators.headphones.ceiling: -5dBFS is above -10dBFS (hard limit of audio). Use -10dBFS or less.'],
  ],
  [
    '',
    'sound: pink-50ms, level: 45dBSPL',
    [
      'stimulus.level: 45dBSPL is a level at the ear, and the actuator is not calibrated. Run axond setup sound and name its file as calibration, or write the level in dBFS.',
    ],
  ],
  [
    '',
    'sound: pink-50, level: -30dBFS',
    ['stimulus.sound: pink-50 is no sound. Write pink-50ms, pink-15ms, tone-1000Hz-100ms or the path of a .wav file.'],
  ],
  [
    '',
    'sounds: [pink-50ms, gone.wav], level: -30',
    ['stimulus.sounds.1: gone.wav cannot be read. Correct the path', 'stimulus.level: -30 has no unit. Write -30dBFS.'],
  ],
  ['', 'sound: pink-50ms', ['stimulus.level is missing. Write for example level: -30dBFS.']],
  ['', 'level: -30dBFS', ['stimulus.sound is missing. Write for example sound: pink-50ms.']],
  [
    '',
    'sound: pink-50ms, sounds: [pink-15ms], duration: 50ms, level: -30dBFS',
    [
      'stimulus.sound: pink-50ms is given beside sounds. Take one of both out.',
      'stimulus.duration: 50ms is given, and a sound is as long as it is. Take it out.',
    ],
  ],
  [
    '',
    'sound: tone-100Hz-6000ms, level: -30dBFS',
    [
      'stimulus.sound: tone-100Hz-6000ms lasts 6s, and no sound may be longer than 5s (hard limit of audio). Shorten it.',
    ],
  ],
  [
    '',
    'sound: tone-400Hz-2000ms, level: -30dBFS',
    ['gate.interval: 1.5s is below 2s, which one stimulus lasts. Use 2s or more.'],
  ],
  [
    ', calibration: gone.json',
    'sound: pink-50ms, level: 45dBSPL',
    ['actuators.headphones.calibration: gone.json cannot be read. Correct the path'],
  ],
  [
    ', calibration: broken.json',
    'sound: pink-50ms, level: 45dBSPL',
    ['actuators.headphones.calibration: broken.json is no calibration (measured'],
  ],
  [
    ', rate: 44.1kHz, calibration: h.json',
    'sound: pink-50ms, level: 45dBSPL',
    ['actuators.headphones.calibration: h.json was measured at 48000 Hz, not 44100 Hz.'],
  ],
  [
    ', calibration: h.json',
    'sound: pink-50ms, level: 61dBSPL',
    ['stimulus.level: 61dBSPL is above 60dBSPL (ceiling of headphones). Use 60dBSPL or less.'],
  ],
  [
    ', calibration: h.json',
    'sound: pink-50ms, level: -39dBFS',
    ['stimulus.level: -39dBFS is above 60dBSPL (ceiling of headphones). Use 60dBSPL or less.'],
  ],
  [
    ', calibration: h.json, ceiling: 71dBSPL',
    'sound: pink-50ms, level: 45dBSPL',
    ['actuators.headphones.ceiling: 71dBSPL is above 70dBSPL (hard limit of audio). Use 70dBSPL or less.'],
  ],
];

test('R-23 what is wrong with a sound has its line: place, value, rule and fix', (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'h.json'), JSON.stringify(calibration));
  writeFileSync(join(folder, 'broken.json'), JSON.stringify({ ...calibration, measured: [] }));
  for (const [card, stimulus, expected] of faulty) {
    const found = faultsOf(folder, configuration(card, stimulus));
    for (const fault of expected) {
      assert.ok(
        found.some((line) => line.startsWith(fault)),
        `${fault}\nis not among\n${found.join('\n')}`,
      );
    }
    const unexpected = found.filter((line) => !expected.some((fault) => line.startsWith(fault)));
    assert.deepEqual(unexpected, [], 'nothing else is called wrong');
  }
});

test('only sounds have a sound and a level; all else has a duration', (t) => {
  const folder = folderOf(t);
  const virtual = (stimulus: string): string =>
    configuration('', stimulus).replace('use: audio, card: "hw:0"', 'use: virtual');
  assert.deepEqual(faultsOf(folder, virtual('sound: pink-50ms, level: -30dBFS')), [
    'stimulus.duration is missing. Write for example duration: 50ms.',
    'stimulus.sound: pink-50ms is for sounds, and headphones plays none. Take it out.',
    'stimulus.level: -30dBFS is for sounds, and headphones plays none. Take it out.',
  ]);
});
