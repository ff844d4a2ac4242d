import { isTimeZone } from '../config/device.js';
import type { Judged } from './signal-check.js';

/** What somebody chooses between who sets up a box for the first time. `from` is the derivation that its preset has. */
export const tasks = [
  { name: 'spindle', signal: 'eeg', from: '', text: 'record and detect sleep spindles; stimulate nobody' },
  { name: 'cyton-spindle', signal: 'c3', from: 'C3 - M2', text: 'stimulate during sleep spindles' },
  {
    name: 'cyton-slow-oscillation',
    signal: 'fz',
    from: 'Fz - M2',
    text: 'two clicks at the rise of slow oscillations (there are patents on that)',
  },
] as const;
export type Task = (typeof tasks)[number];

/** What was chosen so far. */
export interface Choices {
  /** Of the SPI bus for a chip, else of a dongle. */
  readonly port: string;
  /** GPIO line of a chip's data-ready pin. */
  readonly dataReady: number;
  /** Input of the board by electrode. */
  readonly electrodes: Readonly<Record<string, number>>;
  /** The electrode that is looked at, and against which. */
  readonly active: string;
  readonly reference: string;
  readonly mains: 50 | 60;
  readonly task: Task;
  readonly name: string;
  readonly timeZone: string;
  readonly folder: string;
}

/** A port of this name leads to a chip, and has no line of its own that says when data is ready. */
export const isChip = ({ port }: Pick<Choices, 'port'>): boolean => /\/spidev\d+\.\d+$/.test(port);
const amplifierOf = (choices: Choices): string => (isChip(choices) ? 'ADS1299' : 'Cyton');

export interface MeasuredSignal {
  readonly judged: readonly Judged[];
  readonly mains: 50 | 60;
}

/** What whoever shows the guide has to do next; the method of that name takes what came of it. */
export type Wish =
  | { readonly want: 'answer' }
  /** Ask this port who is there, and nobody else: a byte can fire a stimulator. */
  | { readonly want: 'asked'; readonly choices: Choices }
  | { readonly want: 'measured'; readonly choices: Choices }
  /** May be refused, with the reason. */
  | { readonly want: 'written'; readonly choices: Choices; readonly replace: boolean }
  | { readonly want: 'done'; readonly choices: Choices }
  | { readonly want: 'nothing' };

const steps = [
  'port',
  'dataReady',
  'electrodes',
  'signal',
  'check',
  'task',
  'mains',
  'name',
  'timeZone',
  'folder',
  'write',
] as const;
type Step = (typeof steps)[number];

/**
 * The dialogue of `axond setup`, without a terminal: says what to show and to do, takes answers. Each answer can be taken
 * back; a wrong one is asked again with what was wrong. Pure.
 */
export class SetupGuide {
  wish: Wish = { want: 'answer' };
  #step: Step = 'port';
  /** Said once, above the next question. */
  #said: readonly string[] = [];
  #ports: readonly string[];
  #choices: Choices;
  #measured = false;

  constructor(ports: readonly string[], folder: string, timeZone: string) {
    this.#ports = ports;
    this.#choices = {
      port: '',
      dataReady: 26,
      electrodes: {},
      active: '',
      reference: '',
      mains: 50,
      task: tasks[0],
      name: 'bedside-1',
      timeZone,
      folder,
    };
  }

  /** What to show now: some lines, and the question behind which the answer is typed. */
  show(): { readonly lines: readonly string[]; readonly prompt: string } {
    const { lines, prompt } = this.#question();
    const said = this.#said;
    this.#said = [];
    return { lines: [...said, ...lines], prompt: `${prompt} ` };
  }

  /** Only while an answer is wanted. `back` and `quit` are always one. */
  answer(text: string): void {
    const said = text.trim();
    if (said === 'quit') this.wish = { want: 'nothing' };
    else if (said === 'back') this.#go(-1);
    else this.#take(said);
  }

  /** The ports that are here now. */
  listed(ports: readonly string[]): void {
    this.#ports = ports;
  }

  /** Nobody known answered on the port: why; or the empty string. */
  asked(problem: string): void {
    this.wish = { want: 'answer' };
    if (problem === '') {
      this.#said = [isChip(this.#choices) ? 'An ADS1299 answers there.' : 'An OpenBCI Cyton answers there.'];
      this.#go(1);
    } else this.#wrong(`${this.#choices.port}: ${problem}`);
  }

  measured(result: MeasuredSignal | { readonly problem: string }): void {
    this.wish = { want: 'answer' };
    this.#measured = true;
    if ('problem' in result) {
      this.#wrong(result.problem);
      return;
    }
    this.#choices = { ...this.#choices, mains: result.mains };
    const good = result.judged.every((one) => one.good);
    this.#said = [
      ...result.judged.map(({ name, good, text }) => `${good ? '  ok   ' : '  CHECK'} ${name}: ${text}`),
      good ? 'All of it looks like a signal.' : 'Mend what it says, then measure again; or go on all the same.',
    ];
  }

  /** Why the files were not written; or the empty string. */
  written(problem: string): void {
    if (problem === '') this.wish = { want: 'done', choices: this.#choices };
    else {
      this.wish = { want: 'answer' };
      this.#wrong(problem);
    }
  }

  // ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #question(): { lines: readonly string[]; prompt: string } {
    const { port, electrodes, active, reference, mains, task, name, timeZone, folder, dataReady } = this.#choices;
    switch (this.#step) {
      case 'port':
        return {
          lines: [
            'Which port is the amplifier on? Only the one that you choose is spoken to.',
            ...this.#ports.map((path, place) => `  ${place + 1}  ${path}`),
            ...(this.#ports.length === 0
              ? ['  There is none: plug the dongle in (a chip: switch SPI on), then press Enter to look again.']
              : ['  Enter looks again; or type a path, such as that of axond emulate cyton.']),
          ],
          prompt: 'Port:',
        };
      case 'dataReady':
        return {
          lines: ['Which GPIO line is the data-ready pin of the chip wired to? Its BCM number: 26 on a PiEEG.'],
          prompt: `Line [${dataReady}]:`,
        };
      case 'electrodes':
        return {
          lines: [
            `What is plugged into the inputs 1 to 8 of the board on ${port}? Others are switched off.`,
            'Names as in the 10-20 system, for example: C3=1 M2=2 EMG=3',
          ],
          prompt: 'Electrodes:',
        };
      case 'signal': {
        const suggested = suggestedSignal(Object.keys(electrodes));
        return {
          lines: [
            'Which electrode is looked at, and against which? For sleep: a central one against the mastoid behind the other ear.',
          ],
          prompt: `Signal${suggested === '' ? '' : ` [${suggested}]`}:`,
        };
      }
      case 'check':
        return this.#measured
          ? { lines: [], prompt: 'm measures again, Enter goes on:' }
          : {
              lines: ['Now put the electrodes on and sit still. Three seconds are measured; nothing is stimulated.'],
              prompt: 'Enter measures, s skips it:',
            };
      case 'task':
        return {
          lines: [
            'What shall it do? The actuator is a virtual one in each case, until you name a real one in protocol.yaml.',
            ...tasks.map(({ text }, place) => `  ${place + 1}  ${text}`),
          ],
          prompt: `Task [${tasks.indexOf(task) + 1}]:`,
        };
      case 'mains':
        return { lines: ['What does the mains have here, 50 or 60 Hz?'], prompt: `Mains [${mains}]:` };
      case 'name':
        return {
          lines: ['What is this box called? a-z, 0-9 and -, for recordings and MQTT.'],
          prompt: `Name [${name}]:`,
        };
      case 'timeZone':
        return {
          lines: ['Which time zone is it in? Nights are told in it, and cross a change of the clocks right.'],
          prompt: `Time zone [${timeZone}]:`,
        };
      case 'folder':
        return {
          lines: ['Where do the two files go? The service of systemd reads /etc/axond.'],
          prompt: `Folder [${folder}]:`,
        };
      case 'write':
        return {
          lines: [
            `  ${name} (${timeZone}): ${amplifierOf(this.#choices)} on ${port}, ${listOf(electrodes)}, ${active} - ${reference}`,
            `  ${task.text}`,
            `  ${folder}/device.yaml and ${folder}/protocol.yaml`,
          ],
          prompt: 'Write them? (y, or replace where there are some)',
        };
    }
  }

  // ── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #take(text: string): void {
    switch (this.#step) {
      case 'port':
        this.#takePort(text);
        break;
      case 'dataReady':
        this.#takeDataReady(text);
        break;
      case 'electrodes':
        this.#takeElectrodes(text);
        break;
      case 'signal':
        this.#takeSignal(text);
        break;
      case 'check':
        if (text === 'm' || (text === '' && !this.#measured)) this.wish = { want: 'measured', choices: this.#choices };
        else if (text === 's' || text === '') this.#go(1);
        else this.#wrong(`"${text}" is no answer here.`);
        break;
      case 'task': {
        const task = text === '' ? this.#choices.task : tasks[Number(text) - 1];
        if (task) this.#choose({ task });
        else this.#wrong(`${text} is none of 1 to ${tasks.length}.`);
        break;
      }
      case 'mains': {
        const mains = text === '' ? this.#choices.mains : Number(text.replace(/\s*Hz$/i, ''));
        if (mains === 50 || mains === 60) this.#choose({ mains });
        else this.#wrong(`${text} is neither 50 nor 60.`);
        break;
      }
      case 'name':
        if (text === '') this.#go(1);
        else if (/^[a-z0-9-]{1,32}$/.test(text)) this.#choose({ name: text });
        else this.#wrong(`${text} is no name: up to 32 of a-z, 0-9 and -.`);
        break;
      case 'timeZone':
        if (text === '') this.#go(1);
        else if (isTimeZone(text)) this.#choose({ timeZone: text });
        else this.#wrong(`${text} is no time zone: Europe/Zurich, for example, or UTC.`);
        break;
      case 'folder':
        if (text === '') this.#go(1);
        else this.#choose({ folder: text.length > 1 ? text.replace(/\/+$/, '') : text });
        break;
      case 'write':
        if (text === 'y' || text === 'yes' || text === 'replace')
          this.wish = { want: 'written', choices: this.#choices, replace: text === 'replace' };
        else this.#wrong('y writes them, back changes an answer, quit writes nothing.');
    }
  }

  #takePort(text: string): void {
    if (text === '') return;
    const port = /^\d+$/.test(text) ? this.#ports[Number(text) - 1] : text;
    if (port === undefined) this.#wrong(`There is no port ${text} in the list.`);
    else if (!port.startsWith('/')) this.#wrong(`${port} is no path: /dev/ttyUSB0, for example.`);
    else {
      this.#choices = { ...this.#choices, port };
      if (isChip(this.#choices)) this.#go(1);
      else this.wish = { want: 'asked', choices: this.#choices };
    }
  }

  #takeDataReady(text: string): void {
    const dataReady = text === '' ? this.#choices.dataReady : /^\d{1,4}$/.test(text) ? Number(text) : NaN;
    if (!(dataReady <= 1023)) {
      this.#wrong(`${text} is no line: a number from 0 to 1023.`);
      return;
    }
    this.#choices = { ...this.#choices, dataReady };
    this.wish = { want: 'asked', choices: this.#choices };
  }

  #takeElectrodes(text: string): void {
    const electrodes = electrodesOf(text);
    if (typeof electrodes === 'string') this.#wrong(electrodes);
    else this.#choose({ electrodes, active: '', reference: '' });
  }

  #takeSignal(text: string): void {
    const { electrodes } = this.#choices;
    const [, active = '', reference = ''] =
      /^(\w+)\s*-\s*(\w+)$/.exec(text === '' ? suggestedSignal(Object.keys(electrodes)) : text) ?? [];
    const unknown = [active, reference].find((name) => !Object.hasOwn(electrodes, name));
    if (active === '') this.#wrong('Write one electrode minus another, for example C3 - M2.');
    else if (unknown !== undefined) this.#wrong(`${unknown} is not among ${Object.keys(electrodes).join(', ')}.`);
    else if (active === reference) this.#wrong(`${active} minus itself is nothing.`);
    else {
      this.#measured = false;
      this.#choose({ active, reference });
    }
  }

  #choose(choice: Partial<Choices>): void {
    this.#choices = { ...this.#choices, ...choice };
    this.#go(1);
  }

  #wrong(text: string): void {
    this.#said = [text];
  }

  #go(by: 1 | -1): void {
    this.#step = steps[Math.max(0, steps.indexOf(this.#step) + by)] ?? this.#step;
    if (this.#step === 'dataReady' && !isChip(this.#choices)) this.#go(by);
  }
}

/** `C3=1 M2=2`; or what is wrong with it. */
function electrodesOf(text: string): Record<string, number> | string {
  const inputs = new Map<string, number>();
  for (const part of text.split(/[\s,]+/).filter((word) => word !== '')) {
    const [, name, input = ''] = /^([A-Za-z_]\w*)[=:](\d+)$/.exec(part) ?? [];
    const channel = Number(input);
    if (name === undefined) return `${part} is no electrode and input: write C3=1.`;
    if (channel < 1 || channel > 8) return `${part}: the inputs are 1 to 8.`;
    const other = [...inputs].find(([, taken]) => taken === channel)?.[0];
    if (inputs.has(name)) return `${name} is there twice.`;
    if (other !== undefined) return `${part}: input ${channel} is that of ${other}.`;
    inputs.set(name, channel);
  }
  return inputs.size < 2
    ? 'Name two at least: one to look at, and one to compare it with.'
    : Object.fromEntries(inputs);
}

/** Against the mastoid of the other side, where there is one. Odd numbers are left, even ones right. */
function suggestedSignal(names: readonly string[]): string {
  const references = names.filter((name) => /^[AM][12]$/.test(name));
  const actives = names.filter((name) => /^(F|C|P|O|Fp|FC|CP)(z|\d+)$/.test(name));
  const active = actives.find((name) => name.startsWith('C')) ?? actives[0];
  if (active === undefined) return '';
  const isLeft = Number(active.slice(-1)) % 2 === 1;
  const reference = references.find((name) => name.endsWith(isLeft ? '2' : '1')) ?? references[0];
  return reference === undefined ? '' : `${active} - ${reference}`;
}

const listOf = (electrodes: Readonly<Record<string, number>>): string =>
  Object.entries(electrodes)
    .map(([name, input]) => `${name}=${input}`)
    .join(' ');
