import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AudioActuator, type AudioPlan } from '../drivers/audio/actuator.js';
import { AudioOutput } from '../drivers/audio/output.js';
import { Word } from '../drivers/audio/shared.js';
import { quantilesOf } from '../runtime/bench/quantiles.js';
import type { Command } from '../runtime/contracts.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { requestRealtime } from '../runtime/realtime.js';
import { buildPacedCard, buildWatch, withoutPacedCard } from './paced-card.js';

/**
 * Sound on a card that keeps time, with every core kept busy: from `fire` to the reported start, how true that report is
 * by the card's own clock, and underruns. An underrun while the whole machine stood still (nothing of the highest priority
 * ran either) is told apart. Exit 1 if the 99th percentile is 10 ms and one period or more, if a pulse is missing, or on
 * an underrun that the machine does not explain.
 *
 *   npm run sound -- --minutes 10 [--period 128]
 */

const fire: Omit<Command, 'command'> = {
  kind: 'fire',
  sequence: 0,
  cycle: 0,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 50e3,
  variant: 0,
  gainDb: 0,
  lease: 0,
};

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, period: { type: 'string', default: '128' } },
});
const missing = withoutPacedCard();
if (missing !== '') {
  process.stdout.write(`sound: ${missing}\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'axond-sound-'));
const paced = buildPacedCard(folder, 50);
process.env['ALSA_CONFIG_PATH'] = paced.configuration;
const children: ChildProcess[] = [];
const stalls: { fromUs: number; toUs: number }[] = [];
const asked: { atUs: number; startedUs: number }[] = [];
try {
  await measure();
} finally {
  for (const child of children) child.kill('SIGKILL');
}
const heard = paced.heard();
rmSync(folder, { recursive: true });
report();

async function measure(): Promise<void> {
  const watch = spawn(buildWatch('stall-watch', folder), { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(watch);
  createInterface({ input: watch.stdout }).on('line', (line) => {
    const [fromUs = NaN, lateUs = NaN] = line.split(' ').map(Number);
    stalls.push({ fromUs, toUs: fromUs + lateUs });
  });
  for (let core = 0; core < availableParallelism(); core++) {
    children.push(spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  }
  const plan: AudioPlan = {
    use: 'audio',
    card: paced.card,
    rate: 48_000,
    periodFrames: Number(values.period),
    sounds: ['pink-50ms'],
    levelDbfs: -30,
    ceilingDbfs: -20,
  };
  process.stdout.write(`sound: this thread ${requestRealtime()}, ${availableParallelism()} cores busy\n`);
  const handle = AudioActuator.open(plan, true);
  const actuator = new AudioActuator(plan, handle, new Int32Array(new SharedArrayBuffer(4)));
  const output = new AudioOutput(handle);
  const untilMs = performance.now() + Number(values.minutes) * 60e3;
  const words = new Int32Array(handle.words);
  for (let n = 1; performance.now() < untilMs; n++) {
    // Whatever the phase of the card's periods.
    await pause(400 + ((n * 37) % 101));
    if (output.fault() !== '') {
      process.stdout.write(`sound: ${output.fault()}\n`);
      break;
    }
    const atUs = monotonicUs();
    const started = actuator.fire({ ...fire, command: n }, 'real');
    asked.push({ atUs, startedUs: started.atUs });
    while (!output.isOver()) await pause(2);
    actuator.rest();
  }
  await pause(50);
  process.stdout.write(`sound: ${words[Word.underruns] ?? 0} underruns as the pump counts them\n`);
  actuator.close();
}

function report(): void {
  const latencies = asked.map(({ atUs, startedUs }) => startedUs - atUs);
  const errors = asked.map(({ startedUs }) => Math.min(...heard.sounds.map(({ onUs }) => Math.abs(onUs - startedUs))));
  const isStalled = (us: number): boolean => stalls.some(({ fromUs, toUs }) => us > fromUs && us < toUs + 10e3);
  const unexplained = heard.underrunsUs.filter((us) => !isStalled(us));
  const limitUs = 10e3 + (Number(values.period) * 1e6) / 48_000;
  const figures = {
    minutes: Number(values.minutes),
    pulses: asked.length,
    heard: heard.sounds.length,
    fireToStartUs: rounded(latencies),
    limitUs: Math.round(limitUs),
    reportErrorUs: rounded(errors),
    underruns: heard.underrunsUs.length,
    underrunsAfterSeconds: heard.underrunsUs.map((us) => Math.round((us - (asked[0]?.atUs ?? us)) / 1e5) / 10),
    underrunsWhileTheMachineStood: heard.underrunsUs.length - unexplained.length,
    stalls: stalls.length,
    longestStallUs: Math.max(0, ...stalls.map(({ fromUs, toUs }) => toUs - fromUs)),
  };
  const isGood =
    quantilesOf(latencies).p99 < limitUs && unexplained.length === 0 && heard.sounds.length >= asked.length;
  process.stdout.write(
    `${JSON.stringify(figures, null, 2)}\n${isGood ? 'sound: as it should be' : 'sound: NOT good'}\n`,
  );
  process.exitCode = isGood ? 0 : 1;
}

function rounded(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(Object.entries(quantilesOf(values)).map(([name, us]) => [name, Math.round(Number(us))]));
}
