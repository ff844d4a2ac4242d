import { SignalFile } from '../../drivers/file/signal-file.js';
import { recordLength, type RunDescription, type RunSummary, type SampleBlock } from '../contracts.js';
import { buildLoop, describeLoop, type LoopDescription } from '../loop/build.js';
import { LoggedLoop } from '../loop/logged-loop.js';
import { createRecordList } from '../loop/loop.js';
import type { LoopPlan } from '../loop/plan.js';
import { SlotRing } from '../loop/ring.js';
import { createSampleBlock, sentFrames } from '../loop/sample-block.js';
import { sampleSlotBytes } from '../loop/sample-slot.js';
import { RecordingWriter } from '../recording/writer.js';
import { SimulatedGuardian, openingMessages, simulatedLease } from './simulated-guardian.js';

export interface FileReplay {
  readonly file: SignalFile;
  readonly plan: LoopPlan;
  readonly recording: string;
  readonly describe: (loop: LoopDescription) => RunDescription;
  /** Arms from the first sample on: the guardian is simulated, nothing real can fire. */
  readonly arm: boolean;
  /** 1 plays in real time; Infinity as fast as it goes. */
  readonly speed: number;
  /** Called about four times a second with the part that is done, 0 to 1, or NaN if the length is not known. */
  readonly onProgress?: (part: number) => void;
}

/**
 * Plays a recorded signal through the loop, one frame a cycle as a live device would bring it, into a recording. Times
 * are those of the file: frame n arrives at n / rate.
 */
export async function replayFile(replay: FileReplay): Promise<RunSummary & { realtimeFactor: number }> {
  const { file, plan } = replay;
  const { stream } = file;
  const loop = await buildLoop(plan, stream);
  const samples = SlotRing.create(ringSlots, sampleSlotBytes(stream.channels.length));
  const decisions = SlotRing.create(ringSlots, recordLength * 8);
  const logged = new LoggedLoop(loop, samples, decisions);
  const writer = new RecordingWriter(replay.recording, replay.describe(describeLoop(loop)));
  const guardian = new SimulatedGuardian();
  const messages = createRecordList(512);
  const block = createSampleBlock(stream.channels.length, blockFrames);
  const frame = createSampleBlock(stream.channels.length, 1);
  const periodUs = 1e6 / stream.rate;
  const started = performance.now();
  let shown = started;
  let frames = 0;
  let sent = 0;
  const armed = replay.arm && plan.stimulation !== undefined;
  openingMessages(messages, armed);
  if (armed) writer.lease(simulatedLease);
  while (file.read(block) > 0) {
    for (let place = 0; place < block.frames; place++) {
      const nowUs = (block.firstIndex + place) * periodUs;
      takeFrame(block, place, nowUs, frame);
      guardian.report(nowUs, messages);
      logged.step(nowUs, frame, messages);
      messages.length = 0;
      if (loop.commandCount > 0) guardian.take(loop, nowUs);
      if (decisions.free() < fewSlots || samples.free() < fewSlots) writer.drain(samples, decisions, noMarkers);
    }
    frames = block.firstIndex + block.frames;
    sent += sentFrames(block);
    const now = performance.now();
    if (now - shown > 250) {
      shown = now;
      writer.drain(samples, decisions, noMarkers);
      writer.commit();
      replay.onProgress?.(file.frames === undefined ? NaN : frames / file.frames);
    }
    const aheadMs = (frames * periodUs) / 1000 / replay.speed - (now - started);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
  }
  const wallSeconds = (performance.now() - started) / 1000;
  writer.drain(samples, decisions, noMarkers);
  const { tally } = logged;
  const summary: RunSummary = {
    samples: sent,
    gaps: tally.gaps,
    discardedBytes: 0,
    detections: tally.detections,
    stimuli: tally.stimuli,
    refusals: tally.refusals,
    latencyUs: tally.latencyUs(),
    ringLosses: { samples: samples.losses, decisions: decisions.losses, commands: 0 },
    recording: replay.recording,
    mqtt: null,
  };
  writer.close(summary);
  return { ...summary, realtimeFactor: frames / stream.rate / wallSeconds };
}

function takeFrame(block: SampleBlock, place: number, nowUs: number, frame: SampleBlock): void {
  const { channels } = block;
  for (let channel = 0; channel < channels; channel++) {
    frame.counts[channel] = block.counts[place * channels + channel] as number;
  }
  frame.counters[0] = block.counters[place] as number;
  frame.flags[0] = block.flags[place] as number;
  frame.firstIndex = block.firstIndex + place;
  frame.frames = 1;
  frame.arrivalUs = nowUs;
}

const noMarkers = new Map<number, string>();
const blockFrames = 256;
const ringSlots = 1 << 14;
/** One cycle brings fewer records than this. */
const fewSlots = 1 << 11;
