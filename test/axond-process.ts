import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askControl } from '../runtime/supervisor/control-socket.js';

/** The real command, as a user starts it. */
export const launcher = fileURLToPath(new URL('../../runtime/cli/axond.js', import.meta.url));
/** What the package installs as `axond`. */
export const installed = fileURLToPath(new URL('../../runtime/cli/axond', import.meta.url));

/** A test, or whatever else tidies up behind what it started. */
interface Ends {
  after(end: () => void | Promise<void>): void;
}

export interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
}

export function startAxond(t: Ends, args: readonly string[], environment: Record<string, string> = {}): Started {
  const name = `${process.pid}-${++started}`;
  const child = spawn(process.execPath, [launcher, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, [nameOfStart]: name },
    // A group of its own: what it started goes with it at the end of the test.
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  t.after(async () => {
    killGroup(child);
    await allGone(name, exited);
  });
  return { child, stdout: () => stdout, stderr: () => stderr, exited };
}

let started = 0;
/** What was started inherits it, in whichever process group it is. */
const nameOfStart = 'AXOND_TEST_START';

/** What outlives its test and holds our pipes would keep this file from ending: it is named, and killed. */
async function allGone(name: string, closed: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve('late'), goneWithinMs)));
  const first = await Promise.race([closed, late]);
  clearTimeout(timer);
  if (first !== 'late') return;
  const left = readdirSync('/proc').filter((pid) => ofProcess(pid, 'environ').includes(`${nameOfStart}=${name}\0`));
  const lines = left.map((pid) => `${pid} ${ofProcess(pid, 'cmdline').replaceAll('\0', ' ')}`);
  for (const pid of left) process.kill(Number(pid), 'SIGKILL');
  throw new Error(`outlived its test by ${goneWithinMs} ms:\n${lines.join('\n')}`);
}

const goneWithinMs = 20_000;

function ofProcess(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // No process, or gone.
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Runs to the end; the JSON object on the last line of stdout, if there is one. */
export async function axond(
  t: Ends,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | string; json: Record<string, unknown>; stderr: string; stdout: string }> {
  const started = startAxond(t, args, environment);
  const code = await started.exited;
  const last = started.stdout().trim().split('\n').at(-1) ?? '';
  const json = last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {};
  return { code, json, stderr: started.stderr(), stdout: started.stdout() };
}

/**
 * What `axond status` prints of a device, asked on its control socket: for who asks again and again, since a command takes
 * half a second of processor time to start. Undefined where nobody answers.
 */
export async function statusOf(runtimeFolder: string, device: string): Promise<unknown> {
  const answer = await askControl(join(runtimeFolder, device, 'control.sock'), { verb: 'status' }).catch(
    () => undefined,
  );
  return answer?.ok === true ? answer.value : undefined;
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
});

/** A folder that goes when the process ends: what the tests started no longer writes into it then. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  folders.push(folder);
  return folder;
}

/** Waits for a condition and says what it waited for when it never came. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
