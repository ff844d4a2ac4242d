import { parseCount } from './column.js';
import { LineReader } from './lines.js';
import { noRail, textScale, type ByteSource, type RecordedFrames } from './recorded-frames.js';
import { RowFields, splitNames } from './rows.js';

/**
 * CSV of a Portiloop: a header line with `raw_ch1 …`, then one row a sample in microvolts. It holds neither time nor
 * counter, so nothing tells of lost samples; the rate is 250 Hz unless given. Filtered channels, detections and
 * stimulations of that run are not read.
 */
export function readPortiloop(source: ByteSource, rate: number | undefined): RecordedFrames {
  const lines = new LineReader(source);
  lines.next();
  const names = splitNames(lines.text());
  const columns = names.flatMap((name, column) => (/^raw_ch\d+$/.test(name) ? [column] : []));
  if (columns.length === 0)
    throw lines.fault('the header names no column raw_ch1. Record with the raw signal switched on.');
  const fields = new RowFields(names.slice(0, (columns.at(-1) as number) + 1));
  const counts = new Int32Array(columns.length);
  return {
    format: 'portiloop',
    stream: {
      device: 'file',
      channels: columns.map((column) => ({
        name: names[column] as string,
        unit: 'uV',
        scale: textScale,
        railCounts: noRail,
      })),
      rate: rate ?? 250,
      delayUs: 0,
    },
    frames: undefined,
    annotations: [],
    leftOut: names.filter((name) => name.startsWith('filtered_ch')).map((name) => `${name}: not raw`),
    counts,
    counter: -1,
    next() {
      if (!lines.next()) return -1;
      fields.split(lines);
      for (let channel = 0; channel < counts.length; channel++) {
        const column = columns[channel] as number;
        const [start, end] = [fields.starts[column] as number, fields.ends[column] as number];
        counts[channel] = parseCount(lines, start, end, 1 / textScale);
      }
      return 0;
    },
  };
}
