import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Receipt, guardianCauses } from '../contracts.js';
import type { GuardianOptions } from './options.js';
import { decodeGuardianLine, type Checked } from './receipts.js';

export interface GuardianEvents {
  onReceipt(receipt: Receipt): void;
  onState(ready: boolean, cause: (typeof guardianCauses)[number]): void;
  onChecked(checked: Checked): void;
  onExit(detail: string): void;
}

export interface GuardianProcess {
  readonly pid: number;
  /** Asks for all that speaks against arming; the answer comes by `onChecked` with the same number. */
  ask(check: number): void;
  /** Ends it, at rest; resolves when it is gone and its last receipts were heard. */
  stop(): Promise<void>;
}

/** Makes the FIFO and starts the guardian on it. Its standard error is ours. */
export async function startGuardian(options: GuardianOptions, events: GuardianEvents): Promise<GuardianProcess> {
  rmSync(options.fifo, { force: true });
  execFileSync('mkfifo', ['-m', '600', options.fifo]);
  const child = spawn(
    process.execPath,
    [realtimeGc, fileURLToPath(new URL('./main.js', import.meta.url)), JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  await once(child, 'spawn');
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const said = decodeGuardianLine(line);
    if (said === undefined) return;
    if ('receipt' in said) events.onReceipt(said.receipt);
    else if ('checked' in said) events.onChecked(said.checked);
    else events.onState(said.guardian.ready, said.guardian.cause);
  });
  child.stdin.on('error', () => undefined);
  const gone = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => {
    events.onExit(`the guardian ended (${String(code ?? signal)})`);
  });
  return {
    pid: child.pid ?? 0,
    ask: (check) => void child.stdin.write(`${JSON.stringify({ check })}\n`),
    async stop() {
      child.stdin.end();
      // One that was stopped by a signal does not hear that; killed, it leaves the actuator at rest all the same.
      const last = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await gone;
      clearTimeout(last);
    },
  };
}

/** A thread in real time must not wait for helpers of the garbage collection, which are ordinary threads. */
const realtimeGc = '--single-threaded-gc';

/** It rests and tells its last receipts in a few milliseconds. */
const stopMs = 3000;
