import { FrameFlag, type SampleBlock } from '../../contracts.js';
import { FrameWalk } from './frame-walk.js';
import type { Exported } from './exported.js';
import { framesSpanned } from './survey.js';

/** Signals as text, a row a frame. */

/**
 * CSV with the sample index, seconds from the first frame by the rate, all channels in their units, and whether the frame
 * was lost (it holds the last values then) or is suspect. Frames that the recording jumps over have no row.
 */
export function* signalCsv({ run: { stream }, survey }: Exported, blocks: Iterable<SampleBlock>): Generator<string> {
  const { channels, rate } = stream;
  const origin = survey.stretches[0]?.first ?? 0;
  const heads = channels.map(({ name, unit }) => quoted(`${name} (${unit})`));
  yield `${['sample', 'seconds', ...heads, 'flag'].join(',')}\n`;
  const decimals = channels.map(({ scale }) => decimalsOf(scale));
  for (const { counts, flags, frames, firstIndex } of blocks) {
    let rows = '';
    for (let frame = 0; frame < frames; frame++) {
      const index = firstIndex + frame;
      rows += `${index},${plainSeconds((index - origin) / rate)}`;
      for (let channel = 0; channel < channels.length; channel++) {
        const value = (counts[frame * channels.length + channel] as number) * (channels[channel]?.scale ?? NaN);
        rows += `,${value.toFixed(decimals[channel])}`;
      }
      rows += `,${flagName(flags[frame] as number)}\n`;
    }
    if (rows !== '') yield rows;
  }
}

/**
 * As a Portiloop writes it: microvolts, and whether there was a detection or a stimulus at that sample. It has no time
 * and no counter, so the frames that the recording jumps over are held.
 */
export function* portiloopCsv(
  { run: { stream }, survey, marks }: Exported,
  blocks: Iterable<SampleBlock>,
): Generator<string> {
  const places = stream.channels.flatMap(({ unit }, place) => (unit === 'uV' ? [place] : []));
  const scales = places.map((place) => stream.channels[place]?.scale ?? NaN);
  const decimals = scales.map(decimalsOf);
  yield `${[...places.map((_, n) => `raw_ch${n + 1}`), 'detection', 'stimulation', 'stimulation_on'].join(',')}\n`;
  const of = (kind: string, at: (mark: (typeof marks)[number]) => number): Set<number> =>
    new Set(marks.flatMap((mark) => (mark.kind === kind ? [Math.round(at(mark))] : [])));
  const detections = of('detection', ({ confirmed }) => confirmed);
  const stimuli = of('stimulus', ({ onset }) => onset);
  const armed = marks.filter(({ kind }) => kind === 'armed' || kind === 'disarmed');
  let isArmed = false;
  let next = 0;
  const frames = new FrameWalk(blocks, stream.channels.length);
  const first = survey.stretches[0]?.first ?? 0;
  const end = first + framesSpanned(survey);
  for (let index = first; index < end; index++) {
    for (let change = armed[next]; change && change.onset <= index; change = armed[++next]) {
      isArmed = change.kind === 'armed';
    }
    const counts = frames.at(index);
    let row = '';
    for (let n = 0; n < places.length; n++) {
      row += `${((counts[places[n] as number] as number) * (scales[n] as number)).toFixed(decimals[n])},`;
    }
    yield `${row}${detections.has(index) ? 1 : 0},${stimuli.has(index) ? 1 : 0},${isArmed ? 1 : 0}\n`;
  }
}

/** So many that neighbouring counts stay a part. */
export function decimalsOf(scale: number): number {
  return Math.min(20, Math.max(0, Math.ceil(-Math.log10(Math.abs(scale))) + 1));
}

function plainSeconds(seconds: number): string {
  return String(Math.round(seconds * 1e6) / 1e6);
}

function flagName(flag: number): string {
  if ((flag & FrameFlag.gap) !== 0) return 'gap';
  return flag === 0 ? '' : 'suspect';
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
