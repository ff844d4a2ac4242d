import { ByteWriter, ParquetWriter, type ColumnSource } from 'hyparquet-writer';
import { FrameFlag, type SampleBlock } from '../../contracts.js';
import type { Exported } from './exported.js';

/**
 * Parquet: a row a frame with the sample index, seconds from the first frame by the rate, every channel in its unit, and
 * whether the frame was lost; run, scales and marks as JSON under the key `axond`. Frames that the recording jumps over
 * have no row. Values are counts × scale as doubles, so that counts come back.
 */
export function* parquetBytes(exported: Exported, blocks: Iterable<SampleBlock>): Generator<Uint8Array> {
  const { run, survey } = exported;
  const { channels, rate } = run.stream;
  const origin = survey.stretches[0]?.first ?? 0;
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: 'frame', num_children: channels.length + 3 },
      { name: 'sample', type: 'INT32', repetition_type: 'REQUIRED' },
      { name: 'seconds', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      ...channels.map(({ name }) => ({ name, type: 'DOUBLE', repetition_type: 'REQUIRED' }) as const),
      { name: 'lost', type: 'BOOLEAN', repetition_type: 'REQUIRED' },
    ],
    kvMetadata: [{ key: 'axond', value: JSON.stringify(about(exported)) }],
    createdBy: `axond ${run.axond}`,
  });
  const rows = new Rows(channels.length);
  for (const { counts, flags, frames, firstIndex } of blocks) {
    for (let frame = 0; frame < frames; frame++) {
      const index = firstIndex + frame;
      rows.sample[rows.length] = index;
      rows.seconds[rows.length] = (index - origin) / rate;
      for (let channel = 0; channel < channels.length; channel++) {
        const count = counts[frame * channels.length + channel] as number;
        (rows.values[channel] as Float64Array)[rows.length] = count * (channels[channel]?.scale ?? NaN);
      }
      rows.lost[rows.length] = ((flags[frame] as number) & FrameFlag.gap) !== 0;
      if (++rows.length === groupRows) yield* group();
    }
  }
  if (rows.length > 0) yield* group();
  void writer.finish();
  yield bytes.getBytes();

  /** One row group; its bytes leave the buffer, whose count of all goes on. */
  function* group(): Generator<Uint8Array> {
    void writer.write({ columnData: rows.columns(channels.map(({ name }) => name)), rowGroupSize: groupRows });
    rows.length = 0;
    yield bytes.getBytes();
    bytes.index = 0;
  }
}

/** Of one row group. */
class Rows {
  length = 0;
  readonly sample = new Int32Array(groupRows);
  readonly seconds = new Float64Array(groupRows);
  readonly values: readonly Float64Array[];
  readonly lost = new Array<boolean>(groupRows).fill(false);

  constructor(channels: number) {
    this.values = Array.from({ length: channels }, () => new Float64Array(groupRows));
  }

  columns(names: readonly string[]): ColumnSource[] {
    const { length } = this;
    const split = { encoding: 'BYTE_STREAM_SPLIT' } as const;
    return [
      { name: 'sample', data: this.sample.subarray(0, length) },
      { name: 'seconds', data: this.seconds.subarray(0, length), ...split },
      ...names.map((name, place) => ({
        name,
        data: (this.values[place] as Float64Array).subarray(0, length),
        ...split,
      })),
      { name: 'lost', data: this.lost.slice(0, length) },
    ];
  }
}

function about({ run, id, start, marks, survey, closed }: Exported): object {
  const { stream, study } = run;
  const origin = survey.stretches[0]?.first ?? 0;
  return {
    recording: id,
    start: Number.isNaN(start.wallMs) ? null : new Date(start.wallMs).toISOString(),
    closed,
    ...(study ? { study: study.name, participant: study.participant, night: study.night } : {}),
    device: stream.device,
    rate: stream.rate,
    channels: stream.channels.map(({ name, unit, scale }) => ({ name, unit, scale })),
    marks: marks.map(({ kind, onset, seconds, id: name, score, confirmed, text }) => ({
      kind,
      seconds: (onset - origin) / stream.rate,
      duration: seconds,
      ...(name === '' ? {} : { id: name }),
      ...(Number.isNaN(score) ? {} : { score, confirmed: (confirmed - origin) / stream.rate }),
      text,
    })),
  };
}

/** Some four minutes of 250 Hz. */
const groupRows = 1 << 16;
