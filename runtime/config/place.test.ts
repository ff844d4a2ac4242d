import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePlaceRun } from './compile-place.js';
import { ConfigurationError, formatFault } from './fault.js';
import { loadConfiguration } from './load.js';

const robot = `
source: { use: camera, command: [cam, -o, "-"], width: 320, height: 240, pixels: yuv420, crop: { x: 0, y: 20, width: 320, height: 200 } }
place: { use: axond-place, map: floor2.map, spacing: 50cm, ros: { url: "ws://localhost:9090", odometry: /odom } }
`;
const load = (text: string) => loadConfiguration({ files: [{ name: 'robot.yaml', text }] }).configuration;

function faultsOf(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(formatFault);
    throw error;
  }
  return [];
}

test('a camera and a map compile to plain values', () => {
  const plan = compilePlaceRun(load(robot));
  assert.deepEqual(plan?.source.use === 'camera' && plan.source.command, ['cam', '-o', '-']);
  assert.equal(plan?.source.rate, 30);
  assert.equal(plan.place.spacing, 0.5);
  assert.equal(plan.place.size, 'large');
  assert.equal(load(robot.replace('50cm', '50cm, size: small')).place?.size, 'small');
  assert.equal(plan.place.recall, false);
  assert.equal(load(robot.replace('50cm', '50cm, recall: true')).place?.recall, true);
  assert.match(plan.place.map ?? '', /^\/.*floor2\.map$/);
  assert.deepEqual(plan.place.ros, {
    url: 'ws://localhost:9090',
    odometry: '/odom',
    pose: '/axond/pose',
  });
});

const refused: readonly [what: string, from: string | RegExp, to: string, message: RegExp][] = [
  ['an amplifier', /source: .*/, 'source: { use: cyton, port: /dev/x }', /source\.use: cyton gives no pictures/],
  ['no place', /place: .*/, '', /place is missing, while the source is camera\. Add place/],
  [
    'a stimulus beside it',
    /^/,
    'gate: { interval: 2s, perMinute: 6, perHour: 60, perNight: 90 }\n',
    /gate has no meaning where places/,
  ],
  ['a crop outside', 'y: 20', 'y: 60', /source\.crop is not within a frame of 320x240/],
  [
    'an odd width',
    'width: 320, height: 240',
    'width: 321, height: 240',
    /source\.width: 321 is odd, which yuv420 cannot be/,
  ],
  ['a spacing without unit', '50cm', '0.5', /place\.spacing: 0\.5 has no unit\. Write 0\.5m/],
  ['a size that there is not', '50cm', '50cm, size: tiny', /place\.size: tiny .*small/],
  ['an unknown source', 'use: camera', 'use: camrea', /source\.use: camrea is not known\. Did you mean camera\?/],
  ['a command that is a text', '[cam, -o, "-"]', 'cam', /source\.command: cam is not a list/],
  ['another address', 'ws://', 'http://', /place\.ros\.url: .* is not the address of a rosbridge/],
];
for (const [what, from, to, message] of refused) {
  test(`refused with one line: ${what}`, () => {
    const faults = faultsOf(robot.replace(from, to));
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', message);
  });
}

test("what describes the frames of a preset's command does not stay for another one", () => {
  const own = 'source: { command: [ffmpeg, "-"], width: 320, height: 240 }';
  const faults = faultsOf(`preset: place\n${own}`);
  assert.equal(faults.length, 1, faults.join('\n'));
  assert.match(
    faults[0] ?? '',
    /^presets\/place\.yaml:\d+:\d+ source\.pixels: yuv420 is what the preset says of its own frames, and source\.command is not the preset's\. Write source\.pixels beside it\.$/,
  );
  const whole = load(`preset: place\n${own.replace('240', '240, pixels: grey')}`).source;
  assert.ok(whole?.use === 'camera' && whole.pixels === 'grey');
  // Nor for the same command in another size; what is not of the frames may stand alone.
  assert.equal(faultsOf('preset: place\nsource: { width: 640 }').length, 3);
  const turned = load('preset: place\nsource: { rotation: 180, crop: { x: 0, y: 0, width: 320, height: 200 } }').source;
  assert.ok(turned?.use === 'camera' && turned.rotation === 180 && turned.pixels === 'yuv420');
});

test('an item of the command of a preset that was set makes it another command', () => {
  const sets = ['source.command.7="640"', 'source.width=640', 'source.height=480', 'source.pixels=yuv420'];
  const loaded = (count: number) => loadConfiguration({ preset: 'place', sets: sets.slice(0, count) });
  assert.throws(() => loaded(3), /source\.pixels/);
  assert.equal(loaded(4).configuration.source?.use, 'camera');
});

test('a part of the view is of a camera: counts of events have none', () => {
  assert.deepEqual(faultsOf('source: { use: edvs, port: /dev/x }\nplace: { use: axond-place, recall: true }'), [
    'robot.yaml:2:36 place.recall: true has no meaning for edvs, which gives counts. Take it out, or use a camera.',
  ]);
});

test('another kind of source takes nothing over', () => {
  const source = load('preset: place\nsource: { use: edvs, port: /dev/x }').source;
  assert.ok(source?.use === 'edvs' && !('command' in source) && !('pixels' in source));
});

const withEvents = (source: string): string => `
source: ${source}
place: { use: axond-place }
`;

test('an event sensor behind a program, a socket or a file, and an eDVS compile to plain values', () => {
  const compiled = (source: string) => compilePlaceRun(load(withEvents(source)))?.source;
  assert.deepEqual(compiled('{ use: events, command: [cam, --raw], format: evt3, size: 1280x720, window: 50ms }'), {
    use: 'events',
    from: { command: ['cam', '--raw'] },
    format: 'evt3',
    size: { width: 1280, height: 720 },
    halves: false,
    window: { durationUs: 50_000 },
    columns: 10,
    rows: 10,
    rate: 20,
  });
  const socket = compiled('{ use: events, socket: "localhost:7777", format: aedat4, columns: 7, rows: 6 }');
  assert.ok(socket?.use === 'events');
  assert.deepEqual(socket.from, { socket: { host: 'localhost', port: 7777 } });
  assert.deepEqual([socket.columns, socket.rows], [7, 6]);
  const file = compiled('{ use: events, file: drive.aedat4, hotPixels: hot.json, refractory: 1ms }');
  assert.ok(file?.use === 'events' && 'file' in file.from);
  assert.match(file.from.file, /^\/.*drive\.aedat4$/);
  assert.match(file.hotPixels ?? '', /^\/.*hot\.json$/);
  assert.equal(file.refractoryUs, 1000);
  const edvs = compiled('{ use: edvs, port: /dev/ttyUSB0 }');
  assert.ok(edvs?.use === 'edvs');
  assert.deepEqual([edvs.port, edvs.baud, edvs.timestamps], ['/dev/ttyUSB0', 4_000_000, '32bit']);
});

const refusedEvents: readonly [source: string, message: RegExp][] = [
  ['{ use: events, format: evt3 }', /source has none of command, socket and file\. Give one of them/],
  [
    '{ use: events, command: [cam], file: a.raw, format: evt3 }',
    /source has more than one of command, socket and file/,
  ],
  ['{ use: events, command: [cam] }', /source\.format is missing\. Say what is sent: one of evt2, /],
  ['{ use: events, socket: "host:99999", format: evt3 }', /source\.socket: host:99999 is no socket/],
  ['{ use: events, file: a.raw, size: 1280 }', /source\.size: 1280 is not a/],
  ['{ use: edvs, port: /dev/x, firmware: old, timestamps: delta }', /timestamps: delta is not known to old firmware/],
];
for (const [source, message] of refusedEvents) {
  test(`refused with one line: ${source}`, () => {
    const faults = faultsOf(withEvents(source));
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', message);
  });
}

test('several maps are paths, each once, the first under map', () => {
  const of = (keys: string): string => `source: { use: edvs, port: /dev/x }\nplace: { use: axond-place, ${keys} }`;
  const { map, otherMaps } = compilePlaceRun(load(of('map: a.map, otherMaps: [b.map, c.map]')))?.place ?? {};
  assert.match([map, ...(otherMaps ?? [])].join(), /^\/.*\/a\.map,\/.*\/b\.map,\/.*\/c\.map$/);
  assert.match(faultsOf(of('otherMaps: [b.map]')).join(), /place\.otherMaps.* are given without a map to begin with/);
  assert.match(faultsOf(of('map: a.map, otherMaps: [a.map]')).join(), /place\.otherMaps.* name a file twice/);
});

test('an event sensor without place is told what to add', () => {
  assert.match(faultsOf('source: { use: edvs, port: /dev/x }').join(), /place is missing, while the source is edvs/);
});
