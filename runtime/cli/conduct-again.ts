import type { Logger } from 'pino';
import type { RunPlan } from '../config/compile.js';
import { Uploads } from '../link/upload/uploads.js';
import { monotonicUs } from '../monotonic.js';
import { awaitRoom, type RoomWanted } from '../supervisor/await-room.js';
import { StorageKeeper } from '../supervisor/storage-keeper.js';

export interface Ended<Summary> {
  readonly summary: Summary;
  /** Undefined unless it ended for want of space: bytes that the next recording begins with. */
  readonly roomWanted: number | undefined;
}

/** Where its recordings are, and what becomes of them. */
type Recorded = Pick<RunPlan, 'name' | 'record' | 'storage' | 'upload' | 'recipients'>;

/**
 * One run after the other for as long as they end for want of space, each when there is room again; a signal ends the
 * waiting. Meanwhile recordings are uploaded and let go as ever, but for the last: its stimuli are counted by the next run.
 * A run that was to last `seconds` is not followed by another one.
 */
export async function conductAgain<Summary extends { readonly recording: string | null }>(
  recorded: Recorded,
  { log, seconds }: { readonly log: Logger; readonly seconds: number | undefined },
  conductOnce: () => Promise<Ended<Summary>>,
): Promise<Summary> {
  for (;;) {
    const { summary, roomWanted } = await conductOnce();
    const { recording } = summary;
    if (roomWanted === undefined || recording === null || seconds !== undefined) return summary;
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    try {
      if (!(await roomMade(recorded, { recording, bytes: roomWanted, signal: stopping.signal, log }))) return summary;
      log.warn(`${recorded.record}: there is room again; a new recording begins`);
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  }
}

/** False if the waiting was ended. */
async function roomMade(
  recorded: Recorded,
  { recording, ...wanted }: Pick<RoomWanted, 'bytes' | 'signal' | 'log'> & { readonly recording: string },
): Promise<boolean> {
  const { bytes, log } = wanted;
  const { name, record, storage } = recorded;
  const keeper = new StorageKeeper(record, storage, bytes, log);
  // The log has it; there is no recording now that it could stand in.
  const beat = (): void => keeper.beat(monotonicUs() / 1000, recording, () => undefined);
  const uploads = uploadsOf(recorded, recording, log);
  try {
    return await awaitRoom({ ...wanted, device: name, folder: record, beat });
  } finally {
    await uploads?.close();
  }
}

/** The link process has ended with its run. */
function uploadsOf({ name, upload, recipients = [] }: Recorded, recording: string, log: Logger): Uploads | undefined {
  if (!upload && recipients.length === 0) return undefined;
  const uploads = new Uploads({ ...(upload ? { upload } : {}), recipients }, { recording, node: name }, (report) => {
    if ('problem' in report && report.problem !== '') log.warn(`upload: ${report.problem}`);
  });
  uploads.hear(false);
  return uploads;
}
