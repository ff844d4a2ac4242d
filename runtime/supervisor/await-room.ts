import { statfsSync } from 'node:fs';
import type { Logger } from 'pino';
import { serveControl, type ControlAnswer, type ControlRequest } from './control-socket.js';
import { createPlaces } from './places.js';
import { Service } from './service.js';

export interface RoomWanted {
  readonly device: string;
  /** Of the recordings. */
  readonly folder: string;
  readonly bytes: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** With each look. */
  readonly beat: () => void;
}

/**
 * Waits until the disk of the recordings has room again, and answers on the control socket meanwhile: whoever asks is told
 * what the device waits for. False if the waiting was ended, by the signal or by a `stop`.
 */
export async function awaitRoom(
  { device, folder, bytes, signal, log, beat }: RoomWanted,
  freeBytes = (): number => freeBytesOf(folder),
): Promise<boolean> {
  const stopped = new AbortController();
  const ended = AbortSignal.any([signal, stopped.signal]);
  const reason = (): string =>
    `${folder}: the disk is full, and nothing is recorded or stimulated. ` +
    `Make room: ${megabytes(freeBytes())} of the ${megabytes(bytes)} are free that a recording begins with.`;
  const answer = ({ verb }: ControlRequest): Promise<ControlAnswer> => {
    if (verb === 'stop') stopped.abort();
    return Promise.resolve(
      verb === 'stop' || verb === 'disarm' ? { ok: true, value: 'stopping' } : { ok: false, reasons: [reason()] },
    );
  };
  const service = await Service.find(process.env, (text) => log.warn(text));
  const server = await serveControl(createPlaces(device).control, answer);
  try {
    log.warn(reason());
    for (let look = 0; !ended.aborted && freeBytes() < bytes; look++) {
      service?.beat({ cycle: look, delivering: false, behindUs: 0, text: `the disk of ${folder} is full` });
      beat();
      await pause(ended);
    }
    if (ended.aborted) service?.stop();
    return !ended.aborted;
  } finally {
    server.close();
  }
}

function pause(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      ended.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, lookMs);
    ended.addEventListener('abort', over);
  });
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

const lookMs = 500;
