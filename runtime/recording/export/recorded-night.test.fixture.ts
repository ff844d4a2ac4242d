import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { DetectionPhase, FrameFlag, ReceiptState } from '../../contracts.js';
import { EventCode } from '../../loop/records.js';
import { openRecording, type Recording } from '../read.js';
import { Recorded, temporaryPath } from '../recording.test.fixture.js';

/** A short recording with one of everything that an export notes: 250 Hz, a hole of 2.5 s, three held frames. */

export const rate = 250;

/** Counts of a channel at a sample index: of 16 bits, and of 24 with an offset. */
export const small = (index: number): number => ((index * 7919) % 65000) - 32500;
export const large = (index: number): number => ((index * 104729) % 12_000_000) - 4_000_000;

let made: Uint8Array | undefined;

export function recordNight(t: TestContext): string {
  const path = temporaryPath(t);
  if (made) writeFileSync(path, made);
  else writeNight(path);
  made ??= readFileSync(path);
  return path;
}

function writeNight(path: string): void {
  const recorded = new Recorded(path, 2);
  let us = 1e6;
  const frames = (count: number, jump = 0, flags = 0, counter = 0): void => {
    for (let n = 0; n < count; n++) {
      const index = recorded.samples + (n === 0 ? jump : 0);
      us += 4000 + (n === 0 ? jump * 4000 : 0);
      recorded.push([{ counts: [small(index), large(index)], counter, flags }], us, n === 0 ? jump : 0);
      if (n % 500 === 499) recorded.drain();
    }
    recorded.drain();
  };
  frames(600);
  recorded.record(EventCode.armed, 1e9, 6, 60, 600, 1.5e6, 0);
  recorded.record(EventCode.detection, 0, DetectionPhase.confirmed, 450, 525, NaN, 3.25);
  recorded.record(EventCode.request, 1, 0, 450, 0, 1e9);
  recorded.lease(1, 3);
  recorded.record(EventCode.permit, 1, 1, 0, 0, 1);
  recorded.record(EventCode.receipt, 1, ReceiptState.accepted, us + 100, us);
  recorded.record(EventCode.receipt, 1, ReceiptState.started, us + 2000, us);
  recorded.record(EventCode.receipt, 1, ReceiptState.ended, us + 52_000, us);
  frames(10);
  recorded.record(EventCode.detection, 0, DetectionPhase.ended, 450, 525, 610, 3.25);
  recorded.record(EventCode.refusal, 2, 0b101);
  recorded.texts.set(1, 'lights\noff, "Zürich"');
  recorded.record(EventCode.marker, 1);
  frames(3, 0, FrameFlag.gap, -1);
  frames(300);
  recorded.record(EventCode.permit, 3, 2, 0, 0, 1);
  recorded.record(EventCode.receipt, 2, ReceiptState.dropped, us, us);
  recorded.record(EventCode.permit, 4, 3, 0, 0, 1);
  frames(700, 625);
  recorded.record(EventCode.disarmed, 0);
  frames(60);
  recorded.close();
}

export function openNight(t: TestContext): Recording {
  const recording = openRecording(recordNight(t));
  t.after(() => recording.close());
  return recording;
}
