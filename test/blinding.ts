import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputLines } from '../drivers/gpio/port.js';
import { openPty } from '../drivers/serial/pty.js';
import { openActuator, type ActuatorHandle, type ActuatorPlan } from '../runtime/guardian/actuators.js';
import { judgeBlinding, judgePhase, judgeSeen, judgeTold, type Verdict } from './blinding/judge.js';
import { differences, nightOf } from './blinding/night-pair.js';
import { sources } from './blinding/sources.js';
import { throughAxond } from './blinding/through-axond.js';
import { throughFiring } from './blinding/through-firing.js';
import { throughGuardian } from './blinding/through-guardian.js';
import { buildPacedCard, withoutPacedCard } from './paced-card.js';

/**
 * `npm run blinding [-- COUNT [KIND …]]`: whether the conditions can be told apart by anything that comes out of axond
 * before somebody is unblinded (SAFETY.md R-27); `blinding/sources.ts` lists it. COUNT stimuli in each condition, 10,000
 * if it is not given. KIND is one of
 *
 * - `guardian`: the real guardian process, what it says and logs, and what recording, MQTT, LSL, page and exports make of it
 * - a kind of actuator: the guardian's two sides with it, sound on a card that keeps time (20,000 pulses take ten minutes)
 * - `axond`: all processes, with everything that can be seen of them, in half a second for every ten of COUNT (25 minutes)
 * - `nights`: two whole nights of the same sleeper on a clock of their own, whose files must be the same bytes
 * - `null`, only where it is named: `guardian` and `axond` with shams alone under both labels, which shows what the load
 *   of the machine does to the measure
 *
 * Exits 1 if the upper end of an interval reaches its bound, if two nights differ, or if a leak that was planted is not
 * found.
 */

const count = Number(process.argv[2] ?? '10000');
const wanted = process.argv.slice(3);
const folder = mkdtempSync(join(tmpdir(), 'axond-blinding-'));
const pty = openPty();
const listener = createSocket('udp4').bind(0, '127.0.0.1');
await once(listener, 'listening');
const failures: string[] = [];

try {
  if (isWanted('guardian')) await throughProcess();
  if (isWanted('axond')) await throughAll();
  if (isWanted('nights')) await throughNights();
  if (wanted.includes('null')) {
    await throughProcess('sham');
    await throughAll('sham');
  }
  const plans: ActuatorPlan[] = [
    { use: 'serial-trigger', port: pty.path, baudRate: 115200, codes: [1], restCode: 0 },
    { use: 'lan-trigger', address: '127.0.0.1', port: listener.address().port, codes: [1], restCode: 0 },
    { use: 'virtual' },
  ];
  for (const plan of plans) if (isWanted(plan.use)) throughBothSides(plan, () => openActuator(plan, false));
  if (isWanted('gpio')) {
    const plan: ActuatorPlan = { use: 'gpio', lines: [17], activeLow: false, oneShot: true };
    throughBothSides(plan, () => ({ ...openActuator({ use: 'virtual' }, false), lines: fileForALine() }));
  }
  const missing = isWanted('audio') ? withoutPacedCard() : 'not asked for';
  if (missing === '') {
    const { card, configuration } = buildPacedCard(folder, 50);
    process.env['ALSA_CONFIG_PATH'] = configuration;
    const sound = { rate: 48_000, periodFrames: 128, sounds: ['pink-15ms'], levelDbfs: -30, ceilingDbfs: -20 };
    const plan: ActuatorPlan = { use: 'audio', card, ...sound };
    throughBothSides(plan, () => openActuator(plan, true));
  } else process.stdout.write(`left out: audio, on a card that keeps time: ${missing}\n`);
} finally {
  pty.close();
  listener.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;

function isWanted(kind: string): boolean {
  return wanted.length === 0 || wanted.includes(kind);
}

async function throughProcess(only?: 'sham'): Promise<void> {
  const name = only ? 'null, shams alone: ' : '';
  const { known, late, latched } = await throughGuardian(count, mkdtempSync(join(folder, 'guardian-')), only);
  report(`${name}guardian process, bench on a pseudo-terminal`, judgeBlinding(known, Math.random));
  report(`${name}what is told of it`, judgeTold(known, Math.random));
  report(`${name}what asks`, judgePhase(known, Math.random));
  process.stdout.write(
    `  ${known.length} stimuli, a byte on the wire for each real one and none for a sham; on a busy machine ${late} blocks ` +
      `began late and were left out, and ${latched} guardians latched\n`,
  );
}

async function throughAll(only?: 'sham'): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    const stretches = Math.ceil(count / 10);
    const night = await throughAxond(stretches, { after: (end) => void ends.unshift(end) }, only);
    // n stretches in each condition know an area of 0.5 to 0.41 ÷ √n. By chance alone an interval ends beyond 5.96 times
    // that once in 30,000, and there are some thirty of them.
    const most = 0.5 + (1.96 + 4) * (0.41 / Math.sqrt(stretches));
    const name = `${only ? 'null, shams alone: ' : ''}all processes, at most ${most.toFixed(3)}`;
    report(name, judgeSeen(night.seen, night.stretches, Math.random, most));
    process.stdout.write(
      `  ${night.stretches.length} stretches of half a second, ${night.stimuli} stimuli in them; on a busy machine disarmed ` +
        `${night.disarmed} times\n`,
    );
  } finally {
    for (const end of ends) await end();
  }
}

async function throughNights(): Promise<void> {
  const real = await nightOf('real', folder);
  const found = differences(real, await nightOf('sham', folder));
  tell(`two nights: ${real.size} texts; different: ${found.join(', ') || 'none'}`, found);
  const leaked = differences(real, await nightOf('sham', folder, true));
  const hidden = sources.ofNights.filter((where) => !leaked.includes(where));
  const all = sources.ofNights.length;
  tell(
    `planted: a sham that tells, in ${all} texts with stimuli; not found in: ${hidden.join(', ') || 'none'}`,
    hidden,
  );
}

function tell(what: string, failed: readonly string[]): void {
  process.stdout.write(`${failed.length === 0 ? 'ok    ' : 'FAILED'} ${what}\n`);
  failures.push(...failed);
}

function throughBothSides(plan: ActuatorPlan, open: () => ActuatorHandle): void {
  const { known, latched } = throughFiring(plan, open, 2 * count, join(folder, 'log'), Math.random);
  report(`both sides, ${plan.use}`, judgeBlinding(known, Math.random));
  if (latched > 0) process.stdout.write(`  on a busy machine the guardian's sides latched ${latched} times\n`);
}

/** There is no GPIO chip on a build machine: a file takes the values that a line of sysfs would. */
function fileForALine(): OutputLines {
  const descriptors = [openSync(join(folder, 'line'), 'w')];
  return { way: 'sysfs', chip: 'file', descriptors, lines: 1, fallsOnDeath: false };
}

function report(name: string, verdicts: readonly Verdict[]): void {
  for (const { what, auc, upper, holds, by } of verdicts) {
    process.stdout.write(
      `${holds ? 'ok    ' : 'FAILED'} ${name}: ${what}: AUC ${auc.toFixed(4)}, at most ${upper.toFixed(4)} (95 %); by ${by.join(', ')}\n`,
    );
    if (!holds) failures.push(what);
  }
}
