import {
  channelCommand,
  channelOffCommand,
  endOfAnswer,
  firstMajorWithRates,
  firstMajorWithWholeCommands,
  parseBoardText,
  radioPacketRate,
  radioSilent,
  rateCommand,
  testCurrentCommand,
  type BoardText,
} from './protocol.js';
import type { CytonOptions } from './options.js';

/**
 * The dialogue before a Cyton streams, on the time that it is given: stop and drain, reset, settings, start. A board that
 * answers less than a whole one is started all the same, with a notice; one that answers nothing is asked again.
 */
export class StartUp {
  /** What a person should know or do now, or the empty string. */
  notice = '';
  readonly #options: CytonOptions;
  readonly #send: (text: string) => void;
  #phase: 'drain' | 'reset' | 'ask' | 'settings' = 'drain';
  #deadlineUs = 0;
  #text = '';
  #settings: Setting[] = [];
  #awaited = true;
  #unanswered = 0;
  #attempt = 0;

  constructor(options: CytonOptions, send: (text: string) => void) {
    this.#options = options;
    this.#send = send;
  }

  begin(nowUs: number): void {
    this.#attempt = 0;
    this.notice = '';
    this.#drain(nowUs, drainUs);
  }

  /** True once the board was told to stream. */
  push(bytes: Uint8Array, length: number, nowUs: number): boolean {
    for (let i = 0; i < length; i++) this.#text += String.fromCharCode(bytes[i] as number);
    if (this.#text.length > longestAnswer) this.#text = this.#text.slice(-longestAnswer);
    const answered = this.#text.includes(endOfAnswer);
    const late = nowUs >= this.#deadlineUs;
    switch (this.#phase) {
      case 'drain':
        if (late) this.#enter('reset', 'v', nowUs, resetUs);
        return false;
      case 'reset':
        if (answered || late) this.#afterReset(answered, nowUs);
        return false;
      case 'ask':
        if (answered || late) this.#afterAsk(nowUs);
        return false;
      case 'settings':
        if (!late && !(answered && this.#awaited)) return false;
        if (!answered && this.#awaited) this.#unanswered++;
        else if (this.#text.includes('Failure')) this.#complain();
        return this.#nextSetting(nowUs);
    }
  }

  #drain(nowUs: number, waitUs: number): void {
    this.#enter('drain', 's', nowUs, waitUs);
  }

  #enter(phase: 'drain' | 'reset' | 'ask' | 'settings', command: string, nowUs: number, waitUs: number): void {
    this.#phase = phase;
    this.#text = '';
    this.#deadlineUs = nowUs + waitUs;
    this.#send(command);
  }

  #afterReset(answered: boolean, nowUs: number): void {
    const text = this.#text;
    if (text.includes(radioSilent)) {
      this.notice =
        'cyton: the dongle is in, but no board answers it. Switch the board on, to PC, and check its battery.';
      this.#drain(nowUs, retryUs);
      return;
    }
    if (!answered && !text.includes('OpenBCI') && !text.includes('ADS1299')) {
      this.#enter('ask', '?', nowUs, askUs);
      return;
    }
    this.#known(text, nowUs);
  }

  #afterAsk(nowUs: number): void {
    // Without `$$$` too: some boards answer in registers alone.
    if (/Registers|ADS|CONFIG|CH\dSET/i.test(this.#text)) {
      this.#known(this.#text, nowUs);
      return;
    }
    this.#attempt++;
    this.notice = `cyton: no answer from the board (asked ${this.#attempt} times). Is this its port, is the board on, and the dongle's switch at GPIO 6?`;
    this.#drain(nowUs, drainUs);
  }

  #known(text: string, nowUs: number): void {
    const board = parseBoardText(text);
    const { daisy, rate } = this.#options;
    this.notice = '';
    if (daisy && !board.daisy && text.includes('OpenBCI')) {
      this.notice = 'cyton: the board reports no Daisy. Plug it onto the board, or set source.daisy to false.';
    } else if (!daisy && board.daisy) {
      this.notice = 'cyton: the board has a Daisy that source.daisy does not mention: only channels 1 to 8 are read.';
    } else if (board.firmwareMajor < firstMajorWithRates && packetRateOf(this.#options) !== radioPacketRate) {
      this.notice = `cyton: the board reports no firmware v3 or newer, which source.rate ${rate}Hz needs. Set it to ${daisy ? 125 : 250}Hz, or update the firmware.`;
    }
    this.#settings = settingsOf(this.#options, board);
    this.#unanswered = 0;
    this.#nextSetting(nowUs);
  }

  #nextSetting(nowUs: number): boolean {
    const setting = this.#settings.shift();
    if (setting !== undefined) {
      this.#awaited = setting.answered;
      this.#enter('settings', setting.text, nowUs, setting.waitUs);
      return false;
    }
    if (this.#unanswered > 0 && this.notice === '') {
      this.notice = `cyton: the board left ${this.#unanswered} settings unanswered; it streams with its own. Check gain and rate.`;
    }
    this.#send('b');
    return true;
  }

  #complain(): void {
    const line = /Failure[^$]*/.exec(this.#text)?.[0]?.trim() ?? 'Failure';
    this.notice = `cyton: the board refused a setting (${line}). Check source.gain, source.rate and source.off.`;
  }
}

interface Setting {
  readonly text: string;
  /** For the answer; without one, until the next command. */
  readonly waitUs: number;
  readonly answered: boolean;
}

function settingsOf(options: CytonOptions, board: BoardText): Setting[] {
  const { daisy, gain, off } = options;
  const settings = [answered('d')];
  if (board.daisy !== daisy) settings.push(answered(daisy ? 'C' : 'c'));
  const channels = daisy ? 16 : 8;
  // The defaults are gain 24 on every channel: nothing to say then.
  for (let channel = 1; gain !== 24 && channel <= channels; channel++) {
    const command = channelCommand(channel, gain);
    if (board.firmwareMajor >= firstMajorWithWholeCommands) settings.push(answered(command));
    else for (const character of command) settings.push({ text: character, waitUs: characterUs, answered: false });
  }
  if (board.firmwareMajor >= firstMajorWithRates) {
    settings.push(answered(rateCommand(packetRateOf(options))), answered('//'));
  }
  for (const channel of options.testCurrent ?? []) settings.push(answered(testCurrentCommand(channel, true)));
  for (const channel of off) settings.push({ text: channelOffCommand(channel), waitUs: drainUs, answered: false });
  return settings;
}

function answered(text: string): Setting {
  return { text, waitUs: settingUs, answered: true };
}

function packetRateOf({ daisy, rate }: CytonOptions): number {
  return daisy ? 2 * rate : rate;
}

/** For bytes under way to come; the board wants as much after a command without an answer. */
const drainUs = 100e3;
/** A reset takes the board half a second and more; nothing for this long is no answer. */
const resetUs = 5e6;
const askUs = 2e6;
const retryUs = 1e6;
/** The board itself gives up on a half-sent command after a second. */
const settingUs = 1e6;
/** Between characters that must not come together. */
const characterUs = 50e3;
const longestAnswer = 4096;
