import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ShownStatus } from '../runtime/link/dashboard/options.js';
import { tokenPath } from '../runtime/link/dashboard/tokens.js';
import { Client } from '../runtime/link/dashboard/web-server.test.fixture.js';
import { Recorded } from '../runtime/recording/recording.test.fixture.js';
import { serveControl, type ControlAnswer, type ControlRequest } from '../runtime/supervisor/control-socket.js';
import { startAxond, statusOf, until } from './axond-process.js';
import { answersUntil, atTerminal, leftIn, room, type Room } from './bedside.js';
import { ctrlC, ctrlD, type OwnTerminal } from './own-terminal.js';

/** `axond night` at a real terminal: what somebody types who is wrong, in a hurry, or gone. */

const ended =
  /\nNothing is armed or recorded for this night\. The steps so far stand in its log; the same command goes on\.\n$/;

test(
  'a wrong code, Ctrl-D and Ctrl-C at a question: told, nothing is armed, and the same command goes on',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    let seat = bed.evening();
    assert.match(await seat.answers(/Code of the participant: $/, 'P018'), /quit or Ctrl-C ends it\. Nothing is armed/);
    assert.match(
      await seat.answers(/Code of the participant: $/, ''),
      /P018 is not the code that this night was begun for/,
    );
    await seat.shows(/Nothing is not the code[^]*Code of the participant: $/);
    seat.type(ctrlD);
    assert.equal(await seat.exited, 1);
    assert.match(seat.shown, ended);

    seat = bed.evening();
    await seat.answers(/Code of the participant: $/, 'P001');
    await seat.answers(/Enter measures, s skips it: $/, '');
    await seat.shows(/there is no such port\. Plug the device in[^]*Enter measures, s skips it: $/);
    seat.type(ctrlC);
    assert.equal(await seat.exited, 130);
    assert.match(seat.shown, ended);
    assert.deepEqual(
      bed.log().map((entry) => (entry.kind === 'step' ? `${entry.step} ${entry.result}` : entry.kind)),
      ['begun', 'participant ok'],
    );
  },
);

test(
  'root leaves no log of a night that the user of the recordings could not read',
  { skip: atTerminal.skip || (process.getuid?.() !== 0 && 'takes root') },
  async (t) => {
    const bed = await room(t);
    chownSync(bed.folder, 1234, 1234);
    const seat = bed.evening();
    assert.equal(await seat.exited, 2);
    assert.match(seat.shown, /belongs to user 1234[^]*sudo -u '#1234' axond night/);
    assert.deepEqual(readdirSync(bed.folder).toSorted(), ['cue.sealed', 'protocol.yaml']);
  },
);

test(
  'R-63 Ctrl-C within a measurement: the amplifier is let go of, and measures the next time',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    startAxond(t, ['emulate', 'cyton', '--awake', '--link', bed.port, '--impedance', '2']);
    await until('the emulated board', () => existsSync(bed.port), 60_000);
    for (const [answers, what] of [
      [['P001', ''], /Measuring …\n$/],
      [['P001', 's', ''], /Measuring: now …\n$/],
    ] as const) {
      const seat = bed.evening();
      for (const answer of answers) await seat.answers(/: $/, answer);
      await seat.shows(what);
      seat.type(ctrlC);
      assert.equal(await seat.exited, 130);
      assert.match(seat.shown, ended);
    }
    const seat = bed.evening();
    await seat.answers(/: $/, 'P001');
    // The test current is on all inputs of the board that this configuration names; none is left on any of them.
    await seat.answers(/Enter measures.*: $/, '');
    await seat.shows(/ok {6}impedance: C3 [12]\.\d kΩ \(good\), [^]*: $/);
    seat.type('quit\n');
    assert.equal(await seat.exited, 1);
  },
);

test('R-63 Ctrl-C while the run is being started: nothing runs afterwards', atTerminal, async (t) => {
  const bed = await room(t);
  const seat = bed.evening();
  await answersUntil(seat, /Starting the run …\n$/);
  await until('the run', () => leftIn(bed.folder).length > 2);
  // Somebody is here to arm it: it must not do so by itself.
  assert.ok(existsSync(join(bed.folder, 'run', 'bed', 'rest-call')));
  seat.type(ctrlC);
  assert.equal(await seat.exited, 130);
  assert.match(seat.shown, ended);
  await until('its end', () => leftIn(bed.folder).length === 0);
  assert.ok(!bed.log().some(({ kind }) => kind === 'armed' || kind === 'lightsOff'));
});

test(
  'a run that a service has started is found: what it cannot measure is seen by a person, and it is armed',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    startAxond(t, ['emulate', 'cyton', '--awake', '--link', bed.port]);
    await until('the emulated board', () => existsSync(bed.port), 60_000);
    const unit = startAxond(
      t,
      [...bed.run, '--set', 'study.participant=P001', '--set', 'study.night=1'],
      bed.environment,
    );
    const runs = join(bed.folder, 'run');
    const stands = async (): Promise<boolean> =>
      /"guardian":"ready"/.test(JSON.stringify([await statusOf(runs, 'bed')]));
    await until('the run', stands, 60_000);
    const seat = bed.evening();
    await answersUntil(seat, /Sleep well\.[^]*\n$/);
    assert.equal(await seat.exited, 0);
    assert.deepEqual(
      bed
        .log()
        .flatMap((entry) => (entry.kind === 'step' ? [`${entry.step} ${entry.result}`] : []))
        .slice(0, 6),
      ['participant ok', 'impedance skipped', 'eyes ok', 'blink ok', 'jaw ok', 'sound skipped'],
    );
    assert.match(JSON.stringify(await statusOf(runs, 'bed')), /"armed":true/);
    unit.child.kill('SIGINT');
    assert.equal(await unit.exited, 0);
  },
);

test(
  'R-61 the page shows what the terminal asks and what was found, without a code, until the run has the page',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const seat = bed.evening('--set', 'device.dashboard={ port: 0 }');
    await seat.shows(/The page shows it, too: http:\S+ [^]*Code of the participant: $/);
    const url = /http:\S+/.exec(seat.shown)?.[0] ?? '';
    const page = new Client(t, url, {
      token: readFileSync(tokenPath(join(bed.folder, 'state'), 'blinded'), 'utf8').trim(),
    });
    const newest = (): ShownStatus | undefined =>
      page.heard.flatMap((one) => ('now' in one ? [one.now.status as ShownStatus] : [])).at(-1);
    const shows = (what: RegExp): Promise<void> =>
      until(String(what), () => what.test(`${newest()?.source.state}: ${newest()?.source.notice}`), 60_000);
    await shows(/^evening: cue, night 1, on bed\. Who sleeps here\?.* Code of the participant:$/);
    seat.type('P018\n');
    await seat.shows(/P018 is not the code[^]*Code of the participant: $/);
    seat.type('P001\n');
    await shows(/Enter measures, s skips it/);
    seat.type('s\n');
    await until('the step', () => newest()?.night?.steps.at(-1)?.step === 'impedance');
    assert.deepEqual(
      newest()?.night?.steps.map(({ step, result }) => `${step} ${result}`),
      ['participant ok', 'impedance skipped'],
    );
    page.send({ do: 'disarm', id: 1 });
    page.send({ do: 'silence', id: 2 });
    const answers = (): string[] => page.heard.flatMap((one) => ('answer' in one ? [one.answer.text] : [])).toSorted();
    await until('answers', () => answers().length === 2);
    assert.match(
      answers().join('\n'),
      /disarm: nothing runs yet, so nothing is armed.*\n.*silence: .*no guardian listens/,
    );
    assert.doesNotMatch(JSON.stringify(page.heard), /P00|P018/);
    await answersUntil(seat, /Starting the run …\n$/);
    assert.equal(await page.closed, '1001');
    seat.type(ctrlC);
    assert.equal(await seat.exited, 130);
    await until('its end', () => leftIn(bed.folder).length === 0);
  },
);

/** A run that says what a test wants it to say. */
class StagedRun {
  readonly asked: string[] = [];
  /** How often its status was asked for. */
  looks = 0;
  windowSeconds = 0;
  armed = false;
  /** What holds its gate. */
  holding: readonly string[] = [];
  /** Verbs that are done, and not answered. */
  deafTo: readonly string[] = [];
  /** What arming waits for. */
  arming: Promise<void> = Promise.resolve();
  #recording = '';
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async serve(t: TestContext, { folder }: Room): Promise<StagedRun> {
    const run = new StagedRun(folder);
    run.isOf('P001');
    mkdirSync(join(folder, 'run', 'bed'), { recursive: true });
    const asking = new Set<Socket>();
    const server = await serveControl(join(folder, 'run', 'bed', 'control.sock'), async (request) => {
      const answer = await run.#answer(request);
      if (run.deafTo.includes(request.verb)) for (const socket of asking) socket.destroy();
      return answer;
    });
    server.on('connection', (socket) => asking.add(socket));
    t.after(() => server.close());
    return run;
  }

  /** Whose night it records from now on. */
  isOf(participant: string): void {
    this.#recording = join(this.#folder, `${participant}.db`);
    const study = { name: 'cue', participant, night: 1, continued: false, sha256: null };
    if (!existsSync(this.#recording)) new Recorded(this.#recording, 1, { study }).close();
  }

  async #answer(request: ControlRequest): Promise<ControlAnswer> {
    const { verb } = request;
    if (verb !== 'status' && verb !== 'step') this.asked.push(verb === 'mark' ? (request.mark ?? '') : verb);
    if (verb === 'status') this.looks++;
    if (verb === 'mark') this.windowSeconds = request.forSeconds ?? 0;
    if (verb === 'arm') await this.arming;
    if (verb === 'arm' || verb === 'disarm') this.armed = verb === 'arm';
    return {
      ok: true,
      value: {
        recording: this.#recording,
        processes: { core: process.pid },
        source: { samples: 1, notice: '' },
        stimulation: { armed: this.armed, guardian: 'ready', holding: this.holding },
        night: { windowSeconds: this.windowSeconds },
      },
    };
  }
}

test(
  'the window is asked for when the run knows its clock: before that, arming would be refused; after ten seconds all the same',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const run = await StagedRun.serve(t, bed);
    run.holding = ['clock', 'sleep'];
    let seat = bed.evening();
    await answersUntil(seat, /Looking at the run …\n$/);
    const asked = run.looks;
    await until('a few looks at the run', () => run.looks > asked + 5);
    assert.doesNotMatch(seat.shown, /Window/);
    run.holding = ['sleep'];
    await answersUntil(seat, /Type bed: $/);
    seat.type('quit\n');
    assert.equal(await seat.exited, 1);

    run.holding = ['clock'];
    seat = bed.evening();
    await answersUntil(seat, /Type bed: $/);
    seat.type('quit\n');
    assert.equal(await seat.exited, 1);
  },
);

test(
  'R-63 a run that somebody else starts during the evening gets the page, and is disarmed when the evening is broken off',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const seat = bed.evening('--set', 'device.dashboard={ port: 0 }');
    await seat.shows(/The page shows it, too: http:\S+ \(its tokens are in \S+\)\n[^]*Code of the participant: $/);
    const token = readFileSync(tokenPath(join(bed.folder, 'state'), 'operator'), 'utf8').trim();
    const page = new Client(t, /http:\S+/.exec(seat.shown)?.[0] ?? '', { token });
    await until('the page', () => page.heard.length > 0);
    page.send({ do: 'silence', id: 1 });
    const call = join(bed.folder, 'run', 'bed', 'rest-call');
    await until('the call for rest', () => existsSync(call));
    const run = await StagedRun.serve(t, bed);
    run.armed = true;
    assert.equal(await page.closed, '1001');
    seat.type(ctrlC);
    assert.equal(await seat.exited, 130);
    assert.match(seat.shown, /Nothing is armed\. bed goes on recording\./);
    assert.deepEqual([run.asked, run.armed], [['disarm'], false]);
  },
);

/** Resolves when the evening has heard of it. */
const goings: Readonly<Record<string, (seat: OwnTerminal) => Promise<unknown>>> = {
  'Ctrl-C, twice,': async (seat) => {
    for (const key of [ctrlC, ctrlC]) {
      seat.type(key);
      await seat.shows(/Ending …\n$/);
    }
  },
  // As of a terminal that is closed, but that one can still see what it does.
  'a hangup': (seat) => {
    process.kill(seat.program, 'SIGHUP');
    return seat.shows(/Ending …\n$/);
  },
};
for (const [what, goes] of Object.entries(goings))
  test(`R-63 ${what} while it is being armed: disarmed as soon as it is`, atTerminal, async (t) => {
    const bed = await room(t);
    const run = await StagedRun.serve(t, bed);
    let arms: () => void = () => undefined;
    run.arming = new Promise((resolve) => (arms = resolve));
    const seat = bed.evening();
    await answersUntil(seat, /Type bed: $/);
    seat.type('bed\n');
    await until('the arming', () => run.asked.includes('arm'));
    await goes(seat);
    arms();
    await until('the disarming', () => run.asked.includes('disarm'));
    assert.deepEqual([run.asked, run.armed], [['lightsOff', 'arm', 'disarm'], false]);
    await seat.exited;
    await until('its end', () => leftIn(bed.folder).length === 0);
  });

test(
  'R-63 a terminal that is closed at a question: what runs is disarmed, and nobody asks any more',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const run = await StagedRun.serve(t, bed);
    const seat = bed.evening();
    await answersUntil(seat, /Type bed: $/);
    seat.close();
    await until('the disarming', () => run.asked.includes('disarm'));
    await until('its end', () => leftIn(bed.folder).length === 0);
    assert.deepEqual(run.asked, ['disarm']);
  },
);

test(
  'R-64 a run that has become another night is neither opened a window nor armed; one that is armed is left alone',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const run = await StagedRun.serve(t, bed);
    let seat = bed.evening();
    await answersUntil(seat, /Type bed: $/);
    run.isOf('P002');
    seat.type('bed\n');
    await seat.shows(/bed runs, and not for night 1 of P001: end that run first\.[^]*Type bed: $/);
    assert.deepEqual(run.asked, []);
    seat.type('quit\n');
    assert.equal(await seat.exited, 1);
    // What it may have armed is somebody else's.
    assert.deepEqual(run.asked, []);

    seat = bed.evening();
    assert.equal(await seat.exited, 1);
    assert.match(seat.shown, /bed runs, and not for night 1 of P001/);
    run.isOf('P001');
    run.armed = true;
    seat = bed.evening();
    assert.equal(await seat.exited, 1);
    assert.match(seat.shown, /bed: is armed for this night already\. axond disarm --device bed disarms it/);
  },
);

test(
  'R-01 an arming without an answer is disarmed before it is said that nothing is armed; where nobody knows, that is said',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const run = await StagedRun.serve(t, bed);
    run.deafTo = ['arm'];
    const seat = bed.evening();
    await answersUntil(seat, /Type bed: $/);
    seat.type('bed\n');
    await seat.shows(/It was disarmed\.\s[^]*Nothing is armed\.[^]*goes on without stimulation: $/);
    assert.deepEqual([run.asked, run.armed], [['lightsOff', 'arm', 'disarm'], false]);
    run.deafTo = ['arm', 'disarm'];
    seat.type('\n');
    await seat.shows(/Whether it is armed is not known\.[^]*goes on without stimulation: $/);
    seat.type('record\n');
    assert.equal(await seat.exited, 1);
    assert.match(seat.shown, /bed may be armed: axond silence --device bed ends that\.\s*$/);
    assert.doesNotMatch(seat.shown, /Sleep well/);
  },
);
