import { once } from 'node:events';
import { monotonicUs } from '../runtime/monotonic.js';
import { isOpen, wasDelivered } from '../runtime/guardian/delivery-lines.js';
import { checkRecording } from '../runtime/recording/check.js';
import { readDeliveries } from '../runtime/recording/deliveries.js';
import { openRecording } from '../runtime/recording/read.js';
import type { Status } from '../runtime/supervisor/status.js';
import { until } from './axond-process.js';
import type { FarByte } from './far-end.js';
import { alive } from './killed-run.js';
import { kill, restCode, StimulatingLab } from './stimulating-lab.js';

/**
 * `npm run kill`: labs whose core, guardian or all processes are killed by SIGKILL at random moments while they
 * stimulate, and which are started again on the same folders. What the trigger box at the far end of the port got is then
 * looked for in the recordings: each stimulus must be there as delivered, or as possibly delivered, and none may come
 * sooner or more often than the gate allows, whatever was killed in between (SAFETY.md ).
 */
const wanted = Number(process.argv[2] ?? 100);
const lanes = Number(process.argv[3] ?? 4);
const limits = { intervalMs: 600, perMinute: 40 };
const victims = ['core', 'guardian', 'all'] as const;
type Processes = Status['processes'];

interface Life {
  /** When its core was started. */
  readonly fromUs: number;
  recording: string;
}

const killed: Record<string, number> = {};
const faults: string[] = [];
const counts = { stimuli: 0, delivered: 0, possiblyDelivered: 0, within: 0 };
let begun = 0;

async function lane(): Promise<void> {
  const gate = `interval: ${limits.intervalMs}ms, perMinute: ${limits.perMinute}, perHour: 1200, perNight: 6000`;
  const lab = new StimulatingLab({ durationMs: 400, everyMs: 600, gate });
  const lives: Life[] = [];
  try {
    while (begun < wanted) {
      lives.push({ fromUs: monotonicUs(), recording: '' });
      lab.start();
      for (let goesOn = true; goesOn && begun < wanted;) {
        await lab.arm();
        await lab.untilStimulus(120_000);
        const status = await lab.status();
        const life = lives.at(-1);
        if (life && status) life.recording = status.recording;
        const victim = victims[begun++ % victims.length] ?? 'core';
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500)); // the moment is the experiment
        if (lab.lasts) counts.within++;
        goesOn = status ? await strike(lab, victim, status.processes) : true;
        killed[victim] = (killed[victim] ?? 0) + 1;
        process.stderr.write(`${begun} of ${wanted}: ${victim}\n`);
      }
    }
    await end(lab);
    account(lab.farEnd.bytes(), lives);
  } finally {
    await lab.close();
  }
}

/** True if the core lives on. */
async function strike(lab: StimulatingLab, victim: (typeof victims)[number], processes: Processes): Promise<boolean> {
  if (victim === 'guardian') {
    if (processes.guardian !== null) kill(processes.guardian, 'SIGKILL');
    return true;
  }
  if (victim === 'all') for (const pid of [processes.guardian, processes.link]) if (pid !== null) kill(pid, 'SIGKILL');
  lab.core?.kill('SIGKILL');
  await gone(lab, processes);
  return false;
}

async function end(lab: StimulatingLab): Promise<void> {
  if (!isAlive(lab)) return;
  lab.core?.kill('SIGTERM');
  await gone(lab, undefined);
}

/** The guardian outlives the core by a moment: it rests, and writes that down. */
async function gone(lab: StimulatingLab, processes: Processes | undefined): Promise<void> {
  if (lab.core && isAlive(lab)) await once(lab.core, 'exit');
  const guardian = processes?.guardian ?? null;
  await until('the guardian to leave', () => guardian === null || !alive(guardian), 60_000);
}

function isAlive({ core }: StimulatingLab): boolean {
  return core?.exitCode === null && core.signalCode === null;
}

/** Each stimulus that the far end got, against the recording of its life; and all of them against the limits. */
function account(bytes: readonly FarByte[], lives: readonly Life[]): void {
  const starts = bytes.filter(({ byte }) => byte !== restCode);
  counts.stimuli += starts.length;
  lives.forEach(({ fromUs, recording }, place) => {
    const untilUs = lives[place + 1]?.fromUs ?? Infinity;
    const commands = starts.filter(({ atUs }) => atUs >= fromUs && atUs < untilUs).map(({ byte }) => byte);
    if (commands.length === 0) return;
    const { delivered, possibly } = accounted(recording);
    for (const command of commands) {
      if (delivered.has(command)) counts.delivered++;
      else if (possibly.has(command)) counts.possiblyDelivered++;
      else faults.push(`${recording}: stimulus ${command} was delivered and is on no list`);
    }
    for (const command of delivered) {
      if (!commands.includes(command)) faults.push(`${recording}: stimulus ${command} is listed and was not delivered`);
    }
  });
  starts.forEach(({ atUs }, place) => {
    const before = starts[place - 1];
    // A busy machine hands a byte over late, and the next one in time.
    if (before && atUs - before.atUs < limits.intervalMs * 1000 - latenessUs)
      faults.push(`two stimuli within ${(atUs - before.atUs) / 1000} ms`);
    const earlier = starts[place - limits.perMinute];
    if (earlier && atUs - earlier.atUs < 60e6 - latenessUs) faults.push(`more than ${limits.perMinute} in a minute`);
  });
}

/** What a recording and the guardian's log beside it say was delivered, or possibly. */
function accounted(path: string): { delivered: Set<number>; possibly: Set<number> } {
  const report = checkRecording(path);
  faults.push(...report.faults.map((fault) => `${path}: ${fault}`));
  const log = readDeliveries(path).deliveries;
  const ofLog = log.filter(wasDelivered).map(({ command }) => command);
  const possibly = log.filter(isOpen).map(({ command }) => command);
  const recording = openRecording(path);
  try {
    for (const { event } of recording.readableEvents()) if (event?.kind === 'permit') possibly.push(event.command);
  } finally {
    recording.close();
  }
  return { delivered: new Set([...report.started, ...ofLog]), possibly: new Set(possibly) };
}

const latenessUs = 50e3;

const startedUs = monotonicUs();
await Promise.all(Array.from({ length: lanes }, lane));
const seconds = Math.round((monotonicUs() - startedUs) / 1e6);
process.stdout.write(`${JSON.stringify({ kills: begun, ...killed, ...counts, faults, seconds })}\n`);
process.stdout.write(
  `${begun} kills, ${counts.within} of them within a stimulus: ${counts.stimuli} stimuli at the far end, ` +
    `${counts.delivered} recorded as delivered, ${counts.possiblyDelivered} as possibly delivered, ${faults.length} faults.\n`,
);
process.exit(faults.length === 0 ? 0 : 1);
