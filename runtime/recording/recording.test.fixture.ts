import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { recordLength, type RunDescription, type RunSummary } from '../contracts.js';
import { EventCode } from '../loop/records.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { pushCycle, sampleSlotBytes } from '../loop/sample-slot.js';
import { RecordingWriter } from './writer.js';

/** What tests of recordings write, through the real rings and the real writer. */

export function describeRun(channels: number): RunDescription {
  return {
    name: 'bed-1',
    axond: '0.1.0',
    node: process.version,
    verb: 'run',
    configuration: 'source: { use: cyton }\n',
    stream: {
      device: 'cyton',
      rate: 250,
      delayUs: 0,
      channels: Array.from({ length: channels }, (_, place) => ({
        name: `c${place}`,
        unit: 'uV',
        scale: 0.02235,
        railCounts: 8388607,
      })),
    },
    detectors: ['spindle'],
    estimates: {},
    coefficients: { trace: [[1, 0.1, -0.2]] },
    models: {},
    bootId: 'boot',
    startUs: 1e6,
    startWallMs: 1.7e12,
  };
}

export const emptySummary: RunSummary = {
  samples: 0,
  gaps: 0,
  discardedBytes: 0,
  detections: 0,
  stimuli: 0,
  refusals: 0,
  latencyUs: null,
  ringLosses: { samples: 0, decisions: 0, commands: 0 },
  recording: null,
  mqtt: null,
};

export function temporaryPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-recording-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'night.db');
}

/** A recording that axond 0.1.0 wrote in format 3: 500 frames of 2 channels, 9 events, a stimulus. */
export function formatThree(t: TestContext): string {
  const path = temporaryPath(t);
  const packed = new URL('../../../runtime/recording/fixtures/format-3.db.gz', import.meta.url);
  writeFileSync(path, gunzipSync(readFileSync(packed)));
  return path;
}

export interface WrittenFrame {
  readonly counts: readonly number[];
  readonly counter: number;
  readonly flags: number;
}

/** A writer with its rings, fed as the loop feeds them. */
export class Recorded {
  readonly writer: RecordingWriter;
  readonly texts = new Map<number, string>();
  readonly #samples: SlotRing;
  readonly #decisions = SlotRing.create(1024, recordLength * 8);
  readonly #channels: number;
  #cycle = 0;
  #index = 0;
  #us = 1e6;

  constructor(path: string, channels = 1, run: Partial<RunDescription> = {}) {
    this.writer = new RecordingWriter(path, { ...describeRun(channels), ...run });
    this.#channels = channels;
    this.#samples = SlotRing.create(1024, sampleSlotBytes(channels));
  }

  get cycle(): number {
    return this.#cycle;
  }

  get samples(): number {
    return this.#index;
  }

  /** A cycle at `us` with these frames, `jump` sample indexes after the last one. */
  push(frames: readonly WrittenFrame[], us: number, jump = 0): void {
    const block = createSampleBlock(this.#channels, Math.max(1, frames.length));
    this.#index += jump;
    block.frames = frames.length;
    block.firstIndex = this.#index;
    frames.forEach(({ counts, counter, flags }, place) => {
      block.counts.set(counts, place * this.#channels);
      block.counters[place] = counter;
      block.flags[place] = flags;
    });
    this.#index += frames.length;
    this.#us = us;
    pushCycle(this.#samples, ++this.#cycle, us, block);
  }

  /** Cycles of one frame each, 4 ms apart, as a device would bring them. */
  stream(cycles: number): void {
    for (let n = 0; n < cycles; n++) {
      const counts = Array.from({ length: this.#channels }, (_, place) => 1000 * place + ((this.#index * 37) % 500));
      this.push([{ counts, counter: this.#index & 255, flags: 0 }], this.#us + 4000);
      if (n % 500 === 499) this.drain();
    }
  }

  /** A cycle that a full ring has lost. */
  lose(): void {
    this.#cycle++;
    this.#index++;
    this.#us += 4000;
  }

  /** An event or message of the newest cycle. */
  record(kind: number, ...fields: number[]): Float64Array {
    const record = new Float64Array(recordLength);
    record.set([kind, this.#cycle, this.#index - 1, this.#us, ...fields]);
    this.pushRecord(record);
    return record;
  }

  pushRecord(record: Float64Array): void {
    this.#decisions.doubles.set(record, this.#decisions.slot(0) * recordLength);
    this.#decisions.publish(1);
  }

  /** Granted, and taken up by the loop, in the newest cycle. */
  lease(lease: number, stimuli: number, untilUs = 1e9): void {
    this.writer.lease({ lease, stimuli, grantedUs: this.#us, untilUs });
    this.record(EventCode.lease, lease, stimuli, untilUs);
  }

  drain(): void {
    this.writer.drain(this.#samples, this.#decisions, this.texts);
  }

  commit(): void {
    this.drain();
    this.writer.commit();
  }

  close(summary: Partial<RunSummary> = {}): void {
    this.drain();
    this.writer.close({ ...emptySummary, samples: this.#index, ...summary });
  }
}
