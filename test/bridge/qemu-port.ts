import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { made } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { factoryFlash, makeImage, signImage } from '../../firmware-bridge/host/image-file.js';
import { FrameWriter } from '../../firmware-bridge/protocol/frame.js';
import { blank } from '../../firmware-bridge/protocol/messages.js';
import type { PortUnderTest } from './conformance.js';
import type { OutputChange } from './output-rules.js';
import { TerminalLine } from './terminal-line.js';
import { developmentKey } from './update-suite.js';

/** As `ports/cortex-m/board.h` has them. */
const bankSize = 0x20000;
const ramSize = 16 << 20;

/** Why the board cannot be emulated here, or false. */
export const noQemu =
  spawnSync('sh', ['-c', 'command -v qemu-system-arm && command -v arm-none-eabi-gcc && command -v make'], {
    stdio: 'ignore',
  }).status === 0
    ? false
    : 'there is no qemu-system-arm, no arm-none-eabi-gcc or no make';

/** The firmware for the board, unsigned. */
export function boardImage(version: number, bank: number): Uint8Array {
  return makeImage(readFileSync(made(`build/axond-bridge-${bank}.bin`)), version, bank);
}

/**
 * The board in QEMU, its line on a pseudo-terminal, from the factory with version 1 in bank 0. What the output does is not
 * told by the firmware but by QEMU, which logs each write to the register of the lamps.
 */
export class QemuPort implements PortUnderTest {
  readonly isExact = false;
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-qemu-'));
  readonly #flash = join(this.#folder, 'flash');
  readonly #changes: OutputChange[] = [];
  #child: ChildProcess | undefined;
  #line: TerminalLine | undefined;
  /** Held open, so that QEMU does not take the line for unplugged between two users. */
  #held = -1;
  /** What its second line has told since it was asked. */
  #said = '';

  private constructor() {
    this.path = join(this.#folder, 'ttyBridge');
    writeFileSync(this.#flash, factoryFlash(signImage(boardImage(1, 0), developmentKey()), bankSize));
    truncateSync(this.#flash, ramSize);
  }

  static async start(): Promise<QemuPort> {
    const port = new QemuPort();
    await port.powerOn();
    return port;
  }

  write(bytes: Uint8Array): void {
    this.#line?.write(bytes);
  }

  read(): Uint8Array {
    return this.#line?.read() ?? new Uint8Array(0);
  }

  /** On the board's own clock, which falls behind on a machine that is busy. */
  async pass(us: number): Promise<void> {
    let lastUs = await this.#time();
    for (let leftUs = us; leftUs > 0;) {
      await after(leftUs / 1000);
      const nowUs = await this.#time();
      leftUs -= nowUs >= lastUs ? nowUs - lastUs : nowUs; // less: it has started anew
      lastUs = nowUs;
    }
  }

  changes(): readonly OutputChange[] {
    return this.#changes;
  }

  digital(levels: number): void {
    this.#child?.stdin?.write(`digital ${levels}\n`);
  }

  analogue(input: number, value: number): void {
    this.#child?.stdin?.write(`analogue ${input} ${value}\n`);
  }

  cableOut(): void {
    this.#line?.close();
    this.#line = undefined;
    closeSync(this.#held);
  }

  /** QEMU looks once a second whether somebody has come. */
  async cableIn(): Promise<void> {
    this.#held = openSync(this.path, constants.O_RDWR | constants.O_NOCTTY);
    this.#line = new TerminalLine(this.path);
    const ask = new FrameWriter();
    ask.write(blank.ask());
    do {
      this.write(ask.bytes.subarray(0, ask.length));
      await after(50);
    } while (this.read().length === 0);
    await after(50);
    this.read();
  }

  /** Pulls the plug if it is in, and puts it in: the flash keeps what it has. */
  async powerOn(): Promise<void> {
    await this.#powerOff();
    const child = spawn(
      'qemu-system-arm',
      [
        ...['-machine', 'mps2-an385,memory-backend=flash', '-display', 'none', '-monitor', 'none'],
        // 31 million instructions a second of its own time: what keeps the machine busy delays the board, and tears no tick.
        ...['-icount', 'shift=5'],
        ...['-object', `memory-backend-file,id=flash,size=${ramSize},mem-path=${this.#flash},share=on`],
        ...['-kernel', made('build/axond-bridge-boot.elf'), '-serial', 'pty', '-serial', 'stdio'],
        ...['-msg', 'timestamp=on', '-d', 'trace:mps2_fpgaio_write'],
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.#child = child;
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (log + text).split('\n');
      log = lines.pop() ?? '';
      for (const line of lines) this.#note(line);
    });
    this.#said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    let terminal: string | undefined;
    while ((terminal = /redirected to (\S+)/.exec(this.#said)?.[1]) === undefined) {
      if (child.exitCode !== null) throw new Error(`qemu-system-arm ended with ${child.exitCode}: ${log}`);
      await after(5);
    }
    symlinkSync(terminal, this.path);
    await this.cableIn();
  }

  async close(): Promise<void> {
    await this.#powerOff();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #powerOff(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    if (this.#line) this.cableOut();
    rmSync(this.path);
    child.kill('SIGKILL');
    while (child.exitCode === null && child.signalCode === null) await after(1);
    // Without power there is no output.
    if ((this.#changes.at(-1)?.amplitude ?? 0) > 0) this.#changes.push({ atUs: monotonicUs(), amplitude: 0 });
  }

  /** Asks until it answers: it may be starting. */
  async #time(): Promise<number> {
    this.#said = '';
    for (let waits = 0; ; waits++) {
      if (waits % 100 === 0) this.#child?.stdin?.write('time\n');
      const [, answer] = /^(\d+)\n/m.exec(this.#said) ?? [];
      if (answer !== undefined) return Number(answer);
      await after(1);
    }
  }

  #note(line: string): void {
    const [, seconds, bits] = /@(\d+\.\d+):mps2_fpgaio_write .*offset 0x0 data 0x([0-9a-f]+)/.exec(line) ?? [];
    if (bits === undefined) {
      process.stderr.write(`qemu: ${line}\n`);
      return;
    }
    const amplitude = parseInt(bits, 16) >> 2;
    if (amplitude === (this.#changes.at(-1)?.amplitude ?? 0)) return;
    this.#changes.push({ atUs: monotonicUs() - (Date.now() * 1e3 - Number(seconds) * 1e6), amplitude });
  }
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
