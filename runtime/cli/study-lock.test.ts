import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readLock, type LockVersion } from '../study/lock.js';
import { checkCommand } from './check.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { studyCommand } from './study.js';
import {
  seal,
  temporary,
  unlocked,
  lockedBox,
  lockOf,
  lockFile,
  type Evening,
  reasonsAgainst,
  edit,
  flip,
} from './study-lock.test.fixture.js';

const inProtocol = (from: string, to: string) => edit('protocol.yaml', from, to);
const nothing = (): void => undefined;
const locked = (key: string, is: string, was: string): RegExp =>
  new RegExp(
    `^study: ${key.replaceAll('.', '\\.')} is ${is}, locked as ${was} \\(approval 2026-014, by A\\. Meyer\\)\\. Put it`,
  );
const otherFile = (key: string): RegExp => new RegExp(`^study: ${key} is another file than was locked`);

/** Keeps the file's own hash right: whoever can do that has meant to. */
async function relock(box: string, change: (held: LockVersion['protocol']) => LockVersion['protocol']): Promise<void> {
  const { encodeVersion } = await import('../study/lock.js');
  const [first] = readLock(readFileSync(lockFile(box), 'utf8'));
  writeFileSync(lockFile(box), encodeVersion(first, change(first.protocol), undefined));
}

const planted: [what: string, plant: (box: string) => unknown, names: RegExp, evening?: Evening][] = [
  // The protocol's keys, in its file.
  ['a limit a minute', inProtocol('perMinute: 6', 'perMinute: 8'), locked('gate.perMinute', '8', '6')],
  ['a lower limit', inProtocol('perHour: 120', 'perHour: 60'), locked('gate.perHour', '60', '120')],
  ['a limit a night', inProtocol('perNight: 600', 'perNight: 900'), locked('gate.perNight', '900', '600')],
  ['the interval', inProtocol('interval: 1.5s', 'interval: 1.2s'), locked('gate.interval', '1.2s', '1.5s')],
  [
    'a detector required no more',
    inProtocol('[asleep, contact]', '[asleep]'),
    /^study: gate\.require\.1 is missing, locked as contact/,
  ],
  ['the level up', inProtocol('level: 50dBSPL', 'level: 56dBSPL'), locked('stimulus.level', '56dBSPL', '50dBSPL')],
  [
    'the level in another unit',
    inProtocol('level: 50dBSPL', 'level: -50dBFS'),
    locked('stimulus.level', '-50dBFS', '50dBSPL'),
  ],
  ['the ceiling', inProtocol('60dBSPL', '65dBSPL'), locked('actuators.stimulator.ceiling', '65dBSPL', '60dBSPL')],
  [
    'a sound that comes with axond',
    inProtocol('pink-50ms', 'pink-15ms'),
    locked('stimulus.sounds.0', 'pink-15ms', 'pink-50ms'),
  ],
  [
    'one more sound',
    inProtocol('./cue.wav]', './cue.wav, pink-15ms]'),
    /^study: stimulus\.sounds\.2 is pink-15ms, and not in the lock/,
  ],
  ['the operating point', inProtocol('point: fast', 'point: sure'), locked('detectors.spindle.point', 'sure', 'fast')],
  [
    'a network of axond for one of the study',
    inProtocol('./own.safetensors', 'spindle-t1-free'),
    /^study: detectors\.spindle\.model is spindle-t1-free, and not in the lock/,
  ],
  ['an option of a module', inProtocol('depth: 3', 'depth: 4'), locked('detectors.mine.options.depth', '4', '3')],
  [
    'a detector more',
    inProtocol('  mine:', '  other: { use: band-power, signal: c3 }\n  mine:'),
    /^study: detectors\.other\.use is band-power, and not in the lock/,
  ],
  ['the policy', inProtocol('refractory: 2s', 'refractory: 1.9s'), locked('policy.refractory', '1\\.9s', '2s')],
  [
    'another policy',
    inProtocol('use: immediate, after: spindle, refractory: 2s', 'use: periodic, every: 5s'),
    /^study: policy\.use is periodic, locked as immediate/,
  ],
  ['the gain', inProtocol('gain: 24', 'gain: 12'), locked('source.gain', '12', '24')],
  [
    'the preset',
    inProtocol('preset: cyton-spindle', 'preset: cyton-slow-oscillation'),
    /detectors\.spindle\.use is missing/,
  ],
  ['what codes look like', inProtocol("codes: 'P", "codes: 'P?"), /^study: study\.codes is .*, locked as P/],
  ['codes that are gone', inProtocol(", codes: 'P\\d{3}'", ''), /^study: study\.codes is missing, locked as P/],
  ['how often it is armed again', inProtocol('times: 3', 'times: 4'), locked('study.rearm.times', '4', '3')],
  [
    'that it may be armed again',
    inProtocol(', rearm: { within: 2m, times: 3 }', ''),
    /^study: study\.rearm is never, and not in the lock/,
  ],
  // The command line and the box's file.
  ['--set', nothing, locked('gate.perMinute', '8', '6'), { sets: ['gate.perMinute=8'] }],
  [
    '--set of a filter',
    nothing,
    locked('signals.trace.stages.0.at', '60Hz', '50Hz'),
    { sets: ['signals.trace.stages.0.at=60Hz'] },
  ],
  [
    '--set of an electrode',
    nothing,
    locked('source.electrodes.M2', '3', '4'),
    { sets: ['source.electrodes.M1=4', 'source.electrodes.M2=3'] },
  ],
  ['--preset', nothing, /detectors\.spindle\.use is missing/, { preset: 'cyton-slow-oscillation' }],
  [
    'real-time scheduling',
    edit('device.yaml', 'record:', 'realtime: false, record:'),
    locked('device.realtime', 'false', 'true'),
  ],
  [
    'the stop button',
    edit('device.yaml', ', stopInput: { use: serial, port: /dev/ttyS0 }', ''),
    /^study: device\.stopInput\.port is missing, locked as \/dev\/ttyS0/,
  ],
  ['another recording after a day', nothing, /device\.rotate: 24h divides runs/, { sets: ['device.rotate=24h'] }],
  ['another card', nothing, /was measured on the card hw:0, not hw:1/, { sets: ['actuators.stimulator.card=hw:1'] }],
  [
    'no stimulus of this study: another actuator',
    nothing,
    /^study: actuators\.stimulator\.use is virtual, locked as audio/,
    {
      sets: [
        'actuators.stimulator={ use: virtual }',
        'stimulus={ actuator: stimulator, duration: 50ms }',
        'stimulus.sounds=',
        'stimulus.level=',
      ],
    },
  ],
  // Files of the same name.
  ['a byte of the network', flip('own.safetensors', -1), otherFile('detectors\\.spindle\\.model')],
  ['a sample of the cue', flip('cue.wav', -400), otherFile('stimulus\\.sounds\\.1')],
  ['the calibration', edit('headphones.json', '50.2', '50.3'), otherFile('actuators\\.stimulator\\.calibration')],
  ['the measured delay', edit('timing.json', '{}', '{ }'), otherFile('actuators\\.stimulator\\.timing')],
  ['a module', edit('detector.mjs', 'depth;', 'depth + 1;'), otherFile('detectors\\.mine\\.use')],
  ['what a module imports', edit('depth.mjs', '1', '2'), otherFile('detectors\\.mine\\.use')],
  [
    'a file that is gone by then',
    nothing,
    /^study: stimulus\.sounds\.1: .*cue\.wav cannot be read \(ENOENT\)/,
    { meanwhile: (box) => rmSync(join(box, 'cue.wav')) },
  ],
  [
    'a file exchanged while it ran',
    nothing,
    otherFile('detectors\\.spindle\\.model'),
    { meanwhile: flip('own.safetensors', -1) },
  ],
  // The allocation.
  [
    'another allocation',
    async (box) => {
      rmSync(join(box, 'cue.sealed'));
      await seal(join(box, 'cue.sealed'), 4);
    },
    /^study: study\.allocation is [0-9a-f]{12}…, locked as [0-9a-f]{12}… \(approval/,
  ],
  [
    'an allocation that others may read',
    (box) => chmodSync(join(box, 'cue.sealed'), 0o644),
    /^study: study\.allocation is not to be read, locked as/,
  ],
  [
    'a night that is not allocated',
    nothing,
    /^study: night 3 is not in .*cue\.sealed \(1 to 2\)/,
    { sets: ['study.night=3'] },
  ],
  [
    'a participant who is not allocated',
    nothing,
    /^study: P003 is not in .*cue\.sealed/,
    { sets: ['study.participant=P003'] },
  ],
  [
    'a code off the pattern',
    nothing,
    /study\.participant: anna is no participant of this study: its codes are P/,
    { sets: ['study.participant=anna'] },
  ],
  // Versions, and what the machine is told beside.
  ["axond's version", nothing, /^study: axond's version is 99\.0\.0, locked as/, { version: '99.0.0' }],
  [
    "Node's version",
    (box) => relock(box, (held) => ({ ...held, node: 'v18.0.0' })),
    /^study: Node's version is v2.*, locked as v18\.0\.0/,
  ],
  [
    'a variable',
    (box) => relock(box, (held) => ({ ...held, environment: { ALSA_CARD: '1' } })),
    /^study: the environment's ALSA_CARD is not set, locked as 1/,
  ],
  // Arming.
  ['--limit up', nothing, /^perMinute: 7 is above 6, as configured\. Arming only tightens/, { wish: { perMinute: 7 } }],
  ['--limit gain up', nothing, /^gain: 3 dB is above 0 dB/, { wish: { gainDb: 3 } }],
  ['--limit interval down', nothing, /^interval: 1 s is below 1\.5 s/, { wish: { intervalUs: 1e6 } }],
  // The lock itself.
  [
    'a value in the lock',
    edit('nights/state/study/cue.lock', '"gate.perMinute":"6"', '"gate.perMinute":"8"'),
    /cue\.lock: the lock was edited, or is damaged, in line 1\. Put back the file/,
  ],
  ['the name in the lock', edit('nights/state/study/cue.lock', 'A. Meyer', 'B. Meyer'), /the lock was edited/],
  ['a line more', (box) => appendFileSync(lockFile(box), '{}\n'), /the lock was edited, or is damaged, in line 2/],
  [
    'a line cut off',
    (box) => writeFileSync(lockFile(box), readFileSync(lockFile(box)).subarray(0, -1)),
    /the lock is cut off in line 1/,
  ],
  ['an empty lock', (box) => writeFileSync(lockFile(box), ''), /the lock is empty/],
  [
    'a lock that is gone while it runs',
    nothing,
    /cue\.lock has changed since this run began/,
    { meanwhile: (box) => rmSync(lockFile(box)) },
  ],
  // The study.
  [
    'no study: every stimulus would be real',
    nothing,
    /^study: this box is locked for cue, and the configuration names no study/,
    { sets: ['study='] },
  ],
  ['another study', nothing, /^study: .*belongs to the study cue, not to other/, { sets: ['study.name=other'] }],
];

test('R-48 each of so many planted edits is refused by name where a run is armed', async (t) => {
  const original = await lockedBox(t);
  const elsewhere = temporary(t);
  cpSync(original, elsewhere, { recursive: true });
  for (const box of [original, elsewhere]) assert.deepEqual(await reasonsAgainst(box), []);
  assert.ok(planted.length >= 40);
  for (const [what, plant, names, evening] of planted) {
    const box = temporary(t);
    cpSync(original, box, { recursive: true });
    await plant(box);
    const reasons = await reasonsAgainst(box, evening);
    assert.ok(
      reasons.some((reason) => names.test(reason)),
      `${what}:\n${reasons.join('\n') || 'it was armed'}`,
    );
    for (const reason of reasons) assert.ok(!reason.includes('\n') && /\. \S/.test(reason), reason);
  }
});

test('R-48 a lock that is taken away before the first night is missed, and another one in its place is none', async (t) => {
  const box = await lockedBox(t);
  const [{ hash }] = readLock(readFileSync(lockFile(box), 'utf8'));
  rmSync(lockFile(box));
  const gone = `study: cue was locked (${hash.slice(0, 12)}…), and there is none now. Put its file back.`;
  assert.deepEqual(await reasonsAgainst(box), [gone]);
  await runCommand(t, studyCommand(), ...lockOf(box));
  assert.match((await reasonsAgainst(box)).join(), /^study: cue was locked .*, and it is not among those here\./);
});

test('R-48 what may differ under a lock is what belongs to the box, and to the night', async (t) => {
  const box = await lockedBox(t);
  const sets = ['device.name=bedside-2', 'device.timeZone=UTC', 'device.mqtt=mqtt://localhost', 'device.lsl=true'];
  const more = [
    'source.port=/dev/ttyUSB1',
    'study.participant=P002',
    'study.night=2',
    'device.storage.delete=uploaded',
  ];
  assert.deepEqual(await reasonsAgainst(box, { sets: [...sets, ...more], wish: { perHour: 60, gainDb: -3 } }), []);
});

test('R-48 all that differs comes at once, and what was wrong at the start stays so', async (t) => {
  const box = await lockedBox(t);
  const sets = ['gate.perMinute=8', 'gate.perHour=240', 'source.gain=12'];
  const back = flip('cue.wav', -400);
  back(box);
  const reasons = await reasonsAgainst(box, { sets, version: '99.0.0', meanwhile: back });
  assert.equal(reasons.length, 5, reasons.join('\n'));
});

test('R-48 a lock is written once; an amendment is one more version, with who and why, and the ones before stay', async (t) => {
  const box = await unlocked(t);
  const lock = (...more: string[]) => runJson(t, studyCommand(), ...lockOf(box, ...more));
  await assert.rejects(lock('--amend', 'none yet'), /cue\.lock: there is no lock to amend/);
  const first = await lock();
  await assert.rejects(
    lock(),
    /cue\.lock: is locked already \(approval 2026-014, by A\. Meyer\)\. A new version takes --amend/,
  );
  await assert.rejects(lock('--amend', ' '), /--amend: is empty/);
  inProtocol('perMinute: 6', 'perMinute: 4')(box);
  assert.match((await reasonsAgainst(box))[0] ?? '', locked('gate.perMinute', '4', '6'));
  const second = await lock('--amend', 'fewer, as the committee wished');
  assert.deepEqual(await reasonsAgainst(box), []);
  const text = readFileSync(lockFile(box), 'utf8');
  const versions = readLock(text);
  assert.deepEqual(
    versions.map(({ version, hash, reason, previous }) => [version, hash, reason, previous]),
    [
      [1, first['hash'], '', ''],
      [2, second['hash'], 'fewer, as the committee wished', first['hash']],
    ],
  );
  assert.notEqual(second['sha256'], first['sha256']);
  // Without its first line the second is no lock: it says what was before it.
  writeFileSync(lockFile(box), text.slice(text.indexOf('\n') + 1));
  assert.match((await reasonsAgainst(box)).join(), /the lock lacks what was before it in line 1/);
});

test('R-48 what cannot be held is not locked, and the reason is named', async (t) => {
  const box = await unlocked(t);
  const lock = () => runCommand(t, studyCommand(), ...lockOf(box));
  rmSync(join(box, 'depth.mjs'));
  await assert.rejects(
    lock(),
    /^Error: detectors\.mine\.use: .*depth\.mjs cannot be read \(ENOENT\)\. Correct the path\.$/,
  );
  writeFileSync(join(box, 'depth.mjs'), 'export const depth = 1;\n');
  inProtocol("codes: 'P\\d{3}'", "codes: 'S\\d{3}'")(box);
  await assert.rejects(lock(), /study\.participant: P001 is no participant of this study: its codes are S/);
  inProtocol("codes: 'S\\d{3}'", "codes: 'P\\d{3}'")(box);
  chmodSync(join(box, 'cue.sealed'), 0o644);
  await assert.rejects(lock(), /cue\.sealed: is open to others \(mode 644\)/);
  chmodSync(join(box, 'cue.sealed'), 0o400);
  mkdirSync(join(box, 'nights'));
  writeFileSync(join(box, 'nights/state'), 'a file where a folder belongs');
  await assert.rejects(lock(), /EEXIST|ENOTDIR/);
});

test('R-48 what is locked can be looked at, and whether a box equals it', async (t) => {
  const box = await unlocked(t);
  const status = (...more: string[]) =>
    runJson(t, studyCommand(), 'status', join(box, 'device.yaml'), join(box, 'protocol.yaml'), ...more);
  assert.deepEqual(await status(), { path: lockFile(box), locked: false, faults: [] });
  const { sha256 } = await runJson(t, studyCommand(), ...lockOf(box));
  const equal = await status();
  assert.deepEqual([equal['locked'], equal['sha256'], equal['faults']], [true, sha256, []]);
  assert.match(String((await status('--set', 'gate.perMinute=8'))['faults']), locked('gate.perMinute', '8', '6'));
  assert.equal(process.exitCode, 1);
  process.exitCode = undefined;
  const words = ['status', join(box, 'device.yaml'), join(box, 'protocol.yaml')];
  const said = await runCommand(t, studyCommand(), ...words);
  assert.match(said, /version 1 .*\(approval 2026-014, by A\. Meyer\)\n[^]*equals it\.\n$/);

  // The lock alone, without the box.
  assert.match(await runCommand(t, checkCommand(), lockFile(box)), /cue\.lock: whole\.\nversion 1 /);
  edit('nights/state/study/cue.lock', 'A. Meyer', 'B. Meyer')(box);
  await assert.rejects(runCommand(t, checkCommand(), lockFile(box)), /cue\.lock: the lock was edited/);
});
