import { soundedStimuli } from '../../timing/sounded-stimuli.js';
import type { RunDescription } from '../../contracts.js';
import type { Recording } from '../read.js';
import { civilTime, wallTimeOf, type Anchor, type ExportStart } from './civil-time.js';
import { ExportError } from './edf-scale.js';
import { marksOf, type Mark } from './marks.js';
import { surveyFrames, type Survey } from './survey.js';

/** What every format is made of, but for the frames themselves: those are read again as they are written. */
export interface Exported {
  readonly run: RunDescription;
  /** Name of the recording's file, without its ending. */
  readonly id: string;
  readonly survey: Survey;
  readonly marks: readonly Mark[];
  /** When the first frame was at the electrode. */
  readonly start: ExportStart;
  /** The run has ended, and said so. */
  readonly closed: boolean;
}

/**
 * Goes twice over the recording. `newest` is the last anchor of its boot, where later recordings of that boot are at hand.
 * Throws an `ExportError` where it holds no signal.
 */
export function prepareExport(
  recording: Recording,
  id: string,
  timeZone: string,
  newest: Anchor = recording.newestAnchor(),
): Exported {
  const { run, ending } = recording;
  const { stream } = run;
  if (stream.channels.length === 0) {
    throw new ExportError(`${id}: is of pictures, and has no channels. These formats are for signals.`);
  }
  const events = [...recording.readableEvents()];
  // Where nobody has measured, a stimulus is where it was when the guardian said so.
  const timing = run.timing ?? { measured: '', delayUs: stream.delayUs, within95Us: NaN };
  const sounded = soundedStimuli(recording, timing);
  const survey = surveyFrames(blocksOf(recording), stream.channels.length, stream.rate);
  if (!survey) throw new ExportError(`${id}: holds no frame. There is nothing to export.`);
  const closed = ending?.reason === 'closed';
  const wallMs = wallTimeOf(run, newest, survey.firstUs - stream.delayUs);
  const start = { wallMs, timeZone, civil: civilTime(wallMs, timeZone) };
  return { run, id, survey, marks: marksOf(run, events, sounded, survey, closed), start, closed };
}

/** One pass over all frames; the block is reused. */
export function* blocksOf(recording: Recording) {
  for (const { block } of recording.cycles()) yield block;
}
