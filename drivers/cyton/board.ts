import {
  auxChannels,
  boardChannels,
  endOfAnswer,
  railCounts,
  rateCodes,
  microvoltsPerCount,
  firstMajorWithRates,
  gains,
  offCommands,
  writePacket,
} from './protocol.js';

export interface BoardOptions {
  readonly daisy: boolean;
  /** Frames a second of each channel that the board starts with; commands may change it. */
  readonly rate: number;
  /** What the board leaves out: everything but `v`, or the end mark of its answers. */
  readonly minimal?: 'only-v' | 'only-?' | 'no-d' | 'silent';
  /** Ohms of the electrodes, by channel, as the test current finds them. */
  readonly impedances?: readonly number[];
  /** Old firmware knows no `~`, `/` and `V`, and version 1 does not name itself. Without it, version 3. */
  readonly firmware?: 1 | 2 | 3;
}

/** A Cyton as its commands and packets show it, pure: the emulator is this and a pseudo-terminal. */
export class CytonBoard {
  streaming = false;
  /** The dongle finds no board: every command is answered by its complaint. */
  off = false;
  /** Packets a second. */
  packetRate: number;
  readonly daisy: boolean;
  readonly #minimal: BoardOptions['minimal'];
  readonly #firmware: 1 | 2 | 3;
  readonly #off = new Set<number>();
  readonly #gain = new Float64Array(2 * boardChannels).fill(24);
  readonly #last = new Float64Array(2 * boardChannels);
  readonly #mean = new Int32Array(2 * boardChannels);
  readonly #half = new Int32Array(boardChannels);
  readonly #aux = new Int32Array(auxChannels);
  readonly #impedances: readonly number[];
  /** Channels whose electrode has the test current. */
  readonly #tested = new Set<number>();
  /** Packets since the reset: the current's time. */
  #packets = 0;
  #counter = 0;
  #command = '';
  #commandUs = 0;

  constructor({ daisy, rate, minimal, firmware = 3, impedances = [] }: BoardOptions) {
    this.#impedances = impedances;
    this.daisy = daisy;
    this.packetRate = daisy ? 2 * rate : rate;
    this.#minimal = minimal;
    this.#firmware = firmware;
  }

  /** Takes command bytes and gives the bytes of the answer. */
  receive(text: string, nowUs: number): Uint8Array {
    let answer = '';
    for (const character of text) answer += this.#character(character, nowUs);
    return Uint8Array.from(answer, (character) => character.charCodeAt(0));
  }

  /** Microvolts of all channels at the next packet's instant → the packet, with the board's own rules for a Daisy. */
  packet(microvolts: ArrayLike<number>, out: Uint8Array, at = 0): void {
    const counter = this.#counter;
    this.#counter = (counter + 1) & 255;
    this.#packets++;
    if (!this.daisy) {
      for (let channel = 0; channel < boardChannels; channel++)
        this.#half[channel] = this.#toCount(microvolts, channel);
      writePacket(out, at, counter, this.#half, this.#aux);
      return;
    }
    // The radio sends, in turn, the mean of this and the last sample of each half, divided towards zero.
    for (let channel = 0; channel < 2 * boardChannels; channel++) {
      const count = this.#toCount(microvolts, channel);
      this.#mean[channel] = Math.trunc(((this.#last[channel] as number) + count) / 2);
      this.#last[channel] = count;
    }
    const first = counter % 2 === 1 ? 0 : boardChannels;
    for (let channel = 0; channel < boardChannels; channel++)
      this.#half[channel] = this.#mean[first + channel] as number;
    writePacket(out, at, counter, this.#half, this.#aux);
  }

  /** A packet that the radio lost: the counter goes on. */
  skip(): void {
    this.#counter = (this.#counter + 1) & 255;
  }

  /** A channel that is off reads as zero. */
  #toCount(microvolts: ArrayLike<number>, channel: number): number {
    if (this.#off.has(channel)) return 0;
    const total = (microvolts[channel] ?? 0) + this.#toneOf(channel);
    const count = Math.round(total / microvoltsPerCount(this.#gain[channel] as number));
    return Math.max(-railCounts - 1, Math.min(railCounts, count));
  }

  /** A sine of 6 nA through electrode and resistor, as programs take it; a real one has steps. */
  #toneOf(channel: number): number {
    if (!this.#tested.has(channel)) return 0;
    const volts = 6e-9 * ((this.#impedances[channel] ?? 0) + boardOhms);
    return volts * 1e6 * Math.sin((2 * Math.PI * 31.25 * this.#packets) / this.packetRate);
  }

  #character(character: string, nowUs: number): string {
    if (this.off)
      return character === '\xf0' ? '' : `Failure: Communications timeout - Device failed to poll Host${endOfAnswer}`;
    let before = '';
    if (this.#command !== '' && nowUs - this.#commandUs > 1e6) {
      this.#command = '';
      before = `Timeout processing multi byte message - please send all commands at once as of v2${endOfAnswer}`;
    }
    if (this.#command === '') this.#commandUs = nowUs;
    this.#command += character;
    const command = this.#command;
    const head = command[0] ?? '';
    const whole =
      head === 'x'
        ? command.length === 9
        : head === 'z'
          ? command.length === 5
          : head === '\xf0' || (this.#firmware >= firstMajorWithRates && '~/`'.includes(head))
            ? command.length === 2
            : true;
    if (!whole) return before;
    this.#command = '';
    const answer = this.#obey(command);
    // While it streams the board keeps its answers to itself.
    return before + (this.streaming ? '' : answer);
  }

  #obey(command: string): string {
    const head = command[0] ?? '';
    if (this.#minimal === 'silent' && head !== 'b' && head !== 's') return '';
    if (this.#minimal === 'only-v' && !'vbs'.includes(head)) return '';
    if (this.#minimal === 'only-?' && !'?bs'.includes(head)) return '';
    if (this.#minimal === 'no-d' && head === 'd') return '';
    switch (head) {
      case 'b':
        this.streaming = true;
        this.#counter = 0;
        return '';
      case 's':
        this.streaming = false;
        return '';
      case 'v':
        this.streaming = false;
        this.#setDefaults();
        this.#tested.clear();
        return this.#resetText();
      case 'V':
        return this.#firmware >= firstMajorWithRates ? `v3.1.5${endOfAnswer}` : '';
      case '?': {
        const text = 'Board ADS Registers\r\nID, 00, 3E, 0, 0, 1, 1, 1, 1, 1, 0\r\nLIS3DH Registers\r\n';
        return this.#minimal === 'only-?' ? text : text + endOfAnswer;
      }
      case 'd':
        this.#setDefaults();
        return `updating channel settings to default${endOfAnswer}`;
      case 'D':
        return `060110${endOfAnswer}`;
      case 'x':
        return this.#setChannel(command);
      case 'z':
        return this.#setTestCurrent(command);
      case '~':
        return this.#setRate(command[1] ?? '');
      case '/':
        return this.#mode(command[1] ?? '');
      case 'c':
        return `${this.daisy ? 'daisy removed' : 'no daisy to remove!'}${endOfAnswer}`;
      case 'C':
        return `${this.daisy ? '16' : 'no daisy to attach!8'}${endOfAnswer}`;
      case '0':
      case '-':
      case '=':
      case 'p':
      case '[':
      case ']':
        return `Success: Configured internal test signal.${endOfAnswer}`;
      case '<':
        return `Time stamp ON${endOfAnswer}`;
      case '>':
        return `Time stamp OFF${endOfAnswer}`;
      case '\xf0':
        return dongleAnswer(command.charCodeAt(1));
      default:
        if (offCommands.includes(head)) this.#off.add(offCommands.indexOf(head));
        else if (onCommands.includes(head)) this.#off.delete(onCommands.indexOf(head));
        return '';
    }
  }

  #setDefaults(): void {
    this.#gain.fill(24);
    this.#off.clear();
  }

  #resetText(): string {
    const lines = ['OpenBCI V3 8-16 channel', 'On Board ADS1299 Device ID: 0x3E'];
    if (this.daisy) lines.push('On Daisy ADS1299 Device ID: 0x3E');
    lines.push('LIS3DH Device ID: 0x33');
    if (this.#firmware > 1) lines.push(`Firmware: ${this.#firmware === 2 ? 'v2.0.0' : 'v3.1.2'}`);
    return `${lines.join('\r\n')}\r\n${endOfAnswer}`;
  }

  #setChannel(command: string): string {
    const channel = '12345678QWERTYUI'.indexOf(command[1] ?? '');
    const gain = gains[Number(command[3])];
    if (command[8] !== 'X') return `Failure: Err: 9th char not X${endOfAnswer}`;
    if (channel < 0 || gain === undefined) return `Failure: too few chars${endOfAnswer}`;
    this.#gain[channel] = gain;
    if (command[2] === '1') this.#off.add(channel);
    else this.#off.delete(channel);
    return `Success: Channel set for ${channel + 1}${endOfAnswer}`;
  }

  #setTestCurrent(command: string): string {
    const channel = '12345678QWERTYUI'.indexOf(command[1] ?? '');
    if (command[4] !== 'Z') return `Failure: Err: 5th char not Z${endOfAnswer}`;
    // At the positive input it would go through the reference.
    if (command[3] === '1') this.#tested.add(channel);
    else this.#tested.delete(channel);
    return `Success: Lead off set for ${channel + 1}${endOfAnswer}`;
  }

  #setRate(digit: string): string {
    if (digit === '~') return `Success: Sample rate is ${this.packetRate}Hz${endOfAnswer}`;
    const rate = rateCodes[Number(digit)];
    if (digit === '' || rate === undefined) return `Failure: sample value out of bounds${endOfAnswer}`;
    this.packetRate = rate;
    return `Success: Sample rate is ${rate}Hz${endOfAnswer}`;
  }

  #mode(digit: string): string {
    const modes = ['default', 'debug', 'analog', 'digital', 'marker', 'BLE'];
    if (digit === '/') return `Success: default${endOfAnswer}`;
    const mode = modes[Number(digit)];
    return mode === undefined
      ? `Failure: board mode value out of bounds.${endOfAnswer}`
      : `Success: ${mode}${endOfAnswer}`;
  }
}

/** In series with each input. */
const boardOhms = 2200;
/** One a channel, as `offCommands`. */
const onCommands = '!@#$%^&*QWERTYUI';

/** The dongle's own commands; note the raw byte before the end mark. */
function dongleAnswer(code: number): string {
  switch (code) {
    case 0x00:
      return `Success: Host and Device on Channel number: 9\x09${endOfAnswer}`;
    case 0x03:
      return `Success: Poll time: 80\x50${endOfAnswer}`;
    case 0x07:
      return `Success: System is Up${endOfAnswer}`;
    default:
      return `Failure: unknown command${endOfAnswer}`;
  }
}
