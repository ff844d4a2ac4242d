import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runCommand } from './command.test.fixture.js';
import { setupTimingCommand } from './setup-timing.js';

const stimulation = `policy: { use: immediate, after: spindle }
stimulus: { actuator: out, duration: 10ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;

function configured(t: TestContext, rest: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-setup-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'bench.yaml');
  const text = `device: { name: setup-test, record: ${folder} }
source: { use: cyton, port: ${folder}/no-port, electrodes: { C3: 1, LOOP: 8 } }
actuators: { out: { use: serial-trigger, port: ${folder}/no-trigger } }
signals: { c3: { from: C3 } }
detectors: { spindle: { use: band-power, signal: c3 } }
${rest}`;
  writeFileSync(path, text);
  return path;
}

const setup = (t: TestContext, ...words: string[]): Promise<string> => runCommand(t, setupTimingCommand(), ...words);

test('R-29 nothing is fired before somebody has said that nobody is connected', async (t) => {
  const config = configured(t, stimulation);
  await assert.rejects(setup(t, '--config', config, '--channel', 'LOOP'), {
    name: 'Error',
    message: '200 stimuli in 202 s through out, without the gate: nobody may be connected. Say so: --yes.',
  });
  // Said: then it is the port that is missing.
  await assert.rejects(setup(t, '--config', config, '--channel', 'LOOP', '--yes'), /no-port: there is no such port/);
});

test('a channel that is none and a configuration that stimulates nothing are wrong usage', async (t) => {
  await assert.rejects(
    setup(t, '--config', configured(t, stimulation), '--channel', 'LOP', '--yes'),
    /--channel: LOP is no electrode\. Use one of C3, ch2, .*LOOP\.$/,
  );
  await assert.rejects(
    setup(t, '--config', configured(t, ''), '--channel', 'LOOP', '--yes'),
    /stimulates nothing\. Give it a stimulus/,
  );
});
