import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputLines } from '../drivers/gpio/port.js';
import { openPty } from '../drivers/serial/pty.js';
import { openActuator, type ActuatorHandle, type ActuatorPlan } from '../runtime/guardian/actuators.js';
import { judgeBlinding, judgeTold, type Verdict } from './blinding/judge.js';
import { throughFiring } from './blinding/through-firing.js';
import { throughGuardian } from './blinding/through-guardian.js';
import { buildPacedCard, withoutPacedCard } from './paced-card.js';

/**
 * `npm run blinding [-- COUNT [KIND …]]`: whether the conditions can be told apart by anything that the guardian publishes
 * (SAFETY.md R-27), or by what recording, MQTT, LSL, page and exports make of it (`blinding/told.ts`). COUNT stimuli in each condition, 10,000 if it is not given: in the real guardian process (KIND
 * `guardian`), and through its two sides with each kind of actuator, sound on a card that keeps time (20,000 pulses take
 * ten minutes). Exits 1 if the upper end of an interval reaches 0.52, or if a leak that was planted is not found.
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

async function throughProcess(): Promise<void> {
  const { known, late, latched } = await throughGuardian(count, folder);
  report('guardian process, bench on a pseudo-terminal', judgeBlinding(known, Math.random));
  report('what is told of it', judgeTold(known, Math.random));
  process.stdout.write(
    `  ${known.length} stimuli, a byte on the wire for each real one and none for a sham; on a busy machine ${late} blocks ` +
      `began late and were left out, and ${latched} guardians latched\n`,
  );
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
