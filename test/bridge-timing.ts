import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridgeActuator, type BridgePlan } from '../firmware-bridge/host/actuator.js';
import { hostTime } from '../firmware-bridge/host/clock-sync.js';
import { BridgeProcess, until } from '../firmware-bridge/host/bridge-process.test.fixture.js';
import { SharedLink, Value, Word } from '../firmware-bridge/host/shared.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { requestRealtime } from '../runtime/realtime.js';
import { StallWatch } from './stall-watch.js';

/**
 * `npm run bridge-timing [-- --minutes N]`: how well pulses keep their time (SAFETY.md ), on the firmware's host
 * port, first on the machine as it is and then with both of its cores at work for N minutes (1 if it is not given). Each
 * pulse is asked for 8 to 15 ms ahead. Its error is told by the edge's stamp on the device's clock against the request as
 * it was mapped to that clock, and by the pin as the device's own process saw it against the request itself; the stated
 * uncertainty is held against the error of the mapping. A heartbeat that was lost is explained by a stall of the machine
 * (as each processor's watch with the highest priority saw it), of the kernel's worker for terminals (as a terminal of the
 * test's own saw it: on a busy machine it keeps bytes back, since its priority is an ordinary one, and beats come late that
 * were sent in time) or of this process that reaches what it may last, less the age that a beat may have by then. Exits 1 where a bound is missed: they are judged only where SCHED_FIFO is allowed.
 */

/** The heartbeat, less the 20 ms that the last beat may be old. */
const explainsMs = 80;
const nothing = new Int32Array(new SharedArrayBuffer(4));
const { minutes } = parseArguments(process.argv.slice(2));
const granted = requestRealtime();
const isJudged = granted === 'real-time';
const folder = mkdtempSync(join(tmpdir(), 'axond-bridge-'));
const bridge = new BridgeProcess(join(folder, 'pin'), isJudged ? ['--realtime'] : []);
const plan: BridgePlan = { use: 'bridge', port: bridge.port, baudRate: 921_600, amplitude: 1000 };
const watch = new StallWatch(folder);
const failures: string[] = [];
if (!isJudged) process.stdout.write(`${granted}: figures are shown and not judged\n`);
try {
  await bridge.ready();
  const handle = BridgeActuator.open(plan, isJudged);
  const [firing, resting] = [new BridgeActuator(plan, handle), new BridgeActuator(plan, handle)];
  const ticking = setInterval(() => resting.tick(true), 4);
  await until('the bridge', () => firing.check().length === 0);
  await new Promise((resolve) => setTimeout(resolve, 2100)); // a boot counts as one longest pulse
  await measure('as it is', firing, new SharedLink(handle), Math.min(1, minutes));
  const load = [0, 1].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  try {
    await measure('both cores at work', firing, new SharedLink(handle), minutes);
  } finally {
    load.forEach((child: ChildProcess) => child.kill('SIGKILL'));
  }
  clearInterval(ticking);
  resting.close();
} finally {
  watch.end();
  await bridge.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) process.stdout.write(`FAULT   ${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function measure(name: string, firing: BridgeActuator, shared: SharedLink, forMinutes: number) {
  const { words, values } = shared;
  const beganUs = monotonicUs();
  const before = { losses: words[Word.losses] ?? 0, stalls: words[Word.stalls] ?? 0, outputs: bridge.outputs.length };
  values[Value.longestBeatUs] = 0;
  const pulses: { startUs: number; atUs: number; stampUs: number; meantUs: number; uncertainUs: number }[] = [];
  const refused: string[] = [];
  const unexplained: string[] = [];
  let late = 0;
  let [counted, lookedUs] = [before.losses, beganUs];
  for (let number = 1; monotonicUs() - beganUs < forMinutes * 60e6; number++) {
    const askedUs = monotonicUs() + 8e3 + 7e3 * Math.random();
    const waitMs = (askedUs - firing.leadUs - monotonicUs()) / 1000;
    if (waitMs > 0) Atomics.wait(nothing, 0, 0, waitMs);
    const line = shared.readLine();
    const command = { kind: 'fire', sequence: 0, cycle: 0, command: number, expiresUs: askedUs, variant: 0 } as const;
    try {
      const started = firing.fire({ ...command, fireAtUs: askedUs, durationUs: 20e3, gainDb: 0, lease: 0 }, 'real');
      const numbers = started.evidence.match(/\d+/g)?.map(Number) ?? [];
      const [, meantUs = NaN, stampUs = NaN, uncertainUs = NaN] = numbers;
      // One that comes too late for its time is to fire at once: that is what it was mapped from.
      const startUs = line ? hostTime(line, meantUs) : NaN;
      if (startUs > askedUs + 100) late++;
      pulses.push({ startUs, atUs: started.atUs, stampUs, meantUs, uncertainUs });
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
      // A guardian that has latched for it is replaced by another one: here it goes on.
      words[Word.fault] = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, 1030)); // no more than 59 a minute
    const losses = words[Word.losses] ?? 0;
    if (losses > counted) {
      // It is noticed with the state that is asked for each second.
      const stallMs = Math.max(watch.worstMs(lookedUs - 1.2e6), (values[Value.longestBeatUs] ?? 0) / 1000);
      if (stallMs < explainsMs) unexplained.push(`${losses - counted}, worst stall ${Math.round(stallMs)} ms`);
      values[Value.longestBeatUs] = 0;
    }
    [counted, lookedUs] = [losses, monotonicUs()];
  }
  await until('the last pulse to end', () => firing.isAtRest());
  const starts = bridge.outputs.slice(before.outputs).filter(({ amplitude }) => amplitude > 0);
  const losses = (words[Word.losses] ?? 0) - before.losses;
  const stalls = (words[Word.stalls] ?? 0) - before.stalls;
  // Between the two clocks there is nothing but when the device was booted. The pin is stamped before the edge: the pair
  // between which the least time passed says when.
  const seen = pulses.map((pulse) => ({ ...pulse, pinUs: nearest(starts, pulse.atUs) }));
  const bootUs = Math.max(...seen.map(({ pinUs, stampUs }) => pinUs - stampUs));
  const edge = seen.map(({ stampUs, meantUs }) => Math.abs(stampUs - meantUs));
  const pin = seen.map(({ pinUs, startUs }) => Math.abs(pinUs - startUs));
  const covered = seen.filter(({ meantUs, startUs, uncertainUs }) => {
    return Math.abs(meantUs + bootUs - startUs) <= uncertainUs;
  }).length;
  const share = covered / seen.length;
  process.stdout.write(
    `${name}: ${pulses.length} pulses, ${late} of them told too late for their time, ${refused.length} refused\n` +
      `  edge's stamp against the request on the device's clock: ${figures(edge)}\n` +
      `  pin against the request: ${figures(pin)}\n` +
      `  stated uncertainty: ${figures(seen.map(({ uncertainUs }) => uncertainUs))}; covers ${(100 * share).toFixed(2)} % of the errors\n` +
      `  heartbeat lost ${losses} times, ${stalls} by stalls of this process, ${unexplained.length} unexplained; worst stall of the machine ` +
      `${Math.round(watch.worstMs(beganUs))} ms\n`,
  );
  const kinds = new Map<string, number>();
  for (const reason of refused.map((text) => text.replace(/^\S+: /, '').replaceAll(/\d+/g, 'N'))) {
    kinds.set(reason, (kinds.get(reason) ?? 0) + 1);
  }
  for (const [reason, times] of kinds) process.stdout.write(`  ${times} times: ${reason}\n`);
  if (!isJudged) return;
  const judge = (holds: boolean, what: string): void => {
    if (!holds) failures.push(`${name}: ${what}`);
  };
  judge(pulses.length > 0, 'no pulse was given');
  judge(at(edge, 0.99) < 1000, 'p99 of the edge is a millisecond or more');
  judge(at(pin, 0.99) < 1000, 'p99 of the pin is a millisecond or more');
  judge(share >= 0.99, 'the uncertainty covers less than 99 % of the errors');
  for (const loss of unexplained) judge(false, `heartbeats were lost, and nothing had stalled so long: ${loss}`);
}

function nearest(starts: readonly { readonly atUs: number }[], atUs: number): number {
  return starts.reduce(
    (best, start) => (Math.abs(start.atUs - atUs) < Math.abs(best - atUs) ? start.atUs : best),
    -1e15,
  );
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function figures(values: readonly number[]): string {
  return `p50 ${Math.round(at(values, 0.5))}, p99 ${Math.round(at(values, 0.99))}, at most ${Math.round(at(values, 1))} us`;
}

function parseArguments(given: readonly string[]): { minutes: number } {
  const place = given.indexOf('--minutes');
  const minutes = place < 0 ? 1 : Number(given[place + 1]);
  if (!(minutes > 0)) throw new Error(`--minutes: ${String(given[place + 1])} is no number above 0`);
  return { minutes };
}
