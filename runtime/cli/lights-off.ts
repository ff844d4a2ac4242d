import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { RunPlan } from '../config/compile.js';
import { openWindow } from '../study/night-file.js';
import { askControl } from '../supervisor/control-socket.js';
import { placesOf, runningDevices } from '../supervisor/places.js';
import { nightTime } from '../supervisor/run-night.js';
import { Failure } from './output.js';

export type Bed = Pick<RunPlan, 'name' | 'record' | 'timeZone'>;

/**
 * Between lights off and lights on nothing measures, plays or fires at a bed but its own run (SAFETY.md R-60). `bed` is the
 * one that the verb is for, whose window stands in its logs also while no run is there; without it every one that runs on
 * this machine, because a card or a port does not say whose it is.
 */
export async function refuseInTheNight(verb: string, bed?: Bed): Promise<void> {
  const running = (await runningDevices()).filter((name) => bed === undefined || name === bed.name);
  const windows = await Promise.all(running.map((name) => ofRun(verb, name)));
  if (bed) windows.push(await byLogs(verb, bed));
  const open = windows.find(({ seconds }) => seconds > 0);
  if (!open) return;
  throw new Failure(
    `${verb}: the lights are off at ${open.name} (its window is open for another ${Math.ceil(open.seconds / 60)} min). End that night first: axond mark lightsOn, or axond night --lights-on.`,
  );
}

interface Window {
  readonly name: string;
  readonly seconds: number;
}

async function byLogs(verb: string, { name, record, timeZone }: Bed): Promise<Window> {
  // Nothing was ever recorded there.
  if (!existsSync(record)) return { name, seconds: 0 };
  const seconds = await openWindow(record, name, nightTime({ record, timeZone }));
  if (seconds === undefined)
    throw new Failure(
      `${verb}: a night's log in ${record} cannot be read, so that the lights may be off at ${name}. Restore it from a copy, or wait until 10 h after it was last written.`,
    );
  return { name, seconds };
}

async function ofRun(verb: string, name: string): Promise<Window> {
  const answer = await askControl(placesOf(name).control, { verb: 'status' }).catch(() => undefined);
  const status = answer?.ok === true ? shape.safeParse(answer.value).data : undefined;
  if (!status)
    throw new Failure(`${verb}: ${name} runs and does not say whether its lights are off. End it first, or wait.`);
  return { name, seconds: status.night?.windowSeconds ?? 0 };
}

const shape = z.object({ night: z.object({ windowSeconds: z.number() }).nullable() });
