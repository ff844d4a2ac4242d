import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { RunDescription, RunSummary } from '../contracts.js';
import { SlotRing } from '../loop/ring.js';
import { monotonicUs } from '../monotonic.js';
import { DiskFull, RecordingWriter, type MarkerTexts } from '../recording/writer.js';

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

/** `closed` is the last word in every case, also after a `problem`, with which the recording has ended early. */
export type RecorderReport =
  | { readonly ready: true }
  | {
      /** The greatest age of a cycle when it was committed, since the last report. */
      readonly lagMs: number;
      readonly committedEvents: number;
      readonly freeBytes: number;
      readonly walBytes: number;
    }
  | { readonly problem: string; readonly diskFull: boolean }
  | { readonly closed: true };

const data = workerData as RecorderThreadData;
const samples = SlotRing.attach(data.samples);
const decisions = SlotRing.attach(data.decisions);
const wake = new Int32Array(data.wake);
const texts = new Map<number, string>();
let summary: RunSummary | undefined;
const tell = (report: RecorderReport): void => parentPort?.postMessage(report);

const commitUs = 200e3;
const wakeMs = 40;
const reportUs = 1e6;
const anchorUs = 60e6;
/** Below this the recording is ended while that is still easy; the ballast is for those who fill the disk faster. */
const leastFreeBytes = 16 * 1024 * 1024;

try {
  record(new RecordingWriter(data.path, data.run));
} catch (error) {
  tell({ problem: error instanceof Error ? error.message : String(error), diskFull: error instanceof DiskFull });
}
tell({ closed: true });

function record(writer: RecordingWriter): void {
  tell({ ready: true });
  // The text of a marker is posted before its number can come through the ring: if it is not here yet, it is in the port.
  const markerTexts: MarkerTexts = {
    get(marker) {
      if (!texts.has(marker)) takeRequests();
      return texts.get(marker);
    },
  };
  let committedUs = monotonicUs();
  let reportedUs = committedUs;
  let anchoredUs = committedUs;
  let lagUs = 0;
  while (!summary) {
    Atomics.wait(wake, 0, 0, wakeMs);
    takeRequests();
    writer.drain(samples, decisions, markerTexts);
    const nowUs = monotonicUs();
    if (nowUs - anchoredUs >= anchorUs) {
      writer.anchor(nowUs, Date.now());
      anchoredUs = nowUs;
    }
    if (nowUs - committedUs >= commitUs) {
      const { oldestUncommittedUs } = writer;
      writer.commit();
      committedUs = nowUs;
      if (!Number.isNaN(oldestUncommittedUs)) lagUs = Math.max(lagUs, monotonicUs() - oldestUncommittedUs);
    }
    if (nowUs - reportedUs >= reportUs) {
      const freeBytes = freeAt(data.path);
      const { committedEvents } = writer;
      tell({ lagMs: lagUs / 1000, committedEvents, freeBytes, walBytes: sizeOf(`${data.path}-wal`) });
      if (freeBytes < leastFreeBytes) {
        writer.commit();
        throw writer.endForWantOfSpace();
      }
      reportedUs = nowUs;
      lagUs = 0;
    }
  }
  // Who asks to close has stopped the loop before: nothing comes after this.
  writer.drain(samples, decisions, markerTexts);
  writer.close(summary);
}

function takeRequests(): void {
  if (!parentPort) return;
  for (let given = receiveMessageOnPort(parentPort); given; given = receiveMessageOnPort(parentPort)) {
    const request = given.message as RecorderRequest;
    if ('close' in request) summary = request.close;
    else texts.set(request.marker, request.text);
  }
}

function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
