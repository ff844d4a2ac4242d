import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { RunDescription, RunSummary } from '../contracts.js';
import { SlotRing } from '../loop/ring.js';
import { monotonicUs } from '../monotonic.js';
import { RecordingWriter } from '../recording/writer.js';

/**
 * The recorder thread: the only writer of the recording. It falls behind rather than hold anybody up; what then does not
 * fit into the rings is lost, counted and held against the gate by those who push.
 */

export interface RecorderThreadData {
  readonly path: string;
  readonly run: RunDescription;
  readonly samples: SharedArrayBuffer;
  readonly decisions: SharedArrayBuffer;
  /** Word 0 is raised to wake the thread early. */
  readonly wake: SharedArrayBuffer;
}

export type RecorderRequest = { readonly marker: number; readonly text: string } | { readonly close: RunSummary };

export type RecorderReport =
  | { readonly ready: true }
  | { readonly lagMs: number; readonly freeBytes: number; readonly walBytes: number }
  | { readonly problem: string }
  | { readonly closed: true };

const data = workerData as RecorderThreadData;
const samples = SlotRing.attach(data.samples);
const decisions = SlotRing.attach(data.decisions);
const wake = new Int32Array(data.wake);
const markers = new Map<number, string>();
const tell = (report: RecorderReport): void => parentPort?.postMessage(report);

const commitUs = 200e3;
const wakeMs = 40;
const reportUs = 1e6;
const anchorUs = 60e6;
/** Below this the recording is closed while that can still be done properly. */
const leastFreeBytes = 16 * 1024 * 1024;

try {
  record();
} catch (error) {
  tell({ problem: error instanceof Error ? error.message : String(error) });
}

function record(): void {
  const writer = new RecordingWriter(data.path, data.run);
  tell({ ready: true });
  let committedUs = monotonicUs();
  let reportedUs = 0;
  let anchoredUs = committedUs;
  for (;;) {
    Atomics.wait(wake, 0, 0, wakeMs);
    const summary = takeRequests();
    writer.drain(samples, decisions, markers);
    const nowUs = monotonicUs();
    if (summary) {
      writer.close(summary);
      tell({ closed: true });
      return;
    }
    if (nowUs - committedUs >= commitUs) {
      writer.commit();
      committedUs = nowUs;
    }
    if (nowUs - anchoredUs >= anchorUs) {
      writer.anchor(nowUs, Date.now());
      anchoredUs = nowUs;
    }
    if (nowUs - reportedUs >= reportUs) {
      reportedUs = nowUs;
      const freeBytes = freeAt(data.path);
      if (freeBytes < leastFreeBytes) {
        writer.commit();
        throw new Error(`${data.path}: less than 16 MB are free on this disk. Make room and start again.`);
      }
      tell({ lagMs: (monotonicUs() - nowUs) / 1000, freeBytes, walBytes: sizeOf(`${data.path}-wal`) });
    }
  }
}

/** Texts of markers are here before their numbers come through the ring. */
function takeRequests(): RunSummary | undefined {
  if (!parentPort) return undefined;
  for (let given = receiveMessageOnPort(parentPort); given; given = receiveMessageOnPort(parentPort)) {
    const request = given.message as RecorderRequest;
    if ('close' in request) return request.close;
    markers.set(request.marker, request.text);
  }
  return undefined;
}

function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
