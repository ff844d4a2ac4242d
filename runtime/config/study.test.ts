import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRun } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';

const stimulating = `\
source: { use: cyton, port: /dev/ttyUSB0 }
actuators: { light: { use: virtual } }
signals: { c: { from: ch1 } }
detectors: { spindle: { use: band-power, signal: c } }
policy: { use: immediate, after: spindle }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;

function load(text: string, ...sets: string[]) {
  return loadConfiguration({ files: [{ name: 'p.yaml', text }], sets });
}

function faults(text: string, ...sets: string[]): string {
  try {
    load(text, ...sets);
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.message;
  }
}

test('a study names participant and night on the command line, and says so where they are missing', () => {
  const text = `${stimulating}study: { name: cue, allocation: /etc/axond/cue.sealed }\n`;
  const { configuration } = load(text, 'study.participant=P017', 'study.night=2');
  assert.deepEqual(compileRun(configuration).study, {
    name: 'cue',
    allocation: '/etc/axond/cue.sealed',
    participant: 'P017',
    night: 2,
    continue: false,
  });
  assert.equal(
    faults(text),
    'p.yaml:8:1 study.participant is missing. Write for example participant: P017, or give --participant.\n' +
      'p.yaml:8:1 study.night is missing. Write for example night: 2, or give --night.',
  );
});

test('without a study every stimulus is real; a study without stimuli is a mistake', () => {
  assert.equal(compileRun(load(stimulating).configuration).study, undefined);
  const text = `source: { use: cyton, port: /dev/ttyUSB0 }
study: { name: cue, allocation: a.sealed, participant: P017, night: 1 }
`;
  assert.match(
    faults(text),
    /^p\.yaml:2:8 study says by which condition to stimulate, while nothing is stimulated\. Take/,
  );
});

test('a participant whose code is none of the study is refused before anything starts', () => {
  const of = (codes: string): string =>
    `${stimulating}study: { name: cue, allocation: /etc/axond/cue.sealed, night: 1, codes: '${codes}' }\n`;
  assert.equal(faults(of('P\\d{3}'), 'study.participant=P017'), '');
  for (const code of ['P17', 'P0171', 'XP017', 'anna'])
    assert.equal(
      faults(of('P\\d{3}'), `study.participant=${code}`),
      `--set study.participant: ${code} is no participant of this study: its codes are P\\d{3}. Correct --participant.`,
    );
  // An alternative is as whole a code as the other one.
  assert.match(faults(of('A|P017'), 'study.participant=P0171'), /is no participant of this study/);
  assert.match(faults(of('P(\\d'), 'study.participant=P017'), /study\.codes: P\(\\d is no regular expression\. Write/);
});

test('a night is armed again by itself only where the protocol says how soon and how often', () => {
  const text = `${stimulating}study: { name: cue, allocation: /a.sealed, participant: P017, night: 1 }\n`;
  assert.equal(compileRun(load(text).configuration).study?.rearm, undefined);
  assert.equal(compileRun(load(text, 'study.rearm=never').configuration).study?.rearm, undefined);
  const { configuration } = load(text, 'study.rearm={ within: 2m, times: 3 }');
  assert.deepEqual(compileRun(configuration).study?.rearm, { withinUs: 120e6, times: 3 });
  assert.match(faults(text, 'study.rearm={ within: 2m }'), /study\.rearm\.times is missing/);
  assert.match(faults(text, 'study.rearm=often'), /study\.rearm: often is not never or a map of keys and values\./);
  assert.match(faults(text, 'study.rearm={ within: 20m, times: 3 }'), /study\.rearm\.within: 20m is above 10m/);
});
