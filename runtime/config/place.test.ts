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
  assert.deepEqual(plan?.camera.command, ['cam', '-o', '-']);
  assert.equal(plan.camera.rate, 30);
  assert.equal(plan.place.spacing, 0.5);
  assert.match(plan.place.map ?? '', /^\/.*floor2\.map$/);
  assert.deepEqual(plan.place.ros, {
    url: 'ws://localhost:9090',
    odometry: '/odom',
    pose: '/axond/pose',
  });
});

const refused: readonly [what: string, from: string | RegExp, to: string, message: RegExp][] = [
  ['an amplifier', /source: .*/, 'source: { use: cyton, port: /dev/x }', /source\.use: cyton gives no pictures/],
  ['no place', /place: .*/, '', /place is missing, while the source is a camera\. Add place/],
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
