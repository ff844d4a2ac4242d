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
  const found = bed ? [await lightsOff(bed)] : await Promise.all((await runningDevices()).map(ofRun));
  const open = found.find(({ windowSeconds }) => windowSeconds > 0);
  if (!open) return;
  const left = `${Math.ceil(open.windowSeconds / 60)} min`;
  throw new Failure(
    `${verb}: the lights are off at ${open.name} (its window is open for another ${left}). End that night first: axond mark lightsOn, or axond night --lights-on.`,
  );
}

interface Window {
  readonly name: string;
  readonly windowSeconds: number;
}

async function lightsOff(bed: Bed): Promise<Window> {
  const logged = await openWindow(bed.record, bed.name, nightTime(bed));
  return { name: bed.name, windowSeconds: Math.max((await ofRun(bed.name)).windowSeconds, logged) };
}

/** As it says itself; closed where nobody answers. */
async function ofRun(name: string): Promise<Window> {
  const answer = await askControl(placesOf(name).control, { verb: 'status' }).catch(() => undefined);
  const status = answer?.ok === true ? shape.safeParse(answer.value).data : undefined;
  return { name, windowSeconds: status?.night?.windowSeconds ?? 0 };
}

const shape = z.object({ night: z.object({ windowSeconds: z.number() }).nullable() });
