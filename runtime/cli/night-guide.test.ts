import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Heard } from './biocalibration.js';
import type { Finding } from './check-machine.js';
import { NightGuide } from './night-guide.js';
import type { EveningFacts, EveningWish, MachineFacts, StepEntry } from './night-wishes.js';

const facts: EveningFacts = {
  study: 'cue',
  participant: 'P017',
  night: 3,
  device: 'bedside-1',
  timeZone: 'Europe/Berlin',
  stimulates: true,
  without: { impedance: '', signal: '', sound: '' },
  asleep: false,
  // It is 22:10.
  secondsUntil: (time) => (time === '07:15' ? 32_700 : time === '22:10' ? 86_400 : NaN),
  clockIn: (seconds) => (seconds === 32_700 ? '07:15' : 'so late'),
  firstEar: 'right',
  earlier: [],
};
const finding = (level: Finding['level'], name: string): Finding => ({
  level,
  name,
  detail: 'as seen',
  fix: 'Mend it.',
});
const fine: MachineFacts = {
  findings: [finding('good', 'power'), finding('good', 'disk'), finding('warning', 'clock')],
  measures: { power: {}, disk: { freeMegabytes: 4000, nightMegabytes: 500 } },
  time: 'Sunday 29 November 2026 at 22:10',
};

/** A bed at which all goes well, but for what a test changes. */
class Bed {
  readonly steps: StepEntry[] = [];
  readonly asked: EveningWish[] = [];
  readonly guide: NightGuide;
  machine = fine;
  ohms: { electrode: string; ohms: number | null; is: 'good' | 'open' | 'unknown'; text: string }[] = [
    { electrode: 'C3', ohms: 4200, is: 'good', text: '4.2 kΩ' },
  ];
  /** What the person does changes the signal. */
  moves = true;
  recording = '';
  run = '';
  openSeconds = 0;
  arming: string[] = [];
  perhapsArmed = false;

  constructor(more: Partial<EveningFacts> = {}) {
    this.guide = new NightGuide({ ...facts, ...more });
  }

  get want(): EveningWish['want'] {
    return this.guide.wish.want;
  }

  /** Answers each question; returns what is shown then. */
  say(...answers: string[]): string {
    for (const answer of answers) {
      const { lines, prompt } = this.guide.show();
      assert.equal(this.want, 'answer', `${answer}: ${[...lines, prompt].join('\n')}`);
      this.guide.answer(answer);
      this.#act();
    }
    if (this.want !== 'answer') return this.want;
    const { lines, prompt } = this.guide.show();
    return [...lines, prompt].join('\n');
  }

  #act(): void {
    for (;;) {
      const { guide } = this;
      const { wish } = guide;
      if (wish.want !== 'answer') this.asked.push(wish);
      switch (wish.want) {
        case 'impedance':
          guide.impedance({ electrodes: this.ohms });
          break;
        case 'signal':
          guide.signal(signalOf(this.moves ? wish.part : 'open'));
          break;
        case 'sounded':
          guide.sounded('');
          break;
        case 'machine':
          guide.machine(this.machine);
          break;
        case 'recorded':
          if (this.recording === '') this.steps.push(wish.entry);
          guide.recorded(this.recording);
          break;
        case 'began':
          guide.began(this.run === '' ? { openSeconds: this.openSeconds } : { problem: this.run });
          break;
        case 'lightsOff':
          guide.lightsOff(true, this.arming, this.perhapsArmed);
          break;
        default:
          return;
      }
    }
  }
}

function signalOf(part: 'open' | 'closed' | 'blink' | 'jaw'): Heard {
  const hertz = part === 'jaw' ? 30 : 10;
  const amplitude = part === 'open' ? 5 : 100;
  const values = Float64Array.from({ length: 1500 }, (_, i) => {
    return amplitude * Math.sin((2 * Math.PI * hertz * i) / 250) + Math.sin((2 * Math.PI * 30 * i) / 250);
  });
  return { rate: 250, stretches: [{ name: 'C3', values, railed: 0 }] };
}

const wellUpToClock = ['P017', '', '', '', '', '', '', '', '', '', '', '', 'r', '', 'l', ''];

test('from the code to lights off: each step is recorded once, in its order, and arming comes last', () => {
  const bed = new Bed();
  assert.match(bed.say(...wellUpToClock), /It is Sunday 29 November 2026 at 22:10 in Europe\/Berlin\.\nIs that right/);
  assert.match(bed.say('y'), /records\. It is disarmed\.[^]*Window \[9h\]/);
  assert.match(
    bed.say('8h'),
    /Next is lights off for P017, night 3: the window opens for 8h, until so late, and it will be armed\.\nType bedside-1/,
  );
  assert.equal(bed.say('bedside-1'), 'done');
  assert.deepEqual(
    bed.steps.map(({ step, result }) => `${step} ${result}`),
    ['participant', 'impedance', 'eyes', 'blink', 'jaw', 'sound', 'power', 'disk', 'clock'].map((step) => `${step} ok`),
  );
  assert.deepEqual(bed.steps[1]?.measures, { C3: 4200 });
  assert.deepEqual(bed.steps[7]?.measures, { freeMegabytes: 4000, nightMegabytes: 500 });
  assert.match(bed.steps[5]?.detail ?? '', /right heard right, left heard left/);
  const order = bed.asked.map(({ want }) => want);
  assert.ok(order.indexOf('began') > order.lastIndexOf('recorded'));
  assert.deepEqual(bed.asked.slice(-2), [
    { want: 'lightsOff', forSeconds: 28800 },
    { want: 'done', armed: true },
  ]);
});

test('each wrong answer is told and asked again', () => {
  const bed = new Bed();
  assert.match(bed.say('P018'), /P018 is not the code that this night was begun for[^]*Code of the participant: $/);
  assert.match(bed.say(''), /^Nothing is not the code/);
  assert.match(bed.say('P017'), /Electrodes on\?/);
  assert.match(bed.say('x'), /"x" is no answer here[^]*Enter measures, s skips it: $/);
  const sound = new Bed({ without: { impedance: 'none', signal: 'none', sound: '' } });
  assert.match(sound.say('P017', 'y', 'y', 'y', '', 'q'), /"q" is none of l, r, b and n/);
  for (const wrong of ['', 'lots', 'nonsense', 'rr'])
    assert.match(sound.say(wrong), new RegExp(`^"${wrong}" is none of l, r, b and n\\.\nWhere was it`));
  assert.match(sound.say('Right'), /Enter plays another/);
  const end = new Bed();
  end.say(...wellUpToClock);
  assert.match(end.say('perhaps'), /y or n\./);
  assert.match(end.say('n'), /Set the clock, or device\.timeZone/);
  end.say('y');
  for (const wrong of ['11h', '8', '0m', 'all night']) assert.match(end.say(wrong), /is no time from 1m to 10h/);
  assert.match(end.say('8h', 'P017'), /Nothing was done\. bedside-1 is the name to type/);
  assert.ok(!end.asked.some(({ want }) => want === 'lightsOff'));
});

test('an electrode on which no test current was seen has not passed, and what to look at is said and recorded', () => {
  const bed = new Bed();
  bed.ohms.push({ electrode: 'M2', ohms: null, is: 'unknown', text: 'no current' });
  const shown =
    /FAILED {2}impedance: C3 4\.2 kΩ \(good\), M2 no current \(unknown\)\. No test current was seen on M2: is/;
  assert.match(bed.say('P017', ''), shown);
  bed.say('f');
  assert.match(bed.steps[1]?.detail ?? '', /seen on M2: is the channel on\? On a Cyton: is its firmware V3\?$/);
  assert.deepEqual(bed.steps[1]?.measures, { C3: 4200 });
});

test('what does not pass is measured again, or recorded as failed by a key of its own: Enter never passes it', () => {
  const bed = new Bed();
  bed.ohms = [{ electrode: 'C3', ohms: null, is: 'open', text: 'open' }];
  assert.match(bed.say('P017', ''), /FAILED {2}impedance: C3 open \(open\)\nEnter measures again, f goes on/);
  assert.match(bed.say('', ''), /FAILED/);
  assert.match(bed.say('f'), /FAILED {2}impedance: C3 open[^]*Eyes open/);
  assert.deepEqual(
    bed.steps.map(({ step, result }) => `${step} ${result}`),
    ['participant ok', 'impedance failed'],
  );
  bed.moves = false;
  assert.match(bed.say('', ''), /y if you have seen it yourself/);
  bed.say('y');
  assert.match(bed.steps[2]?.detail ?? '', /^seen by whoever watched; measured C3/);
});

test('sound in the other ear than it was sent to is no pass', () => {
  const bed = new Bed({ without: { impedance: 'none', signal: 'none', sound: '' } });
  assert.match(bed.say('P017', 'y', 'n', 's', '', 'l', '', 'r'), /FAILED {2}sound: right heard left, left heard right/);
  assert.match(bed.say('', 'r', '', 'l', ''), /clock/);
  assert.deepEqual(
    bed.steps.slice(1, 6).map(({ step, result }) => `${step} ${result}`),
    ['impedance skipped', 'eyes ok', 'blink failed', 'jaw skipped', 'sound ok'],
  );
});

test('a machine with a fault waits for it to be mended, or for f', () => {
  const bed = new Bed();
  bed.machine = { ...fine, findings: [finding('fault', 'power'), finding('fault', 'disk'), finding('good', 'clock')] };
  assert.match(bed.say(...wellUpToClock), /FAILED {2}power: as seen Mend it\.\nEnter looks again/);
  assert.match(bed.say('f'), /FAILED {2}disk/);
  bed.machine = fine;
  assert.match(bed.say(''), /Is that right/);
  assert.deepEqual(
    bed.steps.slice(-2).map(({ step, result }) => `${step} ${result}`),
    ['power failed', 'disk ok'],
  );
});

test('back does a step again; the last result of a step is the one that counts at the end', () => {
  const bed = new Bed();
  bed.ohms = [{ electrode: 'C3', ohms: null, is: 'open', text: 'open' }];
  bed.say('P017', '', 'f');
  bed.ohms = [{ electrode: 'C3', ohms: 900, is: 'good', text: '0.9 kΩ' }];
  assert.match(bed.say('back'), /Enter measures, s skips it, k keeps what was found/);
  bed.say(...wellUpToClock.slice(1), 'y');
  assert.doesNotMatch(bed.say(''), /FAILED/);
});

test('an evening that goes on keeps what it had found, and asks for the code again', () => {
  const earlier = (['impedance', 'sound'] as const).map((step): StepEntry => {
    return { kind: 'step', step, result: 'ok', detail: 'earlier' };
  });
  const bed = new Bed({
    earlier,
    without: { impedance: 'a run has it', signal: 'a run has it', sound: 'a run has it' },
  });
  bed.say('P017', 'y', 'y', 'y', 'y');
  assert.ok(!bed.steps.some(({ step }) => step === 'impedance' || step === 'sound'));
});

test('eyes, blinks and jaw that do not pass may be for a restless rest: it can be measured again from each of them', () => {
  const parts = (bed: Bed): string[] => bed.asked.flatMap((wish) => (wish.want === 'signal' ? [wish.part] : []));
  const bed = new Bed();
  bed.moves = false;
  bed.say('P017', '', '', '', '');
  assert.deepEqual(parts(bed), ['open', 'closed']);
  assert.match(bed.say(''), /Now close the eyes/);
  bed.moves = true;
  assert.match(bed.say(''), /ok {6}eyes closed/);
  assert.deepEqual(parts(bed), ['open', 'closed', 'open', 'closed']);
  bed.moves = false;
  bed.say('');
  assert.match(bed.say(''), /FAILED {2}blinks: [^]*open eyes at rest\. Was that quiet\? If not: back to the eyes\./);
  assert.match(bed.say('back', 'back'), /Eyes open[^]*k keeps what was found/);
  assert.match(bed.say(''), /Now close the eyes/);
  assert.deepEqual(parts(bed).slice(-2), ['blink', 'open']);
});

test('a window may be said by its end, which holds however late it is opened; one that has passed meanwhile is asked for again', () => {
  let late = 0;
  const bed = new Bed({ secondsUntil: (time) => (time === '07:15' ? 32_700 - late : NaN) });
  assert.match(
    bed.say(...wellUpToClock, 'y', '7.15'),
    /7\.15 is no time from 1m to 10h: write 8h, for example, 450m, or 07:15/,
  );
  assert.match(bed.say('25:00'), /25:00 is no time/);
  assert.match(bed.say('07:15'), /the window opens for 545m, until 07:15, and it will be armed/);
  assert.match(bed.say('back'), /Window \[07:15\]/);
  assert.match(bed.say('', 'back', '8h', 'back'), /Window \[8h\]/);
  bed.say('07:15');
  late = 600;
  assert.equal(bed.say('bedside-1'), 'done');
  assert.deepEqual(bed.asked.at(-2), { want: 'lightsOff', forSeconds: 32_100 });

  const slow = new Bed({ secondsUntil: (time) => (time === '07:15' ? 32_700 - late : NaN) });
  slow.say(...wellUpToClock, 'y', '07:15');
  late = 32_690;
  assert.match(slow.say('bedside-1'), /07:15 is no time from 1m to 10h any more\.[^]*Window \[9h\]/);
  assert.ok(!slow.asked.some(({ want }) => want === 'lightsOff'));
});

test('nobody is asked to close eyes, blink or clench the jaw once the lights are off', () => {
  const bed = new Bed({
    asleep: true,
    without: { impedance: 'the lights are off', signal: 'the lights are off', sound: 'the lights are off' },
  });
  assert.match(bed.say('P017'), /Is that right/);
  assert.deepEqual(
    bed.steps.slice(1, 6).map(({ step, result, detail }) => `${step} ${result}: ${detail}`),
    ['impedance', 'eyes', 'blink', 'jaw', 'sound'].map((step) => `${step} skipped: the lights are off`),
  );
  assert.match(bed.say('back'), /Code of the participant/);
});

test('an evening that goes on after lights off asks for no window: the one that is open stays', () => {
  const bed = new Bed();
  bed.openSeconds = 1800;
  assert.match(
    bed.say(...wellUpToClock, 'y'),
    /It is disarmed\.\nThe lights are off for P017, night 3: the window is open for another 30m, until so late, and it will be armed\.\nType bedside-1/,
  );
  assert.match(bed.say('back'), /Is that right/);
  assert.equal(bed.say('y', 'bedside-1'), 'done');
  assert.deepEqual(bed.asked.at(-2), { want: 'lightsOff', forSeconds: 1800 });
});

test('a run that does not begin, a log that cannot be written, an arming that is refused: told, and tried again', () => {
  const bed = new Bed();
  bed.recording = 'night.night: no space left';
  assert.match(bed.say('P017'), /Could not be recorded: night\.night: no space left[^]*Code of the participant/);
  bed.recording = '';
  bed.run = 'the run ended: source.port: there is no such file';
  assert.match(bed.say(...wellUpToClock, 'y'), /there is no such file[^]*Enter tries again/);
  assert.match(bed.say('again'), /^"again" is no answer here\.\nEnter tries again/);
  bed.run = '';
  bed.say('', '');
  bed.arming = ['not armed: the guardian rests', 'not armed: signal'];
  assert.match(bed.say('bedside-1'), /the guardian rests\nnot armed: signal\n[^]*Nothing is armed/);
  assert.match(bed.say('back'), /The lights are off/);
  assert.match(
    bed.say('bedside'),
    /^"bedside" is no answer here\.\nThe lights are off and it records\. Nothing is armed\./,
  );
  bed.arming = [];
  assert.equal(bed.say(''), 'done');
  assert.deepEqual(bed.guide.wish, { want: 'done', armed: true });
});

test('it says that nothing is armed only where that is known', () => {
  const bed = new Bed();
  bed.arming = ['no answer within 20 s'];
  bed.perhapsArmed = true;
  const said = bed.say(...wellUpToClock, 'y', '', 'bedside-1');
  assert.match(said, /no answer within 20 s\n[^]*Whether it is armed is not known/);
  assert.doesNotMatch(said, /Nothing is armed/);
  bed.perhapsArmed = false;
  assert.match(bed.say(''), /Nothing is armed/);
});

test('it can record without stimulation, and quit at any question', () => {
  const bed = new Bed();
  bed.arming = ['not armed: the guardian rests'];
  assert.equal(bed.say(...wellUpToClock, 'y', '', 'bedside-1', 'record'), 'done');
  assert.deepEqual(bed.guide.wish, { want: 'done', armed: false });
  for (let answers = 0; answers <= wellUpToClock.length; answers++) {
    const other = new Bed();
    assert.equal(other.say(...wellUpToClock.slice(0, answers), 'quit'), 'nothing');
  }
});
