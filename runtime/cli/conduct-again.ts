import type { Logger } from 'pino';
import { awaitRoom } from '../supervisor/await-room.js';

export interface Ended<Summary> {
  readonly summary: Summary;
  /** Undefined unless it ended for want of space: bytes that the next recording begins with. */
  readonly roomWanted: number | undefined;
}

/**
 * One run after the other for as long as they end for want of space, each when there is room again; a signal ends the
 * waiting. A run that was to last `seconds` is not followed by another one.
 */
export async function conductAgain<Summary>(
  { name, record }: { readonly name: string; readonly record: string },
  { log, seconds }: { readonly log: Logger; readonly seconds: number | undefined },
  conductOnce: () => Promise<Ended<Summary>>,
): Promise<Summary> {
  for (;;) {
    const { summary, roomWanted } = await conductOnce();
    if (roomWanted === undefined || seconds !== undefined) return summary;
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    try {
      const wanted = { device: name, folder: record, bytes: roomWanted, signal: stopping.signal, log };
      if (!(await awaitRoom(wanted))) return summary;
      log.warn(`${record}: there is room again; a new recording begins`);
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  }
}
