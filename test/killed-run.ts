import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { axond, startAxond, statusOf, temporaryFolder, until } from './axond-process.js';

/** What a demo left behind that was killed by a signal at a moment of its life. */
export interface KilledRun {
  readonly recording: string;
  readonly check: { code: number | string; json: Record<string, unknown>; stdout: string };
  /** Commands that the guardian says it has started. */
  readonly delivered: number[];
  /** Seconds of signal in the recording at the time of the kill, as far as the control socket knew. */
  readonly streamedSamples: number;
}

/** Starts a demo, kills its core `afterMs` after the first sample, and checks what is on disk. */
export async function killedRun(t: TestContext, signal: 'SIGKILL' | 'SIGTERM', afterMs: number): Promise<KilledRun> {
  const record = temporaryFolder();
  const runtime = temporaryFolder();
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const demo = startAxond(t, ['demo', '--json', '--set', `device.record=${record}`], environment);
  const status = async (): Promise<{ samples: number }> => {
    const now = (await statusOf(runtime, 'demo')) as { source: { samples: number } } | undefined;
    return now?.source ?? { samples: 0 };
  };
  await until('the first sample', async () => (await status()).samples > 0);
  await new Promise((resolve) => setTimeout(resolve, afterMs)); // the moment is the experiment, not a wait for something
  const { samples } = await status();
  demo.child.kill(signal);
  await demo.exited;
  const name = readdirSync(record).find((file) => file.endsWith('.db')) ?? '';
  const recording = join(record, name);
  const deliveries = recording.replace(/\.db$/, '.deliveries');
  const pid = join(runtime, 'demo', 'guardian.pid');
  await until('the guardian to end', () => !existsSync(pid) || !alive(Number(readFileSync(pid, 'utf8'))));
  const delivered = existsSync(deliveries)
    ? readFileSync(deliveries, 'utf8')
        .split('\n')
        .filter((line) => /^\d+ /.test(line))
        .map((line) => Number.parseInt(line, 10))
    : [];
  return {
    recording,
    check: await axond(t, ['check', recording, '--json'], environment),
    delivered,
    streamedSamples: samples,
  };
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
