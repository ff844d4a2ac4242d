import type { DisplayInfo } from '../live-signal.js';
import type { Mark } from '../messages.js';
import { gapValue, type SignalFrame } from '../signal-frame.js';
import { colour, fit, type Sheet } from './elements.js';

/**
 * The live signal as a sleep laboratory's screen shows it: a page that is written from left to right, over the page
 * before. A gap is drawn as a gap.
 */
export class Traces {
  readonly #canvas: HTMLCanvasElement;
  #info: DisplayInfo = { channels: [], rate: 250, step: 1, unit: '', filter: '' };
  /** `values[(index modulo page) × channels + channel]` */
  #values = new Int16Array(0);
  #seconds = 30;
  /** Half the height of a channel, in the unit of the signal. */
  #gain = 75;
  /** Channel that is taken off the others; −1 for none. */
  #reference = -1;
  #marks: Mark[] = [];
  /** Index after the newest value, and after the last one that is drawn. */
  #end = NaN;
  #drawn = NaN;
  #dirty: (readonly [from: number, to: number])[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.all()).observe(canvas);
  }

  begin(info: DisplayInfo): void {
    this.#info = info;
    this.#clear();
  }

  set(seconds: number, gain: number, reference: number): void {
    const other = seconds !== this.#seconds;
    this.#seconds = seconds;
    this.#gain = gain;
    this.#reference = reference;
    if (other) this.#clear();
    this.all();
  }

  /** Everything is to be drawn again. */
  all(): void {
    this.#drawn = NaN;
  }

  replaceMarks(marks: readonly Mark[]): void {
    this.#marks = [];
    this.addMarks(marks);
    this.all();
  }

  addMarks(marks: readonly Mark[]): void {
    for (const mark of marks) {
      const same = this.#marks.findIndex(
        ({ kind, name, from }) => kind === mark.kind && name === mark.name && from === mark.from,
      );
      if (same >= 0) this.#marks[same] = mark;
      else this.#marks.push(mark);
      const to = mark.kind === 'detection' ? mark.to : mark.from + this.#info.rate;
      this.#dirty.push([mark.from, to]);
    }
    this.#marks.splice(0, Math.max(0, this.#marks.length - mostMarks));
  }

  take({ channels, firstIndex, frames, values }: SignalFrame): void {
    if (channels !== this.#info.channels.length) return;
    const page = this.#page;
    const from = Number.isNaN(this.#end) ? firstIndex - page : this.#end;
    // A run that began anew, or what came before: everything from here.
    if (firstIndex + frames <= this.#end - page || firstIndex > this.#end + page) this.#clear();
    for (let index = Math.max(from, firstIndex - page); index < firstIndex; index++) this.#put(index, undefined, 0);
    for (let frame = Math.max(0, frames - page); frame < frames; frame++)
      this.#put(firstIndex + frame, values, frame * channels);
    if (firstIndex < this.#drawn) this.all();
    this.#end = Math.max(firstIndex + frames, Number.isNaN(this.#end) ? 0 : this.#end);
  }

  /** Draws what is new. */
  draw(): void {
    const { channels } = this.#info;
    if (Number.isNaN(this.#end) || channels.length === 0) return;
    const sheet = fit(this.#canvas);
    const page = this.#page;
    const oldest = this.#end - page + Math.ceil(page * ahead);
    if (sheet.changed || Number.isNaN(this.#drawn) || this.#end - this.#drawn > page) {
      sheet.context.fillStyle = colour('panel');
      sheet.context.fillRect(0, 0, sheet.width, sheet.height);
      this.#drawn = oldest;
    } else if (this.#drawn === this.#end && this.#dirty.length === 0) return;
    for (const [from, to] of this.#dirty) this.#range(sheet, Math.max(from - 2, oldest), Math.min(to + 2, this.#drawn));
    this.#dirty = [];
    this.#range(sheet, this.#drawn, this.#end);
    this.#drawn = this.#end;
    this.#erase(sheet);
    this.#bars(sheet);
  }

  get #page(): number {
    return Math.round(this.#seconds * this.#info.rate);
  }

  #clear(): void {
    this.#values = new Int16Array(this.#page * this.#info.channels.length).fill(gapValue);
    this.#end = NaN;
    this.all();
  }

  #put(index: number, values: Int16Array | undefined, from: number): void {
    const width = this.#info.channels.length;
    const to = modulo(index, this.#page) * width;
    for (let channel = 0; channel < width; channel++) this.#values[to + channel] = values?.[from + channel] ?? gapValue;
  }

  #range(sheet: Sheet, from: number, to: number): void {
    const page = this.#page;
    for (let start = Math.floor(from); start < to;) {
      const pageStart = Math.floor(start / page) * page;
      const end = Math.min(to, pageStart + page);
      this.#part(sheet, pageStart, start, end);
      start = pageStart + page;
    }
  }

  /** One stretch of one page. */
  #part({ context, width, height }: Sheet, pageStart: number, from: number, to: number): void {
    const page = this.#page;
    const x = (index: number): number => ((index - pageStart) / page) * width;
    const left = Math.floor(x(from));
    context.save();
    context.beginPath();
    context.rect(left, 0, Math.ceil(x(to)) - left, height);
    context.clip();
    context.fillStyle = colour('panel');
    context.fillRect(left, 0, width, height);
    this.#grid(context, left, x(to), width, height);
    this.#drawMarks(context, x, from, to, height);
    context.strokeStyle = colour('trace');
    context.lineWidth = 1;
    const lane = height / this.#info.channels.length;
    const first = Math.max(pageStart, Math.floor(from) - 2);
    for (let channel = 0; channel < this.#info.channels.length; channel++) {
      context.beginPath();
      let pen = false;
      for (let index = first; index < Math.min(to + 1, this.#end); index++) {
        const value = this.#value(index, channel);
        if (Number.isNaN(value)) pen = false;
        else {
          // Positive is up.
          const y = lane * (channel + 0.5) - (value / this.#gain) * (lane / 2);
          if (pen) context.lineTo(x(index), y);
          else context.moveTo(x(index), y);
          pen = true;
        }
      }
      context.stroke();
    }
    context.restore();
  }

  #value(index: number, channel: number): number {
    const at = modulo(index, this.#page) * this.#info.channels.length;
    const value = this.#values[at + channel] ?? gapValue;
    if (value === gapValue) return NaN;
    const reference = this.#reference >= 0 && this.#reference !== channel ? this.#values[at + this.#reference] : 0;
    return (value - (reference ?? 0)) * this.#info.step;
  }

  /** A line each second, a stronger one each fifth, and the guides of slow waves at ±37.5 µV. */
  #grid(context: CanvasRenderingContext2D, left: number, right: number, width: number, height: number): void {
    const lanes = this.#info.channels.length;
    for (let second = 0; second <= this.#seconds; second++) {
      const x = Math.round((second / this.#seconds) * width) + 0.5;
      if (x < left - 1 || x > right + 1) continue;
      context.globalAlpha = second % 5 === 0 ? 1 : 0.45;
      context.strokeStyle = colour('line');
      line(context, x, 0, x, height);
    }
    context.globalAlpha = 0.3;
    context.strokeStyle = colour('faint');
    if (this.#info.unit === 'µV') {
      for (let lane = 0; lane < lanes; lane++) {
        for (const guide of [-37.5, 37.5]) {
          const y = (height / lanes) * (lane + 0.5 - guide / this.#gain / 2);
          if (Math.abs(guide) < this.#gain) line(context, left - 1, y, right + 1, y);
        }
      }
    }
    context.globalAlpha = 1;
  }

  #drawMarks(
    context: CanvasRenderingContext2D,
    x: (index: number) => number,
    from: number,
    to: number,
    height: number,
  ): void {
    context.font = '11px system-ui, sans-serif';
    for (const mark of this.#marks) {
      const end = mark.kind === 'detection' ? mark.to : mark.from;
      // Labels reach beyond.
      if (end < from - 3 * this.#info.rate || mark.from > to) continue;
      context.fillStyle = context.strokeStyle = colour(mark.kind);
      if (mark.kind === 'detection') {
        context.globalAlpha = 0.22;
        context.fillRect(x(mark.from), 0, Math.max(1, x(mark.to) - x(mark.from)), height);
        context.globalAlpha = 1;
        context.fillText(`${mark.name} ${mark.score.toPrecision(2)}`, x(mark.from) + 2, 11);
      } else if (mark.kind === 'refusal') {
        line(context, x(mark.from), height - 12, x(mark.from), height);
        context.fillText(mark.reasons.join(' '), x(mark.from) + 3, height - 3);
      } else {
        context.lineWidth = mark.kind === 'stimulus' ? 2 : 1;
        line(context, x(mark.from), 0, x(mark.from), height);
        context.lineWidth = 1;
        context.fillText(mark.name.slice(0, 40), x(mark.from) + 3, mark.kind === 'stimulus' ? 24 : 37);
      }
    }
  }

  /** The blank before the pen, so that new and old are told apart. */
  #erase({ context, width, height }: Sheet): void {
    const page = this.#page;
    const x = (modulo(this.#end, page) / page) * width;
    context.fillStyle = colour('panel');
    context.fillRect(x + 1, 0, width * ahead, height);
    context.fillRect(x + 1 - width, 0, width * ahead, height);
  }

  /** Names of the channels, and what a height and a width mean. */
  #bars({ context, width, height }: Sheet): void {
    const { channels, unit } = this.#info;
    const lane = height / channels.length;
    context.font = '12px system-ui, sans-serif';
    context.fillStyle = colour('text');
    channels.forEach((name, place) => {
      const reference =
        this.#reference >= 0 && this.#reference !== place ? ` − ${channels[this.#reference] ?? ''}` : '';
      context.clearRect(0, lane * (place + 0.5) - 8, 4 + context.measureText(name + reference).width, 16);
      context.fillText(name + reference, 2, lane * (place + 0.5) + 4);
    });
    const bar = barOf(this.#gain);
    const tall = (bar / this.#gain) * (lane / 2);
    const second = width / this.#seconds;
    const [right, bottom] = [width - 10, height - 20];
    context.clearRect(right - second - 70, bottom - tall - 8, second + 80, tall + 28);
    context.strokeStyle = colour('text');
    context.lineWidth = 2;
    line(context, right, bottom, right, bottom - tall);
    line(context, right, bottom, right - second, bottom);
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.fillText(`${bar} ${unit}`, right - 5, bottom - Math.max(4, tall / 2 - 5));
    context.fillText('1 s', right - second / 2 + 8, bottom + 14);
    context.textAlign = 'left';
  }
}

function line(context: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

/** A round height that fits. */
function barOf(gain: number): number {
  const decade = 10 ** Math.floor(Math.log10(gain));
  return gain >= 5 * decade ? 5 * decade : gain >= 2 * decade ? 2 * decade : decade;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** Share of the page that is blank before the pen. */
const ahead = 0.02;
const mostMarks = 500;
