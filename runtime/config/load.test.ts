import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { compileLoop, compileRun } from './compile.js';
import { alternativesOf } from './keys.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration, type ConfigurationSources } from './load.js';

const good = `\
device: { name: bedside-1, record: /var/lib/axond }
source: { use: cyton, port: /dev/ttyUSB0, electrodes: { C3: 1, M2: 2 } }
actuators: { light: { use: virtual } }
signals:
  c3: { from: C3 - M2 }
  trace:
    from: c3
    stages:
      - { use: bandpass, from: 0.3Hz, to: 35Hz }
detectors: { spindle: { use: band-power, signal: c3 } }
policy: { use: immediate, after: spindle, refractory: 2s }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;

const load = (text: string, sources: ConfigurationSources = {}) =>
  loadConfiguration({ files: [{ name: 'p.yaml', text }], ...sources });

function faultsOf(sources: ConfigurationSources): string[] {
  try {
    loadConfiguration(sources);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error instanceof Error ? error.stack : error));
    assert.equal(error.message, error.message.trim());
    return error.message.split('\n');
  }
  return [];
}

test('the good configuration has no fault', () => {
  assert.deepEqual(faultsOf({ files: [{ name: 'p.yaml', text: good }] }), []);
});

const detectorUses = alternativesOf('detectors')
  .flatMap(({ use }) => (use === '' ? [] : [use]))
  .join(', ');

/** What is replaced in the good configuration, by what (`^` marks where the fault is to be reported), and the fault. */
const faulty: [from: string | RegExp, to: string, fault: string][] = [
  // Unknown keys, with the nearest one that is valid.
  ['perHour', '^perHuor', 'gate.perHuor: 120 belongs to no known key. Did you mean gate.perHour?'],
  [
    'device: {',
    '^foo: 1\ndevice: {',
    'foo: 1 belongs to no known key. There are preset, device, source, actuators, signals, detectors, policy, stimulus, gate, study, place.',
  ],
  [
    'to: 35Hz',
    'to: 35Hz, ^ordr: 3',
    'signals.trace.stages.0.ordr: 3 belongs to no known key. Did you mean signals.trace.stages.0.order?',
  ],
  // Wrong types and values.
  ['perMinute: 6', 'perMinute: ^6.5', 'gate.perMinute: 6.5 is not a whole number. Write for example 6.'],
  ['perMinute: 6', 'perMinute: ^six', 'gate.perMinute: six is not a number. Write for example 6.'],
  ['perMinute: 6', 'perMinute: ^-1', 'gate.perMinute: -1 is below 0. Use 0 or more.'],
  ['interval: 1.5s', 'interval: ^1500', 'gate.interval: 1500 has no unit. Write 1500ms or 1.5s.'],
  [
    'interval: 1.5s',
    'interval: ^[1.5s]',
    'gate.interval: ["1.5s"] is not a time. Write a number and its unit (us, ms, s, m or h), for example 1.5s.',
  ],
  [
    'duration: 50ms',
    'duration: ^50Hz',
    'stimulus.duration: 50Hz has the unit "Hz", which is not one of time. Use us, ms, s, m or h.',
  ],
  ['duration: 50ms', 'duration: ^0s', 'stimulus.duration: 0s is below 1ms. Use 1ms or more.'],
  ['refractory: 2s', 'refractory: ^2h', 'policy.refractory: 2h is above 1h. Use 1h or less.'],
  ['refractory: 2s', 'refractory: ^-2s', 'policy.refractory: -2s is below 0s. Use 0s or more.'],
  ['name: bedside-1', 'name: ^Bedside 1', 'device.name: Bedside 1 is not a device name. Write for example bedside-1.'],
  [
    'name: bedside-1',
    'timeZone: ^Europe/Zurch',
    'device.timeZone: Europe/Zurch is not a time zone. Write for example Europe/Zurich, or UTC.',
  ],
  [
    'name: bedside-1',
    'mqtt: ^http://localhost',
    'device.mqtt: http://localhost is not the address of an MQTT broker. Write for example mqtt://localhost:1883.',
  ],
  [
    'name: bedside-1',
    'mqtt: ^5',
    'device.mqtt: 5 is not a text or a map of keys and values. Write a text or a map of keys and values.',
  ],
  ['name: bedside-1', 'realtime: ^yes', 'device.realtime: yes is not true or false. Write true or false.'],
  [/^source: .*$/m, 'source: ^cyton', 'source: cyton is not a map of keys and values. Write a map of keys and values.'],
  ['  c3: {', '  ^3c: {', 'signals.3c is no name. Use letters, digits, - and _, starting with a letter.'],
  // Parts that there are not.
  [
    'use: virtual',
    'use: ^virtul',
    'actuators.light.use: virtul is not known. Did you mean virtual? There are virtual, serial-trigger, gpio, lan-trigger, bridge, bench, audio.',
  ],
  [
    'light: { use: virtual }',
    '^light: {}',
    'actuators.light.use is missing. Choose one of virtual, serial-trigger, gpio, lan-trigger, bridge, bench, audio.',
  ],
  [
    'use: band-power',
    'use: ^neural',
    `detectors.spindle.use: neural is not known. Choose one of ${detectorUses}, or the path of a module such as ./my-part.mjs.`,
  ],
  // Missing keys are reported at the map that lacks them.
  [
    'source: { use: cyton, port: /dev/ttyUSB0,',
    '^source: { use: cyton,',
    'source.port is missing. Write for example port: /dev/ttyUSB0, or give --port.',
  ],
  [/gate: (.*), perNight: 600/, '^gate: $1', 'gate.perNight is missing. Write for example perNight: 600.'],
  [
    /^device(.*)\nsource: .*$/m,
    '^device$1',
    'source is missing. Say where samples come from, or give --driver and --port.',
  ],
  [
    /^device((?:.|\n)*)\nstimulus: .*$/m,
    '^device$1',
    'stimulus is missing, while there is policy and gate. Add stimulus to stimulate, or take policy and gate out to stimulate nothing.',
  ],
  // The amplifier.
  [
    'M2: 2',
    'M2: ^9',
    'source.electrodes.M2: 9 is above 8, the channels of a board without Daisy. Use 1 to 8, or add daisy: true.',
  ],
  ['M2: 2', 'M2: ^1', 'source.electrodes.M2: 1 is the channel of C3 too. Give each electrode a channel of its own.'],
  [
    'electrodes: { C3: 1, M2: 2',
    'off: [2], electrodes: { C3: 1, M2: ^2',
    'source.electrodes.M2: 2 is a channel that is switched off. Take 2 out of source.off.',
  ],
  [
    'electrodes: {',
    'off: [8, ^9], electrodes: {',
    'source.off.1: 9 is above 8, the channels of a board without Daisy. Take it out.',
  ],
  [
    'electrodes: {',
    'rate: ^300Hz, electrodes: {',
    'source.rate: 300Hz is no rate of a Cyton. Use one of 250Hz, 500Hz, 1000Hz, 2000Hz, 4000Hz, 8000Hz, 16000Hz.',
  ],
  ['electrodes: {', 'gain: ^5, electrodes: {', 'source.gain: 5 is none of 1, 2, 4, 6, 8, 12, 24. Use one of these.'],
  // Names that lead nowhere.
  [
    'C3 - M2',
    '^C3 - M9',
    'signals.c3.from: C3 - M9 cannot be derived: "M9" is no channel. Channels here: C3, M2, ch3, ch4, ch5, ch6, ch7, ch8, accelX, accelY, accelZ.',
  ],
  ['from: c3', 'from: ^c33', 'signals.trace.from: c33 cannot be derived: "c33" is no channel. Did you mean c3?'],
  ['C3 - M2', '^trace', 'signals.c3.from: trace leads round in a circle. Make one of these signals from electrodes.'],
  ['signal: c3', 'signal: ^c4', 'detectors.spindle.signal: c4 is not among the signals. Did you mean c3?'],
  ['after: spindle', 'after: ^spindel', 'policy.after: spindel is not among the detectors. Did you mean spindle?'],
  [
    'actuator: light',
    'actuator: ^headphones',
    'stimulus.actuator: headphones is not among the actuators. There are light.',
  ],
  // Filters and detectors that cannot work.
  [
    'to: 35Hz',
    'to: ^200Hz',
    'signals.trace.stages.0.to: 200Hz is not below half the sampling rate (125 Hz). Use less than 125 Hz.',
  ],
  ['from: 0.3Hz', 'from: ^40Hz', 'signals.trace.stages.0.from: 40Hz is not below to (35 Hz). Exchange them.'],
  [
    '- { use: bandpass, from: 0.3Hz, to: 35Hz }',
    '- { use: decimate, factor: 4 }\n      - { use: bandpass, from: 0.3Hz, to: ^35Hz }',
    'signals.trace.stages.1.to: 35Hz is not below half the sampling rate (31.25 Hz). Use less than 31.25 Hz.',
  ],
  [
    '- { use: bandpass',
    '- { use: resample, to: 200Hz }\n      - ^{ use: portiloop }\n      - { use: bandpass',
    'signals.trace.stages.1 portiloop: 200 Hz, but its filters hold at 250 Hz only. Put { use: resample, to: 250Hz } before it.',
  ],
  [
    '- { use: bandpass, from: 0.3Hz, to: 35Hz }',
    '- ^{ use: fir, count: 101 }',
    'signals.trace.stages.0 says either too little or too much. Give taps alone, or count with from, to or both.',
  ],
  [
    'signal: c3 }',
    'signal: c3, release: ^3 }',
    'detectors.spindle.release: 3 is not above 0 and at most threshold 2.5. Use 0.8 times it.',
  ],
  [
    'use: band-power, signal: c3',
    'use: threshold, signal: c3, level: ^500',
    'detectors.spindle.level: 500 has no unit, and c3 is in uV. Write 500uV.',
  ],
  // Limits above the hard ones of the actuator.
  ['perHour: 120', 'perHour: ^9000', 'gate.perHour: 9000 is above 1200 (hard limit of light). Use 1200 or less.'],
  ['interval: 1.5s', 'interval: ^10ms', 'gate.interval: 10ms is below 400ms (hard limit of light). Use 400ms or more.'],
  [
    'duration: 50ms }\ngate: { interval: 1.5s',
    'duration: 900ms }\ngate: { interval: ^500ms',
    'gate.interval: 500ms is below 900ms, which one stimulus lasts. Use 900ms or more.',
  ],
  ['duration: 50ms', 'duration: ^5s', 'stimulus.duration: 5s is above 1s (hard limit of light). Use 1s or less.'],
  // Files that are not there.
  [
    'use: immediate, after: spindle, refractory: 2s',
    'use: ^/gone.mjs',
    'policy.use: /gone.mjs is no file. Correct the path, or put the file there.',
  ],
  // YAML.
  [
    'actuators: { light: {',
    'actuators: &a { light: { use: virtual } }\ngone: ^*a\nother: { light: {',
    'gone is an alias, which a configuration cannot use. Write the value out.',
  ],
  ['gate: {', 'gate: {}\n^gate: {', 'gate is given twice, first in line 13. Keep one of them.'],
  ['light: {', '^[a]: 1, light: {', 'actuators has a key that is no name. Write a name and a colon.'],
  [
    '  c3: {',
    '^\tc3: {',
    'c3: { from: C3 - M2 } is not valid YAML: Tabs are not allowed as indentation. Indent with spaces, not with tabs.',
  ],
];

test('each fault has its line: place, key, value, rule and fix', () => {
  for (const [from, to, fault] of faulty) {
    const marked = good.replace(from, to);
    const [before = '', after] = marked.split('^');
    assert.ok(after !== undefined, `${fault}: nothing was replaced`);
    const lines = before.split('\n');
    const line = `p.yaml:${lines.length}:${(lines.at(-1) ?? '').length + 1} ${fault}`;
    const found = faultsOf({ files: [{ name: 'p.yaml', text: before + after }] });
    assert.ok(found.includes(line), `${line}\nis not among\n${found.join('\n')}`);
  }
});

test('all faults come at once, in the order of the text', () => {
  const text = good
    .replace('port: ', 'prot: ')
    .replace('to: 35Hz', 'to: 200Hz')
    .replace('signal: c3', 'signal: c33')
    .replace('interval: 1.5s', 'interval: 1500')
    .replace('perHour: 120', 'perHour: 9000');
  const keys = faultsOf({ files: [{ name: 'p.yaml', text }] }).map((line) => line.split(' ')[1]);
  assert.deepEqual(keys, [
    'source.port',
    'source.prot:',
    'signals.trace.stages.0.to:',
    'detectors.spindle.signal:',
    'gate.interval:',
    'gate.perHour:',
  ]);
});

test('what cannot be read at all is not called incomplete as well', () => {
  assert.deepEqual(faultsOf({ files: ['no-such-file.yaml'] }), [
    'no-such-file.yaml is not there. Give the path of a YAML file.',
  ]);
  assert.deepEqual(faultsOf({ files: [{ name: 'p.yaml', text: '- 1' }] }), [
    'p.yaml:1:1 [1] is not a map of keys. Write keys such as source and signals.',
  ]);
  assert.deepEqual(faultsOf({ preset: 'dmo' }), [
    '--preset dmo is no preset. Did you mean demo? There are cyton-slow-oscillation, cyton-spindle, demo, place, portiloop, portiloop-fixed, spindle.',
  ]);
  assert.deepEqual(faultsOf({ files: [{ name: 'p.yaml', text: 'preset: zzzzzz' }] }), [
    'p.yaml:1:9 preset: zzzzzz is no preset. There are cyton-slow-oscillation, cyton-spindle, demo, place, portiloop, portiloop-fixed, spindle.',
  ]);
});

test('a later file merges over an earlier one, and faults name the file that says it', () => {
  const [box = '', study = ''] = good.split(/(?=signals:)/);
  const files = [
    { name: 'device.yaml', text: box },
    { name: 'protocol.yaml', text: study },
  ];
  assert.equal(loadConfiguration({ files }).effectiveYaml, load(good).effectiveYaml);
  const over = {
    name: 'night.yaml',
    text: 'gate: { perHour: 60 }\nsignals:\n  trace: { stages: [ { use: rms, window: 0.1s } ] }\n',
  };
  const { configuration } = loadConfiguration({ files: [...files, over] });
  assert.deepEqual(configuration.gate?.limits, { intervalUs: 1.5e6, perMinute: 6, perHour: 60, perNight: 600 });
  assert.deepEqual(configuration.signals['trace'], { from: 'c3', stages: [{ use: 'rms', windowSeconds: 0.1 }] });
  const wrong = { name: 'night.yaml', text: 'gate:\n  perHour: 9000\n' };
  assert.deepEqual(faultsOf({ files: [...files, wrong] }), [
    'night.yaml:2:12 gate.perHour: 9000 is above 1200 (hard limit of light). Use 1200 or less.',
  ]);
});

test('spindle-t1 without a model takes the packaged one that is best at the point', () => {
  const modelAt = (keys: string): unknown => {
    const text = `detectors: { spindle: { use: spindle-t1, signal: c3${keys} } }`;
    const files = [{ name: 'a.yaml', text: good.replace(/^detectors: .*$/m, text) }];
    const plan = loadConfiguration({ files }).configuration.detectors['spindle']?.plan;
    return plan && 'model' in plan ? plan.model : undefined;
  };
  assert.equal(modelAt(''), 'spindle-t1-mean');
  assert.equal(modelAt(', point: adaptive'), 'spindle-t1-mean');
  assert.equal(modelAt(', point: sure'), 'spindle-t1');
  assert.equal(modelAt(', point: sure, model: spindle-t1-free'), 'spindle-t1-free');
});

test('a map with another `use` is another part, and a key without a value is taken out', () => {
  const part = { name: 'b.yaml', text: 'detectors: { spindle: { use: threshold, signal: c3, level: 90uV } }' };
  const tuned = good.replace('signal: c3 }', 'signal: c3, guard: 0 }');
  const { configuration } = loadConfiguration({ files: [{ name: 'a.yaml', text: tuned }, part] });
  assert.deepEqual(configuration.detectors['spindle']?.plan, { use: 'threshold', level: 90, holdoffSeconds: 0 });
  const none = { name: 'b.yaml', text: 'policy:\nstimulus:\ngate:\n' };
  const recordOnly = loadConfiguration({ files: [{ name: 'a.yaml', text: good }, none] });
  assert.equal(compileLoop(recordOnly.configuration, { channels: [] }).stimulation, undefined);
});

test('--set reaches any key, and its faults say so', () => {
  const { configuration } = load(good, {
    sets: [
      'gate.perMinute=3',
      'signals.trace.stages.0.to=30Hz',
      'device.mqtt=mqtt://localhost:1884',
      'policy={ refractory: 3s }',
    ],
  });
  assert.equal(configuration.gate?.limits.perMinute, 3);
  assert.deepEqual(configuration.signals['trace']?.stages[0], {
    use: 'bandpass',
    fromHz: 0.3,
    toHz: 30,
    order: 2,
    family: 'butterworth',
    norm: 'phase',
  });
  assert.deepEqual(configuration.device.mqtt, { url: 'mqtt://localhost:1884' });
  assert.equal(configuration.policy && 'after' in configuration.policy && configuration.policy.refractorySeconds, 3);
  assert.equal(load(good, { sets: ['policy=', 'stimulus=null', 'gate='] }).configuration.gate, undefined);
  const lines: [string, string][] = [
    ['gate.perHour=9000', '--set gate.perHour: 9000 is above 1200 (hard limit of light). Use 1200 or less.'],
    ['gate.perHuor=9', '--set gate.perHuor: 9 belongs to no known key. Did you mean gate.perHour?'],
    ['gate.perHour', '--set gate.perHour has no value. Write --set KEY=VALUE, for example --set gate.perMinute=3.'],
    ['=3', '--set is no key. Write --set KEY=VALUE, for example --set gate.perMinute=3.'],
    ['gate..perHour=3', '--set gate..perHour is no key. Write --set KEY=VALUE, for example --set gate.perMinute=3.'],
    ['__proto__.x=3', '--set __proto__.x is no key. Write --set KEY=VALUE, for example --set gate.perMinute=3.'],
    ['gate.interval=5', '--set gate.interval: 5 has no unit. Write 5s or 5000ms.'],
    [
      'signals.trace.stages.0.to=300Hz',
      '--set signals.trace.stages.0.to: 300Hz is not below half the sampling rate (125 Hz). Use less than 125 Hz.',
    ],
  ];
  for (const [set, line] of lines) {
    assert.deepEqual(faultsOf({ files: [{ name: 'p.yaml', text: good }], sets: [set] }), [line]);
  }
});

test('a preset lies below the files, --preset above the one that a file names', () => {
  const own = {
    name: 'p.yaml',
    text: 'preset: cyton-spindle\nsource: { port: /dev/ttyUSB0 }\ngate: { perMinute: 2 }\n',
  };
  const { configuration, effectiveYaml } = loadConfiguration({ files: [own] });
  assert.equal(configuration.gate?.limits.perMinute, 2);
  assert.equal(configuration.gate.limits.perHour, 120);
  assert.doesNotMatch(effectiveYaml, /preset/);
  const other = loadConfiguration({ files: [own], preset: 'demo' });
  assert.equal(other.configuration.device.name, 'demo');
  assert.equal(loadConfiguration({ files: [own], sets: ['preset=demo'] }).configuration.device.name, 'demo');
});

test('the effective configuration loads to the same one, with defaults and absolute paths', () => {
  const text = good.replace('record: /var/lib/axond', 'record: here');
  const first = loadConfiguration({ files: [{ name: 'studies/p.yaml', text }] });
  assert.equal(first.configuration.device.record, resolve('studies/here'));
  assert.match(first.effectiveYaml, /expires: 100ms/);
  // A default path starts where axond was started.
  const bare = loadConfiguration({
    files: [{ name: 'studies/p.yaml', text: good.replace(', record: /var/lib/axond', '') }],
  });
  assert.equal(bare.configuration.device.record, resolve('recordings'));
  const again = loadConfiguration({ files: [{ name: 'elsewhere/recording', text: first.effectiveYaml }] });
  assert.deepEqual(again, first);
});

test('modules and credentials are files that start at the folder of the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-config-'));
  try {
    for (const name of ['stage.mjs', 'user', 'password']) writeFileSync(join(folder, name), '');
    const text = good
      .replace('- { use: bandpass, from: 0.3Hz, to: 35Hz }', '- { use: ./stage.mjs, options: { gain: 2, from: ./x } }')
      .replace('name: bedside-1', 'mqtt: { url: "mqtts://lab", userFile: user, passwordFile: password }');
    writeFileSync(join(folder, 'p.yaml'), text);
    const { configuration } = loadConfiguration({ files: [join(folder, 'p.yaml')] });
    assert.deepEqual(configuration.signals['trace']?.stages, [
      { module: join(folder, 'stage.mjs'), options: { gain: 2, from: './x' } },
    ]);
    assert.equal(configuration.device.mqtt?.passwordFile, join(folder, 'password'));
    rmSync(join(folder, 'password'));
    assert.deepEqual(faultsOf({ files: [join(folder, 'p.yaml')] }), [
      `${join(folder, 'p.yaml')}:1:69 device.mqtt.passwordFile: ${shortened(join(folder, 'password'))} is no file. Correct the path, or put the file there.`,
    ]);
    // A replay reports to nobody.
    assert.deepEqual(faultsOf({ files: [join(folder, 'p.yaml')], stream: stream('C3', 'M2') }), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Values in messages have 60 characters at most. */
const shortened = (value: string): string => (value.length > 60 ? `${value.slice(0, 59)}…` : value);

const stream = (...names: string[]) => ({
  rate: 250,
  channels: names.map((name) => ({ name, unit: 'uV', scale: 1, railCounts: 1 })),
});

test('what is replayed takes the place of the source', () => {
  const text = good.replace('C3 - M2', 'CZ-A1');
  const { configuration, effectiveYaml } = load(text, { stream: stream('CZ-A1') });
  assert.equal(configuration.source, undefined);
  assert.doesNotMatch(effectiveYaml, /ttyUSB0/);
  assert.throws(() => load(good, { stream: stream('CZ-A1') }), {
    message: 'p.yaml:5:15 signals.c3.from: C3 - M2 cannot be derived: "C3" is no channel. Channels here: CZ-A1.',
  });
});

test('compiled: names become places, times microseconds, signals stand after what they are made from', () => {
  const text = good.replace('  c3: {', '  late: { from: trace }\n  c3: {');
  const plan = compileRun(load(text).configuration);
  assert.deepEqual(plan.source, {
    use: 'cyton',
    device: { use: 'cyton', options: { electrodes: { C3: 1, M2: 2 }, off: [], gain: 24, daisy: false, rate: 250 } },
    port: '/dev/ttyUSB0',
    baudRate: 115200,
  });
  assert.deepEqual(plan.actuator, { name: 'light', plan: { use: 'virtual' } });
  assert.deepEqual(
    plan.loop.signals.map(({ name, from }) => [name, from]),
    [
      ['c3', { derivation: 'C3 - M2' }],
      ['trace', { signal: 0 }],
      ['late', { signal: 1 }],
    ],
  );
  assert.equal(plan.loop.trace, 1);
  assert.deepEqual(plan.loop.detectors, [
    {
      name: 'spindle',
      signal: 0,
      plan: { use: 'band-power', threshold: 2.5, release: 2, guard: 0.8, confirmSeconds: 0.4 },
    },
  ]);
  assert.deepEqual(plan.loop.stimulation, {
    policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 2, expiresUs: 100_000 },
    durationsUs: [50_000],
    limits: { intervalUs: 1_500_000, perMinute: 6, perHour: 120, perNight: 600 },
    require: [],
  });
});

test('R-09 gate.require names detectors that judge something, each once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-config-'));
  try {
    const path = join(folder, 'p.yaml');
    writeFileSync(join(folder, 'own.mjs'), '');
    const requiring = (names: string): string =>
      good
        .replace('gate: {', `gate: { require: ${names},`)
        .replace('detectors: {', 'detectors: { own: { use: ./own.mjs, signal: c3 },');
    const faults = (names: string): string[] => {
      writeFileSync(path, requiring(names));
      return faultsOf({ files: [path] }).map((line) => line.replace(/^.*?:\d+:\d+ /, ''));
    };
    assert.deepEqual(faults('[own]'), []);
    // What a module judges shows when it is loaded.
    const { configuration } = loadConfiguration({ files: [path] });
    assert.deepEqual(compileLoop(configuration, stream('C3', 'M2')).stimulation?.require, [0]);
    assert.deepEqual(faults('[own, spindel]'), [
      'gate.require.1: spindel is not among the detectors. Did you mean spindle?',
    ]);
    assert.deepEqual(faults('[spindle]'), [
      'gate.require.0: spindle judges nothing that the gate could wait for: a band-power only detects. Take it out, or name a detector that judges the signal or sleep.',
    ]);
    assert.deepEqual(faults('[own, own]'), ['gate.require: ["own","own"] names a detector twice. Name each once.']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a signal may be named like the channel that it is made from; without signals the first channel is shown', () => {
  const text = 'signals: { EMG: { from: EMG }, envelope: { from: EMG, stages: [ { use: rms, window: 0.1s } ] } }';
  const { configuration } = load(text, { stream: stream('EMG') });
  assert.deepEqual(
    compileLoop(configuration, stream('EMG')).signals.map(({ from }) => from),
    [{ derivation: 'EMG' }, { signal: 0 }],
  );
  const nothing = loadConfiguration({ stream: stream('CZ-A1') });
  assert.deepEqual(compileLoop(nothing.configuration, stream('CZ-A1')), {
    signals: [{ name: 'CZ-A1', from: { derivation: 'CZ-A1' }, stages: [] }],
    detectors: [],
    trace: 0,
  });
});

test('a Daisy has 16 channels at 125 Hz', () => {
  const { configuration } = load(good.replace('M2: 2', 'M2: 16').replace('port:', 'daisy: true, port:'));
  assert.equal(configuration.source?.use === 'cyton' && configuration.source.device.options.rate, 125);
  const wrong = good.replace('port:', 'daisy: true, port:').replace('to: 35Hz', 'to: 80Hz');
  assert.deepEqual(faultsOf({ files: [{ name: 'p.yaml', text: wrong }] }), [
    'p.yaml:9:43 signals.trace.stages.0.to: 80Hz is not below half the sampling rate (62.5 Hz). Use less than 62.5 Hz.',
  ]);
});
