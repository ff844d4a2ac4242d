import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { checkRecording } from '../runtime/recording/check.js';
import { openRecording } from '../runtime/recording/read.js';
import { askControl } from '../runtime/supervisor/control-socket.js';
import type { Status } from '../runtime/supervisor/status.js';
import { startAxond, temporaryFolder, until } from './axond-process.js';
import { growthPerHour } from './growth.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';

/**
 * `npm run soak:real [MINUTES]`: axond as it is, armed, on an emulated Cyton with eight channels at 250 Hz, for an hour in
 * real time, reporting to a Mosquitto, while a busy loop runs on each core. What the board has sent must be in the recording or be counted as lost;
 * the memory of core, guardian and link must not grow. Says how large the recording becomes.
 */
if (!hasMosquitto) throw new Error('mosquitto is not installed: sudo apt-get install mosquitto');
const minutes = Number(process.argv[2] ?? 60);
const everySeconds = 20;
const folder = temporaryFolder();
const records = join(folder, 'records');
const cleanUps: (() => unknown)[] = [];
const context = { after: (act: () => unknown) => void cleanUps.unshift(act) } as unknown as TestContext;
const environment = { RUNTIME_DIRECTORY: folder };
const socket = join(folder, 'demo', 'control.sock');
const status = async (): Promise<Status | undefined> => {
  const answer = await askControl(socket, { verb: 'status' }).catch(() => undefined);
  return answer?.ok ? (answer.value as Status) : undefined;
};

const names = ['core', 'guardian', 'link'] as const;
const resident: Record<(typeof names)[number], number[]> = { core: [], guardian: [], link: [] };
/** A guardian that the load has latched is replaced: of a process that has just started nothing is taken. */
const seen = new Map<number, number>();
const startingReadings = 2;
let failed = true;
try {
  const emulator = startAxond(context, ['emulate', 'cyton', '--json', '--night'], environment);
  await until('an emulated amplifier', () => emulator.stdout().includes('\n'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0] ?? '') as { port: string };
  const broker = await Mosquitto.start(context);
  const mqtt = `device.mqtt=mqtt://127.0.0.1:${broker.port}`;
  const sets = [`source.port=${port}`, `device.record=${records}`, mqtt];
  const run = startAxond(
    context,
    ['run', '--json', '--preset', 'demo', '--arm-virtual', '--set', ...sets],
    environment,
  );
  await until('samples', async () => ((await status())?.source.samples ?? 0) > 500, 60_000);
  for (let core = 0; core < cpus().length; core++) {
    const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
    cleanUps.unshift(() => busy.kill('SIGKILL'));
  }
  const endMs = performance.now() + minutes * 60e3;
  while (performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, everySeconds * 1000));
    const processes = (await status())?.processes;
    if (!processes || run.child.exitCode !== null) throw new Error(`axond run has ended: ${run.stderr()}`);
    for (const name of names) {
      const pid = processes[name];
      const mb = residentMb(pid);
      if (pid === null || mb === undefined) continue;
      seen.set(pid, (seen.get(pid) ?? 0) + 1);
      if ((seen.get(pid) ?? 0) > startingReadings) resident[name].push(mb);
    }
  }
  const last = await status();
  run.child.kill('SIGINT');
  const code = await run.exited;
  emulator.child.stdin?.end();
  await emulator.exited;
  const { frames: packets } = JSON.parse(emulator.stdout().trim().split('\n').at(-1) ?? '{}') as { frames: number };
  const file = join(records, readdirSync(records).find((name) => name.endsWith('.db')) ?? '');
  const { ok, faults, warnings, frames, lostCycles, started, refusals } = checkRecording(file);
  const recording = openRecording(file);
  const { packedBytes, rawBytes } = recording.packing();
  recording.close();
  // What was on its way when the run let go of the port.
  const unaccounted = packets - frames;
  const growth = {
    core: growthPerHour(resident.core, everySeconds),
    guardian: growthPerHour(resident.guardian, everySeconds),
    link: growthPerHour(resident.link, everySeconds),
  };
  const report = {
    ...{ minutes, code, ok, faults, warnings, sent: packets, frames, lostCycles, unaccounted },
    ...{ gaps: last?.source.gaps, lostFrames: last?.source.lostFrames, ringLosses: last?.ringLosses, mqtt: last?.mqtt },
    ...{ stimuli: started.length, refusals },
    processes: seen.size,
    residentMb: { ...resident, growthPerHour: growth },
    mbPerHour: (statSync(file).size / 1e6 / frames) * 250 * 3600,
    ofRaw: packedBytes / rawBytes,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  failed = !ok || code !== 0 || unaccounted < 0 || unaccounted > 250 || Object.values(growth).some((mb) => mb > 5);
} finally {
  for (const act of cleanUps) await act();
}
process.exit(failed ? 1 : 0);

/** Undefined of a process that has just ended: a guardian that was latched is replaced. */
function residentMb(pid: number | null): number | undefined {
  if (pid === null || !existsSync(`/proc/${pid}/status`)) return undefined;
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1e3;
}
