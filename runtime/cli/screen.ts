import type { Status } from '../supervisor/status.js';

/** The live screen of `demo` and `run`: one page of text from a status and the trace. Pure; the caller prints it. */

/** What has happened lately, newest first: one line each. */
export interface ScreenEvent {
  readonly atSeconds: number;
  readonly text: string;
}

export interface Trace {
  readonly name: string;
  readonly unit: string;
  readonly rate: number;
  /** Oldest first. NaN draws a gap. */
  readonly values: ArrayLike<number>;
}

export function renderScreen(
  status: Status,
  trace: Trace,
  events: readonly ScreenEvent[],
  width: number,
  height: number,
): string[] {
  const columns = Math.max(40, Math.min(width, 120));
  const head = headLines(status);
  const tail = tailLines(status, events);
  const rows = Math.max(4, Math.min(14, height - head.length - tail.length - 3));
  return [...head, '', ...plot(trace, columns - 1, rows), '', ...tail].map((line) => cut(line, columns));
}

function headLines({
  name,
  source,
  stimulation,
  detections,
  runningSeconds,
  recording,
  mqtt,
  ringLosses,
  recorder,
}: Status): string[] {
  const lines = [
    `axond · ${name} · ${clock(runningSeconds)}`,
    `source    ${source.device} on ${source.port}: ${source.state}, ${source.samples} samples, ${source.gaps} gaps (${source.lostFrames} lost), drift ${Math.round(source.driftPpm) || 0} ppm`,
  ];
  if (source.notice !== '') lines.push(`          ${source.notice}`);
  if (stimulation) {
    const { armed, armedForSeconds, holding } = stimulation;
    const state = !armed
      ? 'DISARMED'
      : `ARMED${Number.isFinite(armedForSeconds) ? ` for ${clock(armedForSeconds)}` : ''}${holding.length > 0 ? `, waits: ${holding.join(', ')}` : ''}`;
    lines.push(`stimulus  ${state} · ${stimulation.actuator} · guardian ${stimulation.guardian}`);
    lines.push(`counts    ${detections} detections, ${stimulation.stimuli} stimuli, ${stimulation.refusals} refusals`);
  } else {
    lines.push(`counts    ${detections} detections; this configuration stimulates nothing`);
  }
  const losses = Object.values(ringLosses).reduce((sum, count) => sum + count, 0);
  lines.push(`recording ${recording} (${recorder.state}${losses > 0 ? `, ${losses} LOST IN RINGS` : ''})`);
  if (mqtt)
    lines.push(
      `mqtt      ${mqtt.url}: ${mqtt.detail === '' ? `${mqtt.acked} of ${mqtt.published} acknowledged` : mqtt.detail}`,
    );
  return lines;
}

function tailLines({ stimulation }: Status, events: readonly ScreenEvent[]): string[] {
  const lines = events.slice(0, 4).map(({ atSeconds, text }) => `${clock(atSeconds).padStart(8)}  ${text}`);
  while (lines.length < 4) lines.push('');
  lines.push(
    `Ctrl-C ends${stimulation ? ' · `npx axond silence` in another terminal stops every stimulus at once' : ''}`,
  );
  return lines;
}

/** Braille dots, two columns and four rows a character, scaled to the largest value on show. */
function plot({ name, unit, rate, values }: Trace, columns: number, rows: number): string[] {
  const dotColumns = columns * 2;
  const dotRows = rows * 4;
  const perColumn = Math.max(1, Math.floor(values.length / dotColumns));
  const first = Math.max(0, values.length - perColumn * dotColumns);
  let peak = 1e-9;
  for (let i = first; i < values.length; i++) peak = Math.max(peak, Math.abs(values[i] ?? 0) || 0);
  const scale = niceCeiling(peak);
  const cells = new Uint8Array(columns * rows);
  let lastRow = -1;
  for (let column = 0; column < dotColumns; column++) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < perColumn; i++) {
      const value = values[first + column * perColumn + i] ?? NaN;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (!(high >= low)) {
      lastRow = -1;
      continue;
    }
    const toRow = (value: number): number =>
      Math.max(0, Math.min(dotRows - 1, Math.round((1 - value / scale) * 0.5 * (dotRows - 1))));
    let top = toRow(high);
    let bottom = toRow(low);
    if (lastRow >= 0 && lastRow < top) top = lastRow;
    if (lastRow >= 0 && lastRow > bottom) bottom = lastRow;
    lastRow = toRow(values[first + column * perColumn + perColumn - 1] ?? NaN);
    for (let row = top; row <= bottom; row++) {
      const cell = (row >> 2) * columns + (column >> 1);
      cells[cell] = (cells[cell] ?? 0) | (brailleBits[(column & 1) * 4 + (row & 3)] ?? 0);
    }
  }
  const seconds = (dotColumns * perColumn) / rate;
  const lines = [`${name}, ±${scale} ${unit}, ${seconds.toFixed(1)} s`];
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (let column = 0; column < columns; column++) {
      line += String.fromCharCode(0x2800 + (cells[row * columns + column] ?? 0));
    }
    lines.push(line);
  }
  return lines;
}

/** The next of 1, 2, 5, 10, 20, … */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (value <= step * power) return step * power;
  return 10 * power;
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
}

const cut = (line: string, columns: number): string =>
  line.length > columns ? `${line.slice(0, columns - 1)}…` : line;

/** Dot numbering of Unicode braille: left column 1 2 3 7, right column 4 5 6 8. */
const brailleBits = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80];
