import type { NightStep } from '../study/night-log.js';
import { judgeBiocalibration, type Biocalibration, type Heard } from './biocalibration.js';
import type { Finding } from './check-machine.js';
import type { Ear, EveningFacts, EveningWish, MachineFacts, Problem, SignalPart, StepEntry } from './night-wishes.js';
import { NightWindow, hours } from './night-window.js';
import { asked, names } from './night-words.js';
import { noCurrent, type JudgedElectrode } from './setup-impedance.js';

type Place = NightStep | 'begin' | 'window' | 'name';
type Found = Pick<StepEntry, 'result' | 'detail' | 'measures'>;

const places: readonly Place[] = [
  'participant',
  'impedance',
  'eyes',
  'blink',
  'jaw',
  'sound',
  'power',
  'disk',
  'clock',
  'begin',
  'window',
  'name',
];

/**
 * The dialogue of `axond night`, without a terminal: says what to show and to do, takes answers. A wrong answer is asked
 * again with what was expected, and each step can be done again. Pure.
 */
export class NightGuide {
  wish: EveningWish = { want: 'answer' };
  readonly #facts: EveningFacts;
  readonly #earlier: Map<string, StepEntry>;
  #place: Place = 'participant';
  /** Said once, above the next question. */
  #said: readonly string[] = [];
  /** What the present step has come to; undefined before it is measured. */
  #found: Found | undefined;
  /** Eyes open: what everything else is compared with. */
  #rest: Heard | undefined;
  #heard: readonly string[] = [];
  #machine: MachineFacts | undefined;
  #runs = false;
  readonly #window: NightWindow;
  #lightsAreOff = false;
  #perhapsArmed = false;
  /** The lights are off since an evening before this one, which was broken off: its window stays as it is. */
  #isOpen = false;

  constructor(facts: EveningFacts) {
    this.#facts = facts;
    this.#window = new NightWindow(facts.secondsUntil);
    this.#earlier = new Map(facts.earlier.map((entry) => [entry.step, entry]));
  }

  /** What to show now: some lines, and the question behind which the answer is typed. */
  show(): { readonly lines: readonly string[]; readonly prompt: string } {
    const { lines, prompt } = this.#question();
    const said = this.#said;
    this.#said = [];
    return { lines: [...said, ...lines], prompt: `${prompt} ` };
  }

  /** What is asked now, without what was said of the last answer: whoever looks at a page may see it. */
  get asks(): string {
    const { lines, prompt } = this.#question();
    return [...lines, prompt].join(' ');
  }

  /** Only while an answer is wanted. `back` and `quit` are always one. */
  answer(text: string): void {
    const said = text.trim();
    if (said === 'quit') this.wish = { want: 'nothing' };
    else if (said === 'back') this.#back();
    else this.#take(said);
  }

  // ── What was done ─────────────────────────────────────────────────────────────────────────────────────────────────

  impedance(result: { readonly electrodes: readonly JudgedElectrode[] } | Problem): void {
    this.#answers();
    if ('problem' in result) {
      this.#wrong(result.problem);
      return;
    }
    const measures: Record<string, number> = {};
    for (const { electrode, ohms } of result.electrodes) if (ohms !== null) measures[electrode] = ohms;
    const good = result.electrodes.every(({ is }) => is === 'good' || is === 'fair');
    const found = result.electrodes.map(({ electrode, text, is }) => `${electrode} ${text} (${is})`).join(', ');
    const detail = [found, noCurrent(result.electrodes)].filter((text) => text !== '').join('. ');
    this.#found = { result: good ? 'ok' : 'failed', detail, measures };
  }

  signal(heard: Heard | Problem): void {
    const part = this.wish.want === 'signal' ? this.wish.part : 'open';
    this.#answers();
    if ('problem' in heard) this.#wrong(heard.problem);
    else if (part === 'open') this.#rest = heard;
    else if (this.#rest) {
      const { good, text, measures } = judgeBiocalibration(this.#place as Biocalibration, this.#rest, heard);
      this.#found = { result: good ? 'ok' : 'failed', detail: text, measures: { ...measures } };
    }
  }

  /** Why it was not played; empty where it was. */
  sounded(problem: string): void {
    this.#answers();
    if (problem !== '') this.#wrong(problem);
    else this.#heard = [...this.#heard, ''];
  }

  machine(facts: MachineFacts): void {
    this.#answers();
    this.#machine = facts;
    if (this.#place !== 'clock') this.#judgeMachine();
  }

  /** Why it is not on disk; empty where it is. */
  recorded(problem: string): void {
    const entry = this.wish.want === 'recorded' ? this.wish.entry : undefined;
    this.#answers();
    if (problem !== '' || !entry) {
      this.#wrong(`Could not be recorded: ${problem}`);
      return;
    }
    this.#earlier.set(entry.step, entry);
    this.#said = [...this.#said, `  ${marks[entry.result]} ${names[entry.step]}: ${entry.detail}`];
    this.#enter(places.indexOf(this.#place) + 1);
  }

  /** There is one that reads samples. `openSeconds`: left of a window that is open already. */
  began(begun: { readonly openSeconds: number } | Problem): void {
    this.#answers();
    if ('problem' in begun) {
      this.#wrong(begun.problem);
      return;
    }
    this.#runs = true;
    this.#said = ['The run reads samples and records. It is disarmed.'];
    this.#isOpen = begun.openSeconds > 0;
    if (this.#isOpen) this.#window.isOpenFor(begun.openSeconds);
    this.#enter(places.indexOf(this.#isOpen ? 'name' : 'window'));
  }

  /**
   * What speaks against arming; none: it is armed, or stimulates nothing. `off`: the window is open. `perhapsArmed`: nobody
   * knows whether it is.
   */
  lightsOff(off: boolean, reasons: readonly string[], perhapsArmed = false): void {
    this.#lightsAreOff = off;
    this.#perhapsArmed = perhapsArmed;
    if (off && reasons.length === 0) this.wish = { want: 'done', armed: this.#facts.stimulates };
    else {
      this.#answers();
      this.#said = reasons;
    }
  }

  // ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #question(): { lines: readonly string[]; prompt: string } {
    const { study, night, device, timeZone } = this.#facts;
    const place = this.#place;
    switch (place) {
      case 'participant':
        return {
          lines: [`${study}, night ${night}, on ${device}. Who sleeps here? Read the code from their sheet.`],
          prompt: 'Code of the participant:',
        };
      case 'impedance':
      case 'eyes':
      case 'blink':
      case 'jaw':
        return this.#measuring(place);
      case 'sound':
        return this.#sounding();
      case 'power':
      case 'disk':
        return { lines: this.#machineLines(), prompt: 'Enter looks again, f goes on (recorded as failed):' };
      case 'clock':
        return {
          lines: [...this.#machineLines(), `It is ${this.#machine?.time ?? ''} in ${timeZone}.`],
          prompt: 'Is that right? (y, n)',
        };
      case 'begin':
        return { lines: [], prompt: 'Enter tries again:' };
      case 'window':
        return {
          lines: ['For how long, or until when, may this night stimulate at most? 10h is the longest.'],
          prompt: `Window [${this.#window.text}]:`,
        };
      case 'name':
        return this.#lightsAreOff
          ? {
              lines: [
                `The lights are off and it records. ${this.#perhapsArmed ? 'Whether it is armed is not known' : 'Nothing is armed'}.`,
              ],
              prompt: 'Enter arms again, record goes on without stimulation:',
            }
          : { lines: this.#summary(), prompt: `Type ${device}:` };
    }
  }

  #measuring(place: 'impedance' | Biocalibration): { lines: readonly string[]; prompt: string } {
    const kept = this.#keeps ? ', k keeps what was found' : '';
    if (place !== 'impedance' && this.#withoutSignal !== '')
      return {
        lines: [`${asked[place]} Look at the signal on the page: ${this.#withoutSignal}.`],
        prompt: `Was it seen? (y, n, s skips it${kept})`,
      };
    if (this.#found) {
      const { result, detail } = this.#found;
      const seen = place === 'impedance' ? '' : ', y if you have seen it yourself';
      const isCompared = result !== 'ok' && (place === 'blink' || place === 'jaw');
      return {
        lines: [
          `  ${marks[result]} ${names[place]}: ${detail}`,
          ...(isCompared ? ['It is compared with open eyes at rest. Was that quiet? If not: back to the eyes.'] : []),
        ],
        prompt:
          result === 'ok' ? 'Enter goes on, m measures again:' : `Enter measures again${seen}, f goes on (as failed):`,
      };
    }
    const lines = [asked[place !== 'impedance' && this.#partOf(place) === 'open' ? 'open' : place]];
    return { lines, prompt: `Enter measures, s skips it${kept}:` };
  }

  #sounding(): { lines: readonly string[]; prompt: string } {
    const kept = this.#keeps ? ', k keeps what was found' : '';
    if (this.#heard.at(-1) === '') return { lines: [], prompt: 'Where was it? (l, r, b for both, n for nowhere)' };
    if (this.#found)
      return {
        lines: [`  ${marks[this.#found.result]} ${names.sound}: ${this.#found.detail}`],
        prompt:
          this.#found.result === 'ok'
            ? 'Enter goes on, m plays again:'
            : 'Enter plays again, f goes on (recorded as failed):',
      };
    const lines = this.#heard.length === 0 ? ['Headphones on. The sound of this study comes to one ear.'] : [];
    return { lines, prompt: this.#heard.length === 0 ? `Enter plays it, s skips it${kept}:` : 'Enter plays another:' };
  }

  #machineLines(): string[] {
    return this.#findings(this.#place).map(
      ({ level, name, detail, fix }) => `  ${levels[level]} ${name}: ${detail}${fix === '' ? '' : ` ${fix}`}`,
    );
  }

  #summary(): string[] {
    const { participant, night, stimulates } = this.#facts;
    const found = [...this.#earlier.values()].filter(({ result }) => result !== 'ok');
    const { seconds } = this.#window;
    const length = `${hours(seconds)}, until ${this.#facts.clockIn(seconds)}`;
    const open = this.#isOpen
      ? `The lights are off for ${participant}, night ${night}: the window is open for another ${length}`
      : `Next is lights off for ${participant}, night ${night}: the window opens for ${length}`;
    return [
      ...found.map(({ step, result, detail }) => `  ${marks[result]} ${names[step]}: ${detail}`),
      `${open}${stimulates ? ', and it will be armed' : ''}.`,
    ];
  }

  // ── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #take(text: string): void {
    const { participant, device } = this.#facts;
    const place = this.#place;
    switch (place) {
      case 'participant':
        if (text === participant) this.#record({ result: 'ok', detail: 'typed again' });
        else
          this.#wrong(
            `${text === '' ? 'Nothing' : text} is not the code that this night was begun for. Type it again, or quit.`,
          );
        break;
      case 'impedance':
      case 'eyes':
      case 'blink':
      case 'jaw':
        if (place !== 'impedance' && this.#withoutSignal !== '') this.#takeSeen(text);
        else this.#takeMeasured(text, place);
        break;
      case 'sound':
        this.#takeSound(text);
        break;
      case 'power':
      case 'disk':
        if (text === '') this.wish = { want: 'machine' };
        else if (text === 'f') this.#record(this.#machineResult());
        else this.#wrong(`"${text}" is no answer here.`);
        break;
      case 'clock':
        if (yes.test(text)) this.#record({ ...this.#machineResult(), result: 'ok' });
        else if (text === '') this.wish = { want: 'machine' };
        else if (text === 'f') this.#record({ ...this.#machineResult(), result: 'failed' });
        else if (no.test(text))
          this.#wrong('Set the clock, or device.timeZone and begin again; Enter looks again, f goes on (as failed).');
        else this.#wrong('y or n.');
        break;
      case 'begin':
        if (text === '') this.wish = { want: 'began' };
        else this.#wrong(`"${text}" is no answer here.`);
        break;
      case 'window':
        this.#takeWindow(text);
        break;
      case 'name':
        if (this.#lightsAreOff && text === 'record') this.wish = { want: 'done', armed: false };
        else if (text === device || (this.#lightsAreOff && text === '')) this.#turnOff();
        else if (this.#lightsAreOff) this.#wrong(`"${text}" is no answer here.`);
        else this.#wrong(`Nothing was done. ${device} is the name to type; back goes back.`);
    }
  }

  #takeMeasured(text: string, place: 'impedance' | Biocalibration): void {
    const found = this.#found;
    if (found?.result === 'ok' && text === '') this.#record(found);
    else if (found && text === 'f') this.#record(found);
    else if (found && yes.test(text) && place !== 'impedance')
      this.#record({ ...found, result: 'ok', detail: `seen by whoever watched; measured ${found.detail}` });
    else if (text === '' || text === 'm') {
      // The eyes are compared with themselves: again means both.
      if (found && place === 'eyes') this.#rest = undefined;
      this.#found = undefined;
      this.wish = place === 'impedance' ? { want: 'impedance' } : { want: 'signal', part: this.#partOf(place) };
    } else this.#takeOther(text);
  }

  #takeSeen(text: string): void {
    if (yes.test(text)) this.#record({ result: 'ok', detail: 'seen by whoever watched' });
    else if (no.test(text)) this.#record({ result: 'failed', detail: 'not seen by whoever watched' });
    else this.#takeOther(text);
  }

  #takeSound(text: string): void {
    const found = this.#found;
    if (this.#heard.at(-1) === '') {
      const where = heardWhere.find((word) => text !== '' && [word, word[0]].includes(text.toLowerCase()));
      if (where === undefined) this.#wrong(`"${text}" is none of l, r, b and n.`);
      else {
        this.#heard = [...this.#heard.slice(0, -1), where];
        if (this.#heard.length === 2) this.#judgeSound();
      }
    } else if (found && ((found.result === 'ok' && text === '') || text === 'f')) this.#record(found);
    else if (text === '' || text === 'm') {
      if (this.#found) this.#heard = [];
      this.#found = undefined;
      this.wish = { want: 'sounded', ear: this.#ear(this.#heard.length) };
    } else this.#takeOther(text);
  }

  #takeOther(text: string): void {
    if (text === 's') this.#record({ result: 'skipped', detail: 'by hand' });
    else if (text === 'k' && this.#keeps) this.#enter(places.indexOf(this.#place) + 1);
    else this.#wrong(`"${text}" is no answer here.`);
  }

  #takeWindow(text: string): void {
    if (this.#window.take(text)) this.#enter(places.indexOf('name'));
    else this.#wrong(`${text || this.#window.text} is no time from 1m to 10h: write 8h, for example, 450m, or 07:15.`);
  }

  /** A time that was said may have passed while somebody looked for the headphones. */
  #turnOff(): void {
    if (this.#lightsAreOff || this.#isOpen || this.#window.isPossible)
      this.wish = { want: 'lightsOff', forSeconds: this.#window.seconds };
    else {
      this.#wrong(`${this.#window.text} is no time from 1m to 10h any more.`);
      this.#window.forget();
      this.#place = 'window';
    }
  }

  #judgeSound(): void {
    const measured = this.#heard.map((where, place) => `${this.#ear(place)} heard ${where}`);
    const good = this.#heard.every((where, place) => where === this.#ear(place));
    this.#found = { result: good ? 'ok' : 'failed', detail: measured.join(', ') };
  }

  // ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Goes to a place, and on where nobody has to be asked. */
  #enter(at: number): void {
    this.#place = places[at] ?? this.#place;
    this.#found = undefined;
    this.#heard = [];
    const why = this.#whyNot;
    if (why !== '' && this.#keeps) this.#enter(at + 1);
    else if (why !== '') this.#record({ result: 'skipped', detail: why });
    else if (this.#place === 'power' || (this.#place === 'clock' && !this.#machine)) this.wish = { want: 'machine' };
    else if (this.#place === 'disk') this.#judgeMachine();
    else if (this.#place === 'begin') this.wish = { want: 'began' };
  }

  /** To the question before this one. */
  #back(): void {
    if (this.#lightsAreOff) {
      this.#wrong('The lights are off. axond night --lights-on ends the night.');
      return;
    }
    const isAutomatic = (): boolean =>
      this.#whyNot !== '' ||
      this.#place === 'power' ||
      this.#place === 'disk' ||
      this.#place === 'begin' ||
      (this.#place === 'window' && this.#isOpen);
    if (!this.#found) {
      do this.#place = places[Math.max(0, places.indexOf(this.#place) - 1)] ?? 'participant';
      while (isAutomatic());
    }
    // What the others are compared with may be what went wrong.
    if (this.#place === 'eyes') this.#rest = undefined;
    this.#found = undefined;
    this.#heard = [];
  }

  /** Why the present step cannot be done at all. */
  get #whyNot(): string {
    if (this.#place === 'eyes' || this.#place === 'blink' || this.#place === 'jaw')
      return this.#facts.asleep ? 'the lights are off' : '';
    if (this.#place !== 'impedance' && this.#place !== 'sound') return '';
    return this.#runs ? 'a run has the devices' : this.#facts.without[this.#place];
  }

  get #withoutSignal(): string {
    return this.#runs ? 'a run has the amplifier' : this.#facts.without.signal;
  }

  /** There is a result of the present step already. */
  get #keeps(): boolean {
    return this.#earlier.has(this.#place);
  }

  #partOf(place: Biocalibration): SignalPart {
    if (!this.#rest) return 'open';
    return place === 'eyes' ? 'closed' : place;
  }

  #ear(place: number): Ear {
    const { firstEar } = this.#facts;
    if (place === 0) return firstEar;
    return firstEar === 'left' ? 'right' : 'left';
  }

  #findings(place: Place): readonly Finding[] {
    const wanted = place === 'power' || place === 'disk' || place === 'clock' ? findingNames[place] : [];
    return this.#machine?.findings.filter(({ name }) => wanted.includes(name)) ?? [];
  }

  #machineResult(): Found {
    const findings = this.#findings(this.#place);
    const detail = findings.map(({ name, detail }) => `${name} ${detail}`).join('; ');
    const time = this.#place === 'clock' ? `${this.#machine?.time ?? ''} ${this.#facts.timeZone}; ` : '';
    const measures =
      this.#place === 'power' || this.#place === 'disk' ? this.#machine?.measures[this.#place] : undefined;
    return {
      result: findings.some(({ level }) => level === 'fault') ? 'failed' : 'ok',
      detail: `${time}${detail}`,
      ...(measures ? { measures: { ...measures } } : {}),
    };
  }

  #judgeMachine(): void {
    const result = this.#machineResult();
    if (this.#findings(this.#place).length === 0)
      this.#record({ result: 'skipped', detail: 'this machine says nothing of it' });
    else if (result.result === 'ok') this.#record(result);
  }

  #record({ result, detail, measures }: Found): void {
    const step = this.#place as NightStep;
    const measured = measures === undefined ? {} : { measures };
    this.wish = { want: 'recorded', entry: { kind: 'step', step, result, detail: detail.slice(0, 1000), ...measured } };
  }

  #answers(): void {
    this.wish = { want: 'answer' };
  }

  #wrong(text: string): void {
    this.#said = [text];
  }
}

const marks = { ok: 'ok     ', failed: 'FAILED ', skipped: 'skipped' } as const;
const levels = { good: marks.ok, warning: 'check  ', fault: marks.failed } as const;

const findingNames: Readonly<Record<'power' | 'disk' | 'clock', readonly string[]>> = {
  power: ['power', 'speed', 'temperature', 'battery'],
  disk: ['recordings', 'disk'],
  clock: ['clock', 'real-time clock'],
};

const heardWhere: readonly string[] = ['left', 'right', 'both', 'nowhere'];
const yes = /^y(es)?$/i;
const no = /^no?$/i;
