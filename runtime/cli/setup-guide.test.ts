import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from '../config/load.js';
import { readPreset } from '../config/presets.js';
import { configurationFiles } from './setup-files.js';
import { SetupGuide, tasks, type Choices, type Wish } from './setup-guide.js';

const ports = ['/dev/serial/by-id/usb-FTDI-if00', '/dev/ttyACM0'];
const fine = { judged: [{ name: 'C3', good: true, text: 'connected' }], mains: 60 } as const;

/** Answers each question; what the guide wants in between gets what goes well. */
function converse(session: SetupGuide, ...answers: string[]): string {
  let shown = '';
  for (const answer of answers) {
    const { lines, prompt } = session.show();
    shown = [...lines, prompt].join('\n');
    assert.equal(session.wish.want, 'answer', shown);
    session.answer(answer);
    const { want } = wishOf(session);
    if (want === 'asked') session.asked('');
    if (want === 'measured') session.measured(fine);
  }
  if (session.wish.want !== 'answer') return shown;
  const { lines, prompt } = session.show();
  return [...lines, prompt].join('\n');
}

const wishOf = ({ wish }: SetupGuide): Wish => wish;
const choicesOf = ({ wish }: SetupGuide): Choices => {
  assert.ok('choices' in wish, wish.want);
  return wish.choices;
};

test('from the port to the files: Enter takes what is suggested', () => {
  const session = new SetupGuide(ports, '/home/ann', 'Europe/Zurich');
  const end = converse(session, '1', 'C3=1 M2=2, EMG=3', '', '', '', '2', '', '', '', '');
  assert.match(
    end,
    /bedside-1 \(Europe\/Zurich\): Cyton on \/dev\/serial\/by-id\/usb-FTDI-if00, C3=1 M2=2 EMG=3, C3 - M2/,
  );
  converse(session, 'y');
  assert.deepEqual(session.wish, {
    want: 'written',
    replace: false,
    choices: {
      port: ports[0],
      dataReady: 26,
      electrodes: { C3: 1, M2: 2, EMG: 3 },
      active: 'C3',
      reference: 'M2',
      mains: 60, // as it was measured
      task: tasks[1],
      name: 'bedside-1',
      timeZone: 'Europe/Zurich',
      folder: '/home/ann',
    },
  });
  session.written('device.yaml: is there already.');
  assert.match(converse(session, 'replace'), /is there already/);
  assert.ok(session.wish.want === 'written' && session.wish.replace);
  session.written('');
  assert.equal(session.wish.want, 'done');
});

test('a wrong answer is told and asked again', () => {
  const session = new SetupGuide(ports, '/tmp', 'Europe/Zurich');
  assert.match(converse(session, '7'), /no port 7 in the list[^]*Port: $/);
  assert.match(converse(session, 'COM3'), /COM3 is no path/);
  assert.match(converse(session, ''), /usb-FTDI/); // looks again
  session.answer('2');
  session.asked('no answer from the board.');
  assert.match(converse(session), /\/dev\/ttyACM0: no answer from the board\.[^]*Port: $/);
  converse(session, '1');
  assert.match(converse(session, 'C3'), /C3 is no electrode and input/);
  assert.match(converse(session, 'C3=9 M2=1'), /C3=9: the inputs are 1 to 8/);
  assert.match(converse(session, 'C3=1 M2=1'), /M2=1: input 1 is that of C3/);
  assert.match(converse(session, 'C3=1 C3=2'), /C3 is there twice/);
  assert.match(converse(session, 'C3=1'), /Name two at least/);
  converse(session, 'C3=1 M2=2');
  assert.match(converse(session, 'C3 - A1'), /A1 is not among C3, M2/);
  assert.match(converse(session, 'C3 - C3'), /C3 minus itself/);
  assert.match(converse(session, 'C3'), /one electrode minus another/);
  assert.match(converse(session, '', 'x'), /"x" is no answer here/);
  assert.match(converse(session, 's', '4'), /4 is none of 1 to 3/);
  assert.match(converse(session, '1', '55'), /55 is neither 50 nor 60/);
  assert.match(converse(session, '50 Hz', 'Bed 1'), /Bed 1 is no name/);
  assert.match(converse(session, 'bed-1', 'Zurich'), /Zurich is no time zone: Europe\/Zurich/);
  assert.match(converse(session, 'UTC', '', 'maybe'), /y writes them/);
});

test('back leads to each question again, and what was chosen there stays the suggestion', () => {
  const session = new SetupGuide(ports, '/tmp', 'Europe/Zurich');
  converse(session, '1', 'C3=1 M2=2', '', 's', '3', '60', 'bed-7', '', '');
  const asked = Array.from({ length: 10 }, () => converse(session, 'back').split('\n').at(-1));
  assert.deepEqual(asked, [
    'Folder [/tmp]: ',
    'Time zone [Europe/Zurich]: ',
    'Name [bed-7]: ',
    'Mains [60]: ',
    'Task [3]: ',
    'Enter measures, s skips it: ',
    'Signal [C3 - M2]: ',
    'Electrodes: ',
    'Port: ',
    'Port: ',
  ]);
  session.answer('quit');
  assert.equal(session.wish.want, 'nothing');
});

test('a signal that is not good is told, and can be measured again', () => {
  const session = new SetupGuide(ports, '/tmp', 'Europe/Zurich');
  converse(session, '1', 'C3=1 M2=2', '');
  session.answer('');
  session.measured({ judged: [{ name: 'M2', good: false, text: 'flat: its cable is off' }], mains: 50 });
  assert.match(converse(session), /CHECK M2: flat: its cable is off[^]*Mend[^]*m measures again, Enter goes on: $/);
  session.answer('m');
  assert.equal(session.wish.want, 'measured');
  session.measured({ problem: 'the device was unplugged.' });
  assert.match(converse(session), /unplugged/);
});

test('the electrode at the other side is the suggested reference', () => {
  for (const [electrodes, signal] of [
    ['C4=1 M1=2 M2=3', 'C4 - M1'],
    ['Fz=1 C3=2 A2=3 A1=4', 'C3 - A2'],
    ['Fz=2 EMG=3 M1=4', 'Fz - M1'],
  ] as const) {
    const session = new SetupGuide(ports, '/tmp', 'Europe/Zurich');
    assert.match(converse(session, '1', electrodes), new RegExp(`Signal \\[${signal}\\]`));
  }
});

test('what is written is a configuration without fault, for each task, and stimulates by a virtual actuator alone', () => {
  tasks.forEach((task, place) => {
    const session = new SetupGuide(ports, '/etc/axond', 'Europe/Zurich');
    converse(session, '2', 'C4=3 M1=8', '', 's', String(place + 1), '60', '', '', '', 'y');
    const { device, protocol } = configurationFiles(choicesOf(session), readPreset(task.name));
    const files = [
      { name: '/etc/axond/device.yaml', text: device },
      { name: '/etc/axond/protocol.yaml', text: protocol },
    ];
    const { configuration } = loadConfiguration({ files, sets: [] });
    assert.equal(configuration.device.record, '/var/lib/axond');
    assert.ok(configuration.source && 'device' in configuration.source && configuration.source.device.use === 'cyton');
    const { options } = configuration.source.device;
    assert.deepEqual(options.electrodes, { C4: 3, M1: 8 });
    assert.deepEqual(options.off, [1, 2, 4, 5, 6, 7]);
    assert.match(protocol, /^ *c4:[^#]*?from: C4 - M1/m);
    assert.doesNotMatch(protocol, /\b(c3|fz|eeg)\b(?!\])|C3 - M2|Fz - M2|at: 50Hz/);
    for (const { use } of Object.values(configuration.actuators)) assert.equal(use, 'virtual');
  });
});

test('a chip at an SPI port is asked with its data-ready line, and written as one', () => {
  const session = new SetupGuide([...ports, '/dev/spidev0.0'], '/home/ann', 'Europe/Zurich');
  assert.match(converse(session, '3'), /data-ready pin[^]*Line \[26\]: $/);
  assert.match(converse(session, 'pin 5'), /pin 5 is no line: a number from 0 to 1023/);
  session.answer('17');
  assert.ok(session.wish.want === 'asked' && session.wish.choices.dataReady === 17);
  session.asked('it does not answer.');
  assert.match(converse(session), /\/dev\/spidev0\.0: it does not answer\.[^]*Line \[17\]: $/);
  assert.match(converse(session, ''), /An ADS1299 answers there\.[^]*Electrodes: $/);
  assert.match(converse(session, 'back'), /Line \[17\]: $/);
  assert.match(
    converse(session, '', 'C3=1 M2=2', '', 's', '1', '', '', '', ''),
    /ADS1299 on \/dev\/spidev0\.0, C3=1 M2=2, C3 - M2/,
  );
  converse(session, 'y');
  const { device, protocol } = configurationFiles(choicesOf(session), readPreset('spindle'));
  const files = [
    { name: '/home/ann/device.yaml', text: device },
    { name: '/home/ann/protocol.yaml', text: protocol },
  ];
  const { configuration } = loadConfiguration({ files, sets: [] });
  const { source } = configuration;
  assert.ok(source && 'device' in source && source.device.use === 'ads1299');
  assert.deepEqual(
    [source.port, source.device.options.dataReady, source.device.options.electrodes, source.device.options.off],
    ['/dev/spidev0.0', 17, { C3: 1, M2: 2 }, [3, 4, 5, 6, 7, 8]],
  );
  assert.equal(configuration.device.timeZone, 'Europe/Zurich');
});
