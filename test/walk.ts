import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { withoutAlsa } from '../drivers/audio/card.test.fixture.js';
import { readNightLog, type NightEntry } from '../runtime/study/night-log.js';
import { launcher, statusOf, temporaryFolder, until } from './axond-process.js';
import { writeShamAllocation } from './sham-allocation.js';
import { terminalPicture } from './terminal-picture.js';
import { Tmux, columns, withoutTmux, type Terminal } from './tmux.js';

/**
 * `npm run walk`: evenings at the bedside in two real terminals, in one of which an emulated person does what is asked. With
 * AXOND_SCREENSHOTS it writes pictures into that folder.
 */
const here = { skip: withoutTmux() || withoutAlsa() };
const pictures = process.env['AXOND_SCREENSHOTS'];

/** What a lab has before its first evening; nothing runs. */
class Lab {
  readonly folder = temporaryFolder();
  readonly command = 'axond night P017 --night 3 --config device.yaml protocol.yaml --by AM';
  readonly #environment: Record<string, string>;
  readonly #tmux: Tmux;

  private constructor(t: TestContext) {
    this.#tmux = new Tmux(t);
    const programs = join(this.folder, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'axond'), `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`);
    chmodSync(join(programs, 'axond'), 0o755);
    this.#environment = {
      RUNTIME_DIRECTORY: join(this.folder, 'run'),
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    };
  }

  static async open(t: TestContext): Promise<Lab> {
    const lab = new Lab(t);
    const { folder } = lab;
    t.after(() => lab.#stopRun());
    writeFileSync(
      join(folder, 'device.yaml'),
      `device: { name: bedside-1, timeZone: Europe/Zurich, record: recordings }
source: { use: cyton, port: cyton, gain: 24, electrodes: { C3: 1, M2: 4, E1: 5, E2: 6, EMG: 7 } }
actuators: { headphones: { use: audio, card: "file:${lab.#card},raw" } }
`,
    );
    writeFileSync(
      join(folder, 'protocol.yaml'),
      `signals:
  c3: { from: C3 - M2 }
  trace: { from: c3, stages: [{ use: bandpass, from: 0.3Hz, to: 35Hz }] }
detectors:
  spindle: { use: band-power, signal: c3 }
  asleep: { use: sleep-gate, signal: c3 }
  contact: { use: signal-quality, signal: c3 }
policy: { use: immediate, after: spindle, refractory: 2s }
stimulus: { actuator: headphones, sound: pink-50ms, level: -30dBFS }
gate: { require: [asleep, contact], interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
study: { name: cue-night, allocation: cue-night.sealed }
`,
    );
    const study = { study: 'cue-night', participant: 'P017', nights: 3 };
    await writeShamAllocation(join(folder, 'cue-night.sealed'), study);
    return lab;
  }

  get #card(): string {
    return join(this.folder, 'card.raw');
  }

  terminal(): Terminal {
    return this.#tmux.terminal(this.folder, this.#environment);
  }

  log(): NightEntry[] {
    const path = join(this.folder, 'recordings', 'cue-night-P017-03.night');
    return existsSync(path) ? readNightLog(readFileSync(path, 'utf8')).map(({ entry }) => entry) : [];
  }

  /** In which ear whoever wears the headphones has heard the last sound. */
  heard(): 'l' | 'r' | 'b' | 'n' {
    const samples = new Int32Array(Uint8Array.from(readFileSync(this.#card)).buffer);
    const [left, right] = [0, 1].map((ear) => samples.some((sample, at) => at % 2 === ear && sample !== 0));
    return left ? (right ? 'b' : 'l') : right ? 'r' : 'n';
  }

  status(): Promise<Status | undefined> {
    return statusOf(join(this.folder, 'run'), 'bedside-1') as Promise<Status | undefined>;
  }

  async #stopRun(): Promise<void> {
    const { core, guardian } = (await this.status())?.processes ?? {};
    if (core === undefined) return;
    process.kill(core, 'SIGKILL');
    await until('the end of the run', () => [core, guardian].every((pid) => !existsSync(`/proc/${pid}`)));
  }
}

interface Status {
  readonly stimulation: { readonly armed: boolean } | null;
  readonly night: { readonly steps: readonly { readonly step: string; readonly result: string }[] } | null;
  readonly processes: { readonly core: number; readonly guardian: number | null };
}

/** What was last on the screen. */
function picture(name: string, { folder }: Lab, { screen }: Terminal, most = 26): void {
  if (pictures === undefined) return;
  const lines = screen.replaceAll(folder, '/home/lab').split('\n');
  writeFileSync(join(pictures, `evening-${name}.svg`), terminalPicture(lines.slice(-most), columns));
}

/** Steps of the evening as they stand in the log at its end. */
function steps(log: readonly NightEntry[]): string[] {
  const last = new Map(log.flatMap((entry) => (entry.kind === 'step' ? [[entry.step, entry.result]] : [])));
  return [...last].map(([step, result]) => `${step} ${result}`);
}

/** Somebody at the bedside, and somebody in bed. */
class Evening {
  readonly lab: Lab;
  /** Where the emulated person is told what to do. */
  readonly person: Terminal;
  seat: Terminal;

  constructor(lab: Lab) {
    this.lab = lab;
    this.person = lab.terminal();
    this.seat = lab.terminal();
  }

  async wakes(): Promise<void> {
    this.person.type('axond emulate cyton --awake --impedance 3 4 4 5 3 4 6 5 --link cyton');
    await this.person.shows(/A letter and Enter:[^]*falls asleep$/);
  }

  /** The person does so, then whoever is at the bedside has it measured. */
  async asked(letter: string, told: RegExp): Promise<void> {
    this.person.type(letter);
    await this.person.shows(told);
    this.seat.type('');
  }

  /** Both sounds, as they are heard. */
  async listens(): Promise<string> {
    for (const next of [/Enter plays another:$/, /ok {6}sound: .*\nEnter goes on, m plays again:$/]) {
      this.seat.type('');
      await this.seat.shows(/Where was it\? .*$/);
      this.seat.type(this.lab.heard());
      await this.seat.shows(next);
    }
    return this.seat.shown;
  }

  /** What this machine has to say of itself, however it stands. */
  async machine(): Promise<string> {
    const last = /Is that right\? \(y, n\)$/;
    for (;;) {
      const shown = await this.seat.shows(/(f goes on \(recorded as failed\):|Is that right\? \(y, n\))$/);
      if (last.test(shown)) return shown;
      this.seat.type('f');
    }
  }
}

test('an evening from a cold start, as the README has it: under two minutes to lights off', here, async (t) => {
  const lab = await Lab.open(t);
  const evening = new Evening(lab);
  const { seat, person } = evening;
  await Promise.all([seat.shows(/^\$$/), person.shows(/^\$$/)]);
  const begin = performance.now();
  const times: string[] = [];
  const passed = (what: string): void => void times.push(`${what} ${((performance.now() - begin) / 1000).toFixed(1)}`);

  await evening.wakes();
  passed('amplifier');
  seat.type(lab.command);
  await seat.shows(/Code of the participant:$/);
  seat.type('P017');
  await seat.shows(/Enter measures, s skips it:$/);
  passed('code');
  seat.type('');
  await seat.shows(/ok {6}impedance: .*\nEnter goes on, m measures again:$/);
  picture('impedance', lab, seat);
  passed('impedance');
  seat.type('');
  await seat.shows(/Eyes open: .*\nEnter measures, s skips it:$/);
  seat.type('');
  await seat.shows(/Now close the eyes.*\nEnter measures, s skips it:$/);
  await evening.asked('c', /has the eyes closed$/);
  await seat.shows(/ok {6}eyes closed: .*\nEnter goes on, m measures again:$/);
  passed('eyes');
  seat.type('');
  await seat.shows(/Blink firmly.*\nEnter measures, s skips it:$/);
  await evening.asked('b', /blinks, again and again$/);
  await seat.shows(/ok {6}blinks: .*\nEnter goes on, m measures again:$/);
  passed('blinks');
  seat.type('');
  await seat.shows(/Clench the jaw.*\nEnter measures, s skips it:$/);
  await evening.asked('j', /clenches the jaw$/);
  await seat.shows(/ok {6}jaw: .*\nEnter goes on, m measures again:$/);
  passed('jaw');
  seat.type('');
  await seat.shows(/Headphones on\..*\nEnter plays it, s skips it:$/);
  assert.match(await evening.listens(), /right heard right/);
  passed('sound');
  seat.type('');
  await evening.machine();
  seat.type('y');
  await seat.shows(/Window \[9h\]:$/);
  passed('run');
  seat.type('');
  await seat.shows(/Type bedside-1:$/);
  seat.type('bedside-1');
  await seat.shows(/Lights off\. It records and is armed\. Sleep well\./);
  passed('lights off');
  const seconds = (performance.now() - begin) / 1000;
  picture('lights-off', lab, seat);
  t.diagnostic(`seconds since the first key: ${times.join(', ')}`);
  t.diagnostic(`${seat.typed + person.typed} lines were typed`);
  assert.ok(seconds < 120, `${seconds} s`);
  const status = await lab.status();
  assert.equal(status?.stimulation?.armed, true);
  const expected = ['participant', 'impedance', 'eyes', 'blink', 'jaw', 'sound'].map((step) => `${step} ok`);
  assert.deepEqual(steps(lab.log()).slice(0, 6), expected);
  // Those of before the run, too, are what status and page tell of it.
  const told = status.night?.steps.map(({ step, result }) => `${step} ${result}`);
  assert.deepEqual(told?.slice(0, 6), expected);

  person.type('s');
  seat.type('axond night --lights-on --by AM');
  await seat.shows(/Night 3 of P017 is closed: complete\.[^]*\$$/);
  picture('lights-on', lab, seat, 8);
  assert.equal(await lab.status(), undefined);
});

test(
  'every answer of the evening may be wrong first: each is told and asked again, or the same command goes on',
  here,
  async (t) => {
    const lab = await Lab.open(t);
    const evening = new Evening(lab);
    const { seat, person } = evening;
    const tried: string[] = [];
    /** At one question: each of these is refused with these words, and the question comes again. */
    const wrongly = async (question: RegExp, answers: readonly (readonly [string, RegExp])[]): Promise<void> => {
      for (const [answer, told] of answers) {
        seat.type(answer);
        const shown = await seat.shows(new RegExp(`${told.source}[^]*${question.source}`));
        tried.push(`${JSON.stringify(answer)} at ${question.source}: ${shown.trim().split('\n')[1] ?? ''}`);
      }
    };
    const nothing = /Nothing is armed or recorded for this night\. .*\n\$$/;
    const brokenOff = async (what: string, key: string, told = nothing): Promise<void> => {
      seat.press(key);
      const shown = await seat.shows(told);
      assert.equal((await lab.status())?.stimulation?.armed ?? false, false);
      tried.push(`${key} ${what}: ${shown.trim().split('\n').at(-2) ?? ''}`);
      seat.type(lab.command);
    };

    await evening.wakes();
    seat.type(lab.command);
    const code = /Code of the participant:$/;
    await seat.shows(code);
    await wrongly(code, [
      ['', /Nothing is not the code/],
      ['P018', /P018 is not the code that this night was begun for/],
      ['p017', /p017 is not the code/],
    ]);
    await brokenOff('at the code', 'C-d');
    await seat.shows(code);
    await brokenOff('at the code', 'C-c');
    await seat.shows(code);
    seat.type('P017');

    const measures = /Enter measures, s skips it:$/;
    await seat.shows(measures);
    await wrongly(measures, [
      ['yes', /"yes" is no answer here/],
      ['k', /"k" is no answer here/],
    ]);
    seat.type('');
    await seat.shows(/Measuring …$/);
    await brokenOff('while impedances are measured', 'C-c');
    await seat.shows(code);
    seat.type('P017');
    await seat.shows(measures);
    seat.type('');
    const goesOn = /Enter goes on, m measures again:$/;
    await seat.shows(goesOn);
    await wrongly(goesOn, [['ok', /"ok" is no answer here/]]);
    seat.type('');

    await seat.shows(/Eyes open: .*\nEnter measures, s skips it:$/);
    seat.type('');
    await seat.shows(/Measuring: now …$/);
    await brokenOff('while the signal is measured', 'C-c');
    await seat.shows(code);
    seat.type('P017');
    await seat.shows(/Enter measures, s skips it, k keeps what was found:$/);
    seat.type('k');
    await seat.shows(/Eyes open: .*\nEnter measures, s skips it:$/);
    // The wrong way round.
    await evening.asked('c', /has the eyes closed$/);
    const again = /Enter measures again, y if you have seen it yourself, f goes on \(as failed\):$/;
    await seat.shows(/Now close the eyes.*\nEnter measures, s skips it:$/);
    await evening.asked('o', /looks at one point with open eyes$/);
    await seat.shows(new RegExp(`FAILED {2}eyes closed: .*\\n${again.source}`));
    await wrongly(again, [['ok', /"ok" is no answer here/]]);
    seat.type('');
    await seat.shows(/Now close the eyes.*\nEnter measures, s skips it:$/);
    await evening.asked('c', /has the eyes closed$/);
    await seat.shows(/ok {6}eyes closed: .*\nEnter goes on, m measures again:$/);
    tried.push('eyes closed and opened the wrong way round: FAILED, measured again: ok');
    picture('again', lab, seat);
    seat.type('');

    await seat.shows(/Blink firmly.*\nEnter measures, s skips it:$/);
    seat.type('back');
    await seat.shows(/Eyes open: .*\nEnter measures, s skips it, k keeps what was found:$/);
    tried.push('back at the blinks: to the eyes; k: keeps what was found');
    seat.type('k');
    // The result of before is kept, but what the others are compared with has to be measured again.
    await seat.shows(/Eyes open: .*\nEnter measures, s skips it:$/);
    person.type('o');
    await person.shows(/looks at one point with open eyes$/);
    seat.type('');
    await seat.shows(/Blink firmly.*\nEnter measures, s skips it:$/);
    await evening.asked('b', /blinks, again and again$/);
    await seat.shows(/ok {6}blinks: .*\nEnter goes on, m measures again:$/);
    seat.type('');
    await seat.shows(/Clench the jaw.*\nEnter measures, s skips it:$/);
    // Nobody clenches it.
    person.type('o');
    await person.shows(/looks at one point with open eyes$/);
    seat.type('');
    await seat.shows(new RegExp(`FAILED {2}jaw: [^]*If not: back to the eyes\\.\\n${again.source}`));
    await evening.asked('j', /clenches the jaw$/);
    await seat.shows(/ok {6}jaw: .*\nEnter goes on, m measures again:$/);
    tried.push('a jaw that was not clenched: FAILED, measured again: ok');
    seat.type('');

    await seat.shows(/Enter plays it, s skips it:$/);
    seat.type('');
    const where = /Where was it\? \(l, r, b for both, n for nowhere\)$/;
    await seat.shows(where);
    await wrongly(where, [
      ['', /"" is none of l, r, b and n/],
      ['loud', /"loud" is none of l, r, b and n/],
    ]);
    seat.type(lab.heard() === 'l' ? 'r' : 'l');
    await seat.shows(/Enter plays another:$/);
    seat.type('');
    await seat.shows(where);
    seat.type(lab.heard());
    await seat.shows(/FAILED {2}sound: .*\nEnter plays again, f goes on \(recorded as failed\):$/);
    await evening.listens();
    tried.push('the other ear: FAILED, played again: ok');
    seat.type('');

    const right = /Is that right\? \(y, n\)$/;
    await evening.machine();
    await wrongly(right, [
      ['perhaps', /y or n\./],
      ['n', /Set the clock, or device\.timeZone and begin again/],
    ]);
    seat.type('y');
    await seat.shows(/Starting the run …$/);
    seat.press('C-c');
    const shown = await seat.shows(/Nothing is armed.*\n\$$/);
    tried.push(`C-c while the run begins: ${shown.trim().split('\n').at(-2) ?? ''}`);
    if (!/goes on recording/.test(shown)) assert.equal(await lab.status(), undefined);
    seat.type(lab.command);
    await keepsAll(evening);
    seat.type('y');

    const window = /Window \[9h\]:$/;
    await seat.shows(window);
    await wrongly(window, [
      ['11h', /11h is no time from 1m to 10h/],
      ['8', /8 is no time from 1m to 10h/],
      ['all night', /all night is no time/],
    ]);
    await brokenOff('at the window', 'C-d', /Nothing is armed\. bedside-1 goes on recording\. .*\n\$$/);
    await keepsAll(evening);
    seat.type('y');
    await seat.shows(window);
    seat.type('8h');
    const name = /Type bedside-1:$/;
    await seat.shows(name);
    await wrongly(name, [
      ['', /Nothing was done\. bedside-1 is the name to type/],
      ['yes', /Nothing was done\. bedside-1 is the name to type/],
    ]);
    seat.type('back');
    await seat.shows(/Window \[8h\]:$/);
    seat.type('');
    await seat.shows(name);
    // Both at once: whichever comes first, the screen tells the truth.
    seat.type('bedside-1');
    seat.press('C-c');
    const end = await seat.shows(/(Sleep well\.|Nothing is armed\.).*\n[^]*\$$/);
    const isArmed = /Sleep well/.test(end);
    await until('what the screen says', async () => (await lab.status())?.stimulation?.armed === isArmed);
    tried.push(`C-c while it is being armed: ${isArmed ? 'too late: armed' : 'nothing armed; the window may be open'}`);
    if (!isArmed) {
      seat.type(lab.command);
      await keepsAll(evening);
      seat.type('y');
      const last = await seat.shows(/(Window \[9h\]|Type bedside-1):$/);
      if (/Window/.test(last)) {
        seat.type('8h');
        await seat.shows(name);
      }
      seat.type('bedside-1');
      await seat.shows(/Lights off\. It records and is armed\. Sleep well\./);
      assert.equal((await lab.status())?.stimulation?.armed, true);
    }
    for (const line of tried) t.diagnostic(line);
    assert.deepEqual(
      steps(lab.log()).slice(0, 6),
      ['participant', 'impedance', 'eyes', 'blink', 'jaw', 'sound'].map((step) => `${step} ok`),
    );
    seat.type('axond night --lights-on --by AM');
    await seat.shows(/Night 3 of P017 is closed: complete\.[^]*\$$/);
  },
);

/** An evening that goes on: the code, and what was found so far. Ends at the clock. */
async function keepsAll({ seat }: Evening): Promise<void> {
  await seat.shows(/Code of the participant:$/);
  seat.type('P017');
  for (;;) {
    const shown = await seat.shows(
      /(k keeps what was found[):]+|f goes on \(recorded as failed\):|Is that right\? \(y, n\))$/,
    );
    if (/Is that right/.test(shown)) return;
    seat.type(/f goes on/.test(shown) ? 'f' : 'k');
  }
}
