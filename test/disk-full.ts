import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { refusalReasons } from '../runtime/contracts.js';
import { checkRecording } from '../runtime/recording/check.js';
import { openRecording } from '../runtime/recording/read.js';
import { askControl, type ControlAnswer, type ControlRequest } from '../runtime/supervisor/control-socket.js';
import type { Status } from '../runtime/supervisor/status.js';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';

/**
 * `npm run disk-full`: a run on an emulated amplifier, armed, records onto an ext4 file system of 320 MB (an image that is
 * mounted by loop; root only), which another program fills: slowly, to the point where nothing may be stimulated any more;
 * to the point where the recording is ended; and to the last byte. Each time room returns. Every recording is checked and
 * replayed, and none holds a permit while there was no room for a night. R-21.
 */

const megabyte = 1e6;
const folder = temporaryFolder();
const disk = join(folder, 'disk');
const filler = join(disk, 'filler');
const cleanUps: (() => unknown)[] = [];
const context = { after: (act: () => unknown) => void cleanUps.unshift(act) } as unknown as TestContext;
const told: Record<string, unknown>[] = [];

function command(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

function tell(step: string, more: Record<string, unknown> = {}): void {
  told.push({ step, ...more });
  process.stderr.write(`${step} ${JSON.stringify(more)}\n`);
}

const freeBytes = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Takes all but so much of the disk. */
function fill(leftBytes: number): void {
  command('fallocate', '-l', String(Math.floor(freeBytes() - leftBytes)), filler);
  tell('filled', { freeMB: Math.round(freeBytes() / megabyte) });
}

/** As a program does that writes until nothing more goes. */
function fillUp(): void {
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
  tell('filled', { freeMB: freeBytes() / megabyte });
}

function makeRoom(): void {
  rmSync(filler);
  tell('room again', { freeMB: Math.round(freeBytes() / megabyte) });
}

command('truncate', '-s', '320M', join(folder, 'image'));
command('mkfs.ext4', '-q', '-m', '0', join(folder, 'image'));
mkdirSync(disk);
command('mount', '-o', 'loop', join(folder, 'image'), disk);
cleanUps.push(() => command('umount', '-l', disk));

try {
  const environment = { RUNTIME_DIRECTORY: folder, AXOND_LOG: 'info' };
  const emulator = startAxond(context, ['emulate', 'cyton', '--json'], environment);
  await until('an emulated amplifier', () => emulator.stdout().includes('\n'));
  const { port } = JSON.parse(emulator.stdout().split('\n')[0] ?? '') as { port: string };
  const recordings = join(disk, 'recordings');
  const sets = [`source.port=${port}`, `device.record=${recordings}`, `device.state=${join(folder, 'state')}`];
  const run = startAxond(context, ['run', '--json', '--preset', 'demo', '--set', ...sets], environment);
  const socket = join(folder, 'demo', 'control.sock');
  const ask = (request: ControlRequest): Promise<ControlAnswer> => askControl(socket, request);
  const status = async (): Promise<Status | undefined> => {
    const answer = await ask({ verb: 'status' }).catch(() => undefined);
    return answer?.ok ? (answer.value as Status) : undefined;
  };
  const stimulation = async (): Promise<NonNullable<Status['stimulation']> | undefined> =>
    (await status())?.stimulation ?? undefined;
  const stimuli = async (): Promise<number> => (await stimulation())?.stimuli ?? 0;
  const arm = async (): Promise<void> => {
    await until('arming', async () => (await ask({ verb: 'arm', device: 'demo', forSeconds: 3600 })).ok, 60_000);
    const before = await stimuli();
    await until('a stimulus', async () => (await stimuli()) > before, 120_000);
    tell('armed, and stimulates', { stimuli: await stimuli() });
  };
  const holdsForDisk = async (): Promise<boolean> => (await stimulation())?.holding.includes('disk') === true;
  /** From here on: the run has ended its recording and says what it waits for. */
  const waits = async (): Promise<string> => {
    let reason = '';
    await until('a run that waits for room', async () => {
      const answer = await ask({ verb: 'status' }).catch(() => undefined);
      if (answer && !answer.ok) reason = answer.reasons.join(' ');
      return reason !== '';
    });
    return reason;
  };
  const recordsAgain = async (number: number): Promise<void> => {
    makeRoom();
    await until('a new recording', () => files(recordings).length === number, 60_000);
    await until('its samples', async () => ((await status())?.source.samples ?? 0) > 500, 60_000);
    const now = await stimulation();
    if (now?.armed !== false) throw new Error('the run that began after the full disk is armed');
    tell('records again, disarmed');
  };

  await until('samples', async () => ((await status())?.source.samples ?? 0) > 500, 60_000);
  await arm();
  fill(100 * megabyte);
  await until('an inhibitor', holdsForDisk);
  const refused = (await stimulation())?.refusals ?? 0;
  const given = await stimuli();
  await until('a refusal', async () => ((await stimulation())?.refusals ?? 0) > refused, 120_000);
  const { lastReasons = [] } = (await stimulation()) ?? {};
  if ((await stimuli()) !== given || !lastReasons.includes('disk')) throw new Error('stimulated without room');
  tell('refuses', { lastReasons });
  makeRoom();
  await until('no inhibitor', async () => !(await holdsForDisk()));
  await until('a stimulus', async () => (await stimuli()) > given, 120_000);
  tell('stimulates again, still armed');

  fill(8 * megabyte);
  tell('ended', { says: await waits() });
  await recordsAgain(2);
  await arm();

  fillUp();
  tell('ended', { says: await waits() });
  const armed = await ask({ verb: 'arm', device: 'demo', forSeconds: 3600 });
  if (armed.ok) throw new Error('armed while the disk is full');
  await recordsAgain(3);

  run.child.kill('SIGINT');
  const code = await run.exited;
  if (code !== 0) throw new Error(`axond run ended with ${code}: ${run.stderr()}`);
  for (const file of files(recordings)) {
    const { ok, faults, cycles, permits, refusals } = checkRecording(file);
    const { ending, withoutRoom } = judge(file);
    const replayed = await axond(context, ['replay', file, '--json'], environment);
    tell('recording', { file, ok, faults, ending, cycles, permits, refusals, replay: replayed.code });
    if (!ok || withoutRoom > 0 || replayed.code !== 0) throw new Error(`${file}: ${withoutRoom} ${replayed.stderr}`);
  }
  const endings = files(recordings).map((file) => judge(file).ending);
  if (endings.join() !== 'disk full,disk full,closed') throw new Error(`endings: ${endings.join()}`);
  process.stdout.write(`${JSON.stringify({ ok: true, steps: told.length, recordings: endings })}\n`);
} finally {
  for (const act of cleanUps) await act();
}

function files(recordings: string): string[] {
  return readdirSync(recordings)
    .filter((name) => name.endsWith('.db'))
    .sort()
    .map((name) => join(recordings, name));
}

/** How it ended, and permits that it holds between "no room" and "room again". */
function judge(file: string): { ending: string; withoutRoom: number } {
  const recording = openRecording(file);
  let noRoom = false;
  let withoutRoom = 0;
  for (const { event } of recording.readableEvents()) {
    if (event?.kind === 'inhibitor' && refusalReasons[event.reason] === 'disk') noRoom = event.state !== 0;
    if (event?.kind === 'permit' && noRoom) withoutRoom++;
  }
  const ending = recording.ending?.reason ?? 'none';
  recording.close();
  return { ending, withoutRoom };
}
