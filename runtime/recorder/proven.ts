import { readDeliveries } from '../recording/deliveries.js';
import { openRecording } from '../recording/read.js';
import type { Proven } from './budget.js';

/**
 * The stimuli of a killed run that are proven: permitted by its recording, or delivered by the guardian's log beside it.
 * None where neither can be read: then all that its leases allowed counts.
 */
export function provenStimuli(recordingPath: string): Proven[] {
  const found = new Map<number, Proven>();
  try {
    for (const { command, aboutUs, startedUs, endedUs, dropped } of readDeliveries(recordingPath).deliveries) {
      const atUs = [startedUs, aboutUs, endedUs].find((us) => !Number.isNaN(us));
      if (!dropped && atUs !== undefined) found.set(command, { command, atUs });
    }
    const recording = openRecording(recordingPath);
    try {
      for (const { event } of recording.readableEvents()) {
        if (event?.kind !== 'permit') continue;
        found.set(event.command, { command: event.command, atUs: Math.max(event.us, event.fireAtUs) });
      }
    } finally {
      recording.close();
    }
  } catch {
    // What cannot be read proves nothing further.
  }
  return [...found.values()].sort((a, b) => a.command - b.command);
}

/** Whether a folder holds recordings with stimuli, or some that nobody can read: then there was a budget once. */
export function anyStimuli(paths: readonly string[]): boolean {
  return paths.some((path) => {
    try {
      const recording = openRecording(path);
      try {
        if (recording.run.verb === 'replay') return false;
        for (const { event } of recording.readableEvents()) if (event?.kind === 'permit') return true;
        return false;
      } finally {
        recording.close();
      }
    } catch {
      return true;
    }
  });
}
