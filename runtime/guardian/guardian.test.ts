import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BenchActuator } from '../../drivers/bench/actuator.js';
import { openPty } from '../../drivers/serial/pty.js';
import { until } from '../../test/axond-process.js';
import { ReceiptState, type Receipt } from '../contracts.js';
import { silenceGuardian } from './silence.js';
import { startGuardian, type GuardianProcess } from './start.js';

const start = 0x53;
const rest = 0x52;

/** The real guardian on a trigger port that the test reads, and a core that the test may kill. */
class Rig {
  readonly receipts: Receipt[] = [];
  readonly states: string[] = [];
  readonly silenceSocket: string;
  readonly deliveries: string;
  core!: ChildProcess;
  guardian!: GuardianProcess;
  readonly #pty = openPty();
  readonly #folder = mkdtempSync(join(tmpdir(), 'axond-guardian-'));
  readonly #bytes: number[] = [];

  constructor() {
    this.silenceSocket = join(this.#folder, 'silence.sock');
    this.deliveries = join(this.#folder, 'test.deliveries');
  }

  static async start(t: TestContext): Promise<Rig> {
    const rig = new Rig();
    const fifo = join(rig.#folder, 'fifo');
    rig.guardian = await startGuardian(
      {
        fifo,
        silenceSocket: rig.silenceSocket,
        pidFile: join(rig.#folder, 'pid'),
        deliveries: rig.deliveries,
        realtime: false,
        actuator: { use: 'serial-trigger', port: rig.#pty.path, baudRate: 115200, code: start, restCode: rest },
      },
      {
        onReceipt: (receipt) => rig.receipts.push(receipt),
        onState: (_ready, cause) => rig.states.push(cause),
        onExit: () => rig.states.push('gone'),
      },
    );
    rig.core = spawn(process.execPath, [fileURLToPath(new URL('./core.test.fixture.js', import.meta.url)), fifo], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    t.after(() => {
      rig.core.kill('SIGKILL');
      if (rig.states.at(-1) !== 'gone') process.kill(rig.guardian.pid, 'SIGKILL');
      rig.#pty.close();
      rmSync(rig.#folder, { recursive: true, force: true });
    });
    await until('the guardian to be ready', () => rig.states.includes('ready'));
    rig.bytes(); // its first word is rest
    return rig;
  }

  tell(line: string): void {
    this.core.stdin?.write(`${line}\n`);
  }

  /** All bytes that came out of the trigger port so far. */
  bytes(): number[] {
    const buffer = Buffer.alloc(64);
    try {
      this.#bytes.push(...buffer.subarray(0, readSync(this.#pty.master, buffer)));
    } catch {
      // nothing new
    }
    return this.#bytes;
  }

  async fire(milliseconds: number): Promise<void> {
    this.#bytes.length = 0;
    this.tell(String(milliseconds));
    await until('the start byte', () => this.bytes().includes(start));
  }

  async rests(): Promise<void> {
    await until('the rest byte', () => this.bytes().at(-1) === rest);
    assert.deepEqual(this.bytes(), [start, rest]);
  }
}

test('R-14 a stimulus is started, ends by itself after its duration, and is logged', async (t) => {
  const rig = await Rig.start(t);
  await rig.fire(100);
  await rig.rests();
  await until('the receipt of the end', () => rig.receipts.some(({ state }) => state === ReceiptState.ended));
  const at = (wanted: number): number => rig.receipts.find(({ state }) => state === wanted)!.atUs;
  assert.deepEqual(
    rig.receipts.map(({ state }) => state),
    [ReceiptState.accepted, ReceiptState.started, ReceiptState.ended],
  );
  const lasted = at(ReceiptState.ended) - at(ReceiptState.started);
  assert.ok(lasted >= 99e3 && lasted < 500e3, `${lasted} us`);
  assert.match(readFileSync(rig.deliveries, 'utf8'), /^1 [\d.]+ -\n1 [\d.]+ [\d.]+\n$/);
});

test('R-15 the core killed in the middle of a stimulus: rest, and the guardian ends', async (t) => {
  const rig = await Rig.start(t);
  await rig.fire(1000);
  const killed = performance.now();
  rig.core.kill('SIGKILL');
  await rig.rests();
  const waited = performance.now() - killed;
  assert.ok(waited < 500, `${waited} ms`);
  await until('the guardian to end', () => rig.states.at(-1) === 'gone');
});

test('R-13 the core stopped: rest; going on: ready again', async (t) => {
  const rig = await Rig.start(t);
  await rig.fire(1000);
  rig.core.kill('SIGSTOP');
  await rig.rests();
  await until('beats to be missed', () => rig.states.at(-1) === 'beats-lost');
  rig.core.kill('SIGCONT');
  await until('the guardian to be ready again', () => rig.states.at(-1) === 'ready');
});

test('R-16 silence and SIGUSR1 bring rest, and nothing fires after them', async (t) => {
  for (const way of ['silence', 'SIGUSR1']) {
    const rig = await Rig.start(t);
    await rig.fire(1000);
    if (way === 'silence') assert.equal(await silenceGuardian(rig.silenceSocket), 'at rest');
    else process.kill(rig.guardian.pid, 'SIGUSR1');
    await rig.rests();
    await until('the cause', () => rig.states.at(-1) === 'silenced');
    rig.tell('50');
    await until('the receipt', () =>
      rig.receipts.some(({ command, state }) => command === 2 && state >= ReceiptState.refused),
    );
    assert.deepEqual(rig.bytes(), [start, rest]);
  }
});

test('R-12 bytes that are no command bring rest, latched', async (t) => {
  const rig = await Rig.start(t);
  await rig.fire(1000);
  rig.tell('damage');
  await rig.rests();
  await until('the cause', () => rig.states.includes('channel'));
});

test('the bench actuator opens pseudo-terminals only', () => {
  assert.throws(() => BenchActuator.open({ use: 'bench', port: '/dev/null' }), /is no pseudo-terminal/);
});
