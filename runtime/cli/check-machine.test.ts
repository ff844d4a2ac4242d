import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeMachine } from './check-machine.js';
import { lookAtMachine, packageNames, type Machine } from './machine.js';

/** A Raspberry Pi as it should be. */
const sound: Machine = {
  node: '20.20.2',
  packaged: false,
  packages: { 'better-sqlite3': '', serialport: '', koffi: '', onoff: '', '@tensorflow/tfjs-node': '' },
  programs: { stty: true, mkfifo: true },
  realtime: true,
  clock: { synchronised: true, hasRtc: true },
  configuration: { fault: '' },
  recordings: {
    folder: '/var/lib/axond/recordings',
    fileSystem: 'ext4',
    readOnly: false,
    freeBytes: 20e9,
    nightBytes: 0.54e9,
  },
  devices: [{ path: '/dev/ttyUSB0', kind: 'serial', mayOpen: true, group: 'dialout', latencyMs: 1 }],
  sound: { problem: '', cards: ['hw:0 USB-Audio'] },
  throttled: 0,
  celsius: 52.3,
  unit: { active: 'active', enabled: 'enabled', text: 'cyton on /dev/axond/eeg0 streams' },
  broker: { url: 'mqtt://localhost', problem: '' },
};
const disk = sound.recordings;
const port = sound.devices[0]!;

/** What is not good about it: `level name: detail fix`. */
const objections = (machine: Partial<Machine>): string[] =>
  judgeMachine({ ...sound, ...machine })
    .filter(({ level }) => level !== 'good')
    .map(({ level, name, detail, fix }) => `${level} ${name}: ${detail} ${fix}`.trim());

test('a machine that has everything gets no objection, and one line each', () => {
  assert.deepEqual(objections({}), []);
  const names = judgeMachine(sound).map(({ name }) => name);
  for (const name of ['clock', 'disk', 'power', 'temperature', 'service', 'broker', 'configuration', 'serial ports'])
    assert.equal(names.filter((known) => known === name).length, 1, name);
});

test('each thing that is wrong is named with its value and a fix', () => {
  const cases: readonly (readonly [Partial<Machine>, RegExp])[] = [
    [{ node: '18.19.0' }, /^fault Node: v18\.19\.0 is too old\. Install Node 20\.19/],
    [{ node: '20.18.9' }, /^fault Node/],
    [{ packages: { ...sound.packages, koffi: 'ENOENT' } }, /^fault koffi: does not load \(ENOENT\)\. Run npm ci\./],
    [
      { packages: { ...sound.packages, onoff: 'absent' } },
      /^warning onoff: is absent .* no GPIO by sysfs.* npm install onoff/,
    ],
    [
      { packaged: true, packages: { ...sound.packages, '@tensorflow/tfjs-node': 'absent' } },
      /^warning @tensorflow\/tfjs-node: .* sudo npm install --global --prefix \/usr @tensorflow\/tfjs-node\.$/,
    ],
    [
      { packaged: true, packages: { ...sound.packages, 'better-sqlite3': 'absent' } },
      /^fault better-sqlite3: .* apt-get install --reinstall \.\/axond_\*\.deb$/,
    ],
    [{ programs: { stty: false, mkfifo: true } }, /^fault stty: is absent\. Run sudo apt-get install coreutils/],
    [{ realtime: false }, /^warning real-time: SCHED_FIFO is not permitted.* rtprio 60/],
    [
      { clock: { synchronised: false, hasRtc: true } },
      /^warning clock: is not synchronised.* timedatectl set-ntp true/,
    ],
    [{ clock: { synchronised: true, hasRtc: false } }, /^warning real-time clock: there is none.* battery/],
    [
      { configuration: { fault: 'device.yaml:3 name: …' } },
      /^fault configuration: device\.yaml:3 .* Run axond check \/etc\/axond/,
    ],
    [
      { recordings: { ...disk, readOnly: true } },
      /^fault recordings: \/var\/lib\/axond\/recordings .*read-only.* ext4/,
    ],
    [
      { recordings: { ...disk, fileSystem: 'overlay' } },
      /^warning recordings: .* on overlay: .*gone at the next start.* device\.record/,
    ],
    [{ recordings: { ...disk, fileSystem: 'vfat' } }, /^warning recordings: .* on vfat, which a power cut can damage/],
    [
      { recordings: { ...disk, freeBytes: 0.5e9 } },
      /^fault disk: 0\.5 GB free at .* may need 0\.5 GB.* axond recording list/,
    ],
    [{ devices: [] }, /^warning serial ports: none is plugged in\.$/],
    [
      { devices: [{ ...port, mayOpen: false }] },
      /^fault serial ports: \/dev\/ttyUSB0: permission denied\. Run sudo usermod -aG dialout/,
    ],
    [
      { devices: [{ ...port, latencyMs: 16 }] },
      /^warning \/dev\/ttyUSB0: .* 16 ms \(latency_timer\)\. Install systemd\/65-axond\.rules/,
    ],
    [
      { devices: [port, { ...port, path: '/dev/spidev0.0', kind: 'spi', group: 'spi', mayOpen: false }] },
      /^warning SPI: \/dev\/spidev0\.0: permission denied\. Run sudo usermod -aG spi/,
    ],
    [
      { sound: { problem: 'sound: libasound.so.2 is absent. Run apt', cards: [] } },
      /^warning sound: libasound.so.2 is absent: no stimulus can be a sound\. Run apt/,
    ],
    [{ sound: { problem: '', cards: [] } }, /^warning sound: there is no sound card\.$/],
    [{ throttled: 0x50005 }, /^fault power: the voltage is too low now.* supply/],
    [{ throttled: 0x50000 }, /^warning power: the voltage was too low since the board started.* supply/],
    [{ throttled: 0x4 }, /^warning speed: the board is being slowed down.* heat sink/],
    [{ celsius: 81 }, /^warning temperature: 81 °C.* heat sink/],
    [
      { unit: { active: 'failed', enabled: 'enabled', text: '' } },
      /^fault service: has failed\. See why: journalctl -u axond/,
    ],
    [
      { unit: { active: 'inactive', enabled: 'enabled', text: '' } },
      /^warning service: does not run\. Run sudo systemctl start/,
    ],
    [
      { unit: { active: 'active', enabled: 'disabled', text: '' } },
      /^warning service: does not start with the board\. Run sudo systemctl enable/,
    ],
    [
      { broker: { url: 'mqtt://b', problem: 'ECONNREFUSED' } },
      /^warning broker: mqtt:\/\/b does not answer \(ECONNREFUSED\).* device\.mqtt/,
    ],
  ];
  for (const [machine, expected] of cases) assert.match(objections(machine).join('\n'), expected);
});

test('what cannot be known is no objection, but for the clock', () => {
  const unknown = { unit: null, broker: null, configuration: null, throttled: null, celsius: null };
  assert.deepEqual(objections(unknown), []);
  assert.match(objections({ clock: { synchronised: null, hasRtc: true } }).join(), /^warning clock: .* not known/);
});

test('a look at this machine finds what is surely there', async () => {
  const machine = await lookAtMachine();
  assert.equal(machine.node, process.versions.node);
  assert.deepEqual(Object.keys(machine.packages), [...packageNames]);
  assert.equal(machine.packages.koffi, '');
  assert.ok(machine.recordings.freeBytes > 0);
  assert.notEqual(machine.recordings.fileSystem, 'unknown');
  assert.notEqual(machine.clock.synchronised, null);
});
