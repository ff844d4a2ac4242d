import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { monotonicUs } from '../monotonic.js';
import { NightFile, nightPath } from '../study/night-file.js';
import type { NightEntry } from '../study/night-log.js';
import { serveControl } from '../supervisor/control-socket.js';
import { nightTime } from '../supervisor/run-night.js';
import { runCommand } from './command.test.fixture.js';
import { demoCommand } from './demo.js';
import { setupCommand } from './setup.js';

const protocol = `policy: { use: immediate, after: spindle }
stimulus: { actuator: out, duration: 10ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
signals: { c3: { from: C3 } }
detectors: { spindle: { use: band-power, signal: c3 } }
`;

/** Two beds on one machine, and the folders where their runs would be found. */
class Machine {
  readonly folder: string;
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    this.folder = mkdtempSync(join(tmpdir(), 'axond-lights-'));
    const before = process.env['RUNTIME_DIRECTORY'];
    process.env['RUNTIME_DIRECTORY'] = join(this.folder, 'run');
    t.after(() => {
      if (before === undefined) delete process.env['RUNTIME_DIRECTORY'];
      else process.env['RUNTIME_DIRECTORY'] = before;
      rmSync(this.folder, { recursive: true });
    });
    for (const bed of ['bed-1', 'bed-2']) {
      mkdirSync(join(this.folder, 'run', bed), { recursive: true });
      mkdirSync(join(this.folder, bed));
      const device = `device: { name: ${bed}, record: ${join(this.folder, bed)} }`;
      const source = `source: { use: cyton, port: ${this.folder}/no-port, electrodes: { C3: 1, LOOP: 8 } }`;
      const actuators = `actuators: { out: { use: serial-trigger, port: ${this.folder}/no-trigger } }`;
      writeFileSync(this.config(bed), `${device}\n${source}\n${actuators}\n${protocol}`);
    }
  }

  config(bed: string): string {
    return join(this.folder, `${bed}.yaml`);
  }

  /** A run answers there whose window is open for so long. */
  async runs(bed: string, windowSeconds: number): Promise<void> {
    const value = { night: { windowSeconds } };
    const server = await serveControl(join(this.folder, 'run', bed, 'control.sock'), () =>
      Promise.resolve({ ok: true, value }),
    );
    this.#t.after(() => server.close());
  }

  async logs(bed: string, ...entries: readonly NightEntry[]): Promise<void> {
    const record = join(this.folder, bed);
    const file = new NightFile(nightPath(record, 'cue', 'P017', 3), () => nightTime({ record, timeZone: 'UTC' }));
    for (const entry of entries) await file.append(entry);
  }

  /** Why a verb was not followed; it always fails, because nothing is connected. */
  async refusal(...words: readonly string[]): Promise<string> {
    const [verb, ...more] = words;
    const command = verb === 'demo' ? demoCommand() : setupCommand();
    try {
      await runCommand(this.#t, command, ...(verb === 'demo' ? more : words));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return '';
  }

  verbs(bed: string): string[][] {
    const config = ['--config', this.config(bed)];
    return [
      ['timing', ...config, '--channel', 'LOOP', '--yes'],
      ['impedance', ...config],
    ];
  }
}

/** They do not say for which bed. */
const ofTheMachine = [
  ['sound', '--card', 'hw:none'],
  ['sound', '--card', 'hw:none', '--hearing'],
  ['bridge', '/dev/no-bridge'],
  ['bridge', '/dev/no-bridge', '--update', 'no.firmware'],
  ['demo', '--audio', '--set', 'actuators.headphones.card=hw:none'],
];
const begun: NightEntry = {
  kind: 'begun',
  ...{ study: 'cue', participant: 'P017', night: 3, device: 'bed-1', protocol: null, approval: null, by: '' },
};
const lightsOff = (seconds: number): NightEntry => ({
  kind: 'lightsOff',
  by: 'AM',
  untilUs: monotonicUs() + seconds * 1e6,
  untilWallMs: Date.now() + seconds * 1000,
});

test('R-60 while the lights are off at a bed, nothing is played, measured or fired there by hand', async (t) => {
  const machine = new Machine(t);
  for (const words of [...machine.verbs('bed-1'), ...ofTheMachine])
    assert.doesNotMatch(await machine.refusal(...words), /lights are off/, words.join(' '));
  await machine.runs('bed-1', 18_000);
  for (const words of [...machine.verbs('bed-1'), ...ofTheMachine]) {
    const said = await machine.refusal(...words);
    assert.match(
      said,
      /: the lights are off at bed-1 \(its window is open for another 300 min\)\. End that night first: /,
    );
    assert.ok(!said.includes('\n') && !said.includes('P017'), said);
  }
  // At the other bed nobody sleeps yet.
  for (const words of machine.verbs('bed-2')) assert.doesNotMatch(await machine.refusal(...words), /lights are off/);
});

test('R-60 a run that does not answer may have its lights off: nothing is done there by hand either', async (t) => {
  const machine = new Machine(t);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(join(machine.folder, 'run/bed-1/control.sock'), resolve));
  t.after(() => server.close());
  for (const words of [...machine.verbs('bed-1'), ...ofTheMachine])
    assert.match(
      await machine.refusal(...words),
      /: bed-1 runs and does not say whether its lights are off\. End it first/,
    );
  for (const words of machine.verbs('bed-2')) assert.doesNotMatch(await machine.refusal(...words), /lights are off/);
});

test('R-60 a run that has died has left somebody asleep: the log of the night refuses until lights on, or the end of its window', async (t) => {
  const machine = new Machine(t);
  await machine.logs('bed-1', begun);
  const refused = async (): Promise<boolean[]> => {
    const said = machine.verbs('bed-1').map((words) => machine.refusal(...words));
    return (await Promise.all(said)).map((line) => line.includes('the lights are off at bed-1'));
  };
  assert.deepEqual(await refused(), [false, false]);
  await machine.logs('bed-1', lightsOff(3600));
  assert.deepEqual(await refused(), [true, true]);
  await machine.logs('bed-1', { kind: 'lightsOn', by: 'AM' });
  assert.deepEqual(await refused(), [false, false]);
  await machine.logs('bed-1', lightsOff(-1));
  assert.deepEqual(await refused(), [false, false]);
});

test('R-60 a log that cannot be read may tell of a window: it refuses for as long as one can last, at its own bed', async (t) => {
  const machine = new Machine(t);
  await machine.logs('bed-1', begun, lightsOff(3600));
  const [bed1, bed2] = ['bed-1', 'bed-2'].map((bed) => nightPath(join(machine.folder, bed), 'cue', 'P017', 3));
  assert.ok(bed1 !== undefined && bed2 !== undefined);
  const whole = readFileSync(bed1, 'utf8');
  const damaged = whole.replace('"by":"AM"', '"by":"BM"');
  assert.notEqual(damaged, whole);
  const unknown = /a night's log in \S+ cannot be read, so that the lights may be off at bed-1\. Restore it/;
  for (const log of [damaged, 'nonsense\n']) {
    writeFileSync(bed1, log);
    for (const words of machine.verbs('bed-1')) {
      const said = await machine.refusal(...words);
      assert.match(said, unknown);
      assert.ok(!said.includes('\n') && !said.includes('P017'), said);
    }
  }
  // Of the other bed, as its first line says.
  writeFileSync(bed2, damaged);
  for (const words of machine.verbs('bed-2')) assert.doesNotMatch(await machine.refusal(...words), /cannot be read/);
  rmSync(join(machine.folder, 'bed-2'), { recursive: true });
  for (const words of machine.verbs('bed-2')) assert.doesNotMatch(await machine.refusal(...words), /ENOENT.*bed-2/);
  const longAgo = Date.now() / 1000 - 10 * 3600 - 60;
  utimesSync(bed1, longAgo, longAgo);
  for (const words of machine.verbs('bed-1')) assert.doesNotMatch(await machine.refusal(...words), /cannot be read/);
});
