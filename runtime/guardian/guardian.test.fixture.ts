import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPty } from '../../drivers/serial/pty.js';
import type { Receipt } from '../contracts.js';
import type { GuardianOptions } from './options.js';
import type { Checked } from './receipts.js';
import { startGuardian } from './start.js';

/** A real guardian between a core of our own and a trigger box whose bytes we see. */
export interface GuardianRig {
  readonly guardianPid: number;
  readonly corePid: number;
  readonly silenceSocket: string;
  readonly receipts: readonly Receipt[];
  /** Causes in the order in which the guardian told them. */
  readonly causes: readonly string[];
  /** How the guardian ended, or the empty string while it lives. */
  readonly ended: () => string;
  /** Lines of the guardian's own log. */
  readonly deliveries: () => string[];
  /** Every byte that the trigger box got so far, without waiting. */
  readonly bytes: () => readonly number[];
  /** Asks the guardian what speaks against arming. */
  readonly ask: (check: number) => void;
  readonly answers: readonly Checked[];
  readonly tellCore: (line: string) => void;
  readonly stopGuardian: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const startCode = 0x81;
export const restCode = 0x80;

/** `night` is that of a blinded study; another `actuator` takes the place of the trigger box. */
export async function startRig(
  more: Partial<Pick<GuardianOptions, 'stopInput' | 'night' | 'actuator'>> = {},
): Promise<GuardianRig> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  const pty = openPty();
  const deliveries = join(folder, 'night.deliveries');
  const silenceSocket = join(folder, 'silence.sock');
  const fifo = join(folder, 'fifo');
  const receipts: Receipt[] = [];
  const causes: string[] = [];
  const bytes: number[] = [];
  const answers: Checked[] = [];
  let ended = '';
  const guardian = await startGuardian(
    {
      fifo,
      silenceSocket,
      pidFile: join(folder, 'guardian.pid'),
      deliveries,
      realtime: false,
      actuator: { use: 'serial-trigger', port: pty.path, baudRate: 115200, codes: [startCode], restCode },
      ...more,
    },
    {
      onReceipt: (receipt) => receipts.push(receipt),
      onState: (_, cause) => causes.push(cause),
      onChecked: (checked) => answers.push(checked),
      onExit: (detail) => (ended = detail),
    },
  );
  const core = spawn(process.execPath, [fileURLToPath(new URL('./core.test.fixture.js', import.meta.url)), fifo], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  core.stdin.on('error', () => undefined);
  const coreGone = once(core, 'exit');
  return {
    guardianPid: guardian.pid,
    corePid: core.pid ?? 0,
    silenceSocket,
    receipts,
    causes,
    ended: () => ended,
    deliveries: () =>
      readFileSync(deliveries, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    bytes: () => {
      takeBytes(pty.master, bytes);
      return bytes;
    },
    ask: (check) => guardian.ask(check),
    answers,
    tellCore: (line) => core.stdin.write(`${line}\n`),
    stopGuardian: () => guardian.stop(),
    async close() {
      core.kill('SIGKILL');
      await coreGone;
      await guardian.stop();
      pty.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const chunk = new Uint8Array(256);

function takeBytes(descriptor: number, into: number[]): void {
  try {
    const length = readSync(descriptor, chunk);
    into.push(...chunk.subarray(0, length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}
