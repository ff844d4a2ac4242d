import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * `npm run timing [-- RUNS PULSES]`: `axond setup timing` against an emulated Cyton with a loop-back, as real processes:
 * 37.5 ms and 40 ppm must be found again within 0.5 ms and 5 ppm, and each fault must be named. Exit 1 if not.
 * A run of 200 pulses lasts three and a half minutes: the guardian of a serial trigger fires 60 a minute at most.
 */

const [runs = 3, pulses = 200] = process.argv.slice(2).map(Number);
const launcher = fileURLToPath(new URL('../../runtime/cli/axond.js', import.meta.url));
/** The emulator stands for two devices that nothing holds up. */
const asDevice = spawnSync('chrt', ['-f', '40', 'true']).status === 0 ? ['chrt', '-f', '40'] : [];
const delayMs = 37.5;
const driftPpm = 40;
let failures = 0;

const delays: number[] = [];
const drifts: number[] = [];
for (let run = 1; run <= runs; run++) {
  const { faults, timing } = await measure('serial-trigger', pulses, []);
  if (!timing) throw new Error(faults.join('\n'));
  const [delay, drift] = [timing.delayUs.median / 1000, timing.driftPpm];
  delays.push(delay - delayMs);
  drifts.push(drift - driftPpm);
  const isClose = Math.abs(delay - delayMs) <= 0.5 && Math.abs(drift - driftPpm) <= 5;
  report(
    // Pulses that a stall of this machine holds up for long are missing; more than 5 % of them are a fault.
    isClose && faults.length === 0,
    `run ${run}: delay ${delay.toFixed(3)} ms, drift ${drift.toFixed(2)} ppm, median deviation ${(timing.delayUs.mad / 1000).toFixed(2)} ms, 95 % within ${(timing.within95Us / 1000).toFixed(2)} ms; ${timing.found} of ${timing.fired} pulses, ${timing.missing} missing, ${timing.double} double`,
  );
}
if (runs > 1) {
  print(
    `off by ${range(delays)} ms and ${range(drifts)} ppm in ${runs} runs${asDevice.length > 0 ? '' : ', without real-time scheduling'}`,
  );
}
for (const [fault, named] of [
  ['wrong-channel', /^LOOP: no pulses here; they are on C3\. Wrong cable/],
  ['clipping', /^LOOP: clipped at its rail in \d+ samples/],
  ['silence', /^LOOP: silence/],
  ['missing:0.5', /^LOOP: \d+ of 24 pulses are missing/],
  ['double:0.5', /^LOOP: \d+ pulses came twice/],
] as const) {
  const { faults } = await measure('bench', 24, ['--loopback-fault', fault]);
  report(
    faults.some((one) => named.test(one)),
    `${fault}: ${faults.join(' ') || 'not named'}`,
  );
}
process.exitCode = failures > 0 ? 1 : 0;

interface Measured {
  readonly faults: readonly string[];
  readonly timing?: {
    readonly fired: number;
    readonly found: number;
    readonly missing: number;
    readonly double: number;
    readonly delayUs: { readonly median: number; readonly mad: number };
    readonly within95Us: number;
    readonly driftPpm: number;
  };
}

async function measure(actuator: string, count: number, options: readonly string[]): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-timing-'));
  const [port, trigger, file] = ['cyton', 'trigger', 'bench.yaml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const links = ['--link', port, '--trigger-link', trigger];
  const loop = ['--loopback', '8', '--delay', `${delayMs}ms`, '--drift', `${driftPpm}ppm`];
  const emulator = start([
    ...asDevice,
    process.execPath,
    launcher,
    'emulate',
    'cyton',
    ...loop,
    ...links,
    ...options,
    '--json',
  ]);
  try {
    await firstLine(emulator);
    writeFileSync(file, configuration(folder, port, actuator, trigger));
    const setup = start([
      ...[process.execPath, launcher, 'setup', 'timing', '--config', file, '--channel', 'LOOP', '--yes', '--json'],
      ...['--pulses', String(count), '--out', join(folder, 'timing.json')],
    ]);
    let output = '';
    setup.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(setup, 'close');
    if (output === '') throw new Error('axond setup timing said nothing; its words are above');
    return JSON.parse(output) as Measured;
  } finally {
    emulator.stdin?.end();
    await once(emulator, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

function configuration(record: string, port: string, actuator: string, trigger: string): string {
  return `device: { name: timing-${process.pid}, record: ${record}, realtime: true }
source: { use: cyton, port: ${port}, electrodes: { C3: 1, LOOP: 8 } }
actuators: { out: { use: ${actuator}, port: ${trigger} } }
signals: { c3: { from: C3 } }
detectors: { spindle: { use: band-power, signal: c3 } }
policy: { use: immediate, after: spindle }
stimulus: { actuator: out, duration: 10ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`;
}

function start([program = '', ...words]: readonly string[]): ChildProcess {
  return spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine({ stdout }: ChildProcess): Promise<void> {
  if (stdout) await once(createInterface({ input: stdout }), 'line');
}

function report(isRight: boolean, text: string): void {
  if (!isRight) failures++;
  print(`${isRight ? 'ok    ' : 'FAULT '} ${text}`);
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
