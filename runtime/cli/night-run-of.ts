import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunDescription } from '../contracts.js';
import { openRecording } from '../recording/read.js';
import { askControl } from '../supervisor/control-socket.js';

/** A run on this machine, by what it records now. */
export interface RunningRun {
  /** Absolute. */
  readonly recording: string;
  readonly pid: number;
  readonly study: RunDescription['study'];
}

/** Rejects with one line where nobody answers. */
export async function runOf(control: string): Promise<RunningRun> {
  const reply = await askControl(control, { verb: 'status' });
  if (!reply.ok) throw new Error(reply.reasons.join('\n'));
  const { recording: named, processes } = shape.parse(reply.value);
  // As the run names it, which may be another folder's.
  const path = named.startsWith('/') ? named : join(readlinkSync(`/proc/${processes.core}/cwd`), named);
  if (!existsSync(path)) throw new Error(`${path}: its run is only beginning. Ask again in a moment.`);
  const recording = openRecording(path);
  try {
    return { recording: path, pid: processes.core, study: recording.run.study };
  } finally {
    recording.close();
  }
}

const shape = z.object({ recording: z.string(), processes: z.object({ core: z.number() }) });
