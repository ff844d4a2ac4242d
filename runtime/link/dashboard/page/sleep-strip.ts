import type { EstimatePoint } from '../messages.js';
import { colour, fit } from './elements.js';

/**
 * What the sleep gate has judged since the run began: a band where N2 or N3 was likely, a line for the depth, and nothing
 * where it did not know.
 */
export class SleepStrip {
  readonly #canvas: HTMLCanvasElement;
  readonly #clock: Intl.DateTimeFormat;
  #points: EstimatePoint[] = [];

  constructor(canvas: HTMLCanvasElement, timeZone: string) {
    this.#canvas = canvas;
    this.#clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  replace(points: readonly EstimatePoint[]): void {
    this.#points = [...points];
    this.draw();
  }

  add(points: readonly EstimatePoint[]): void {
    this.#points.push(...points);
    this.draw();
  }

  draw(): void {
    const { context, width, height } = fit(this.#canvas);
    context.clearRect(0, 0, width, height);
    const first = this.#points[0];
    if (!first) return;
    const begin = first.wallMs;
    const span = Math.max(shortestMs, (this.#points.at(-1)?.wallMs ?? begin) - begin);
    const x = (wallMs: number): number => labels + ((wallMs - begin) / span) * (width - labels - 4);
    const [upper, lower] = [16, height - 22];
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = colour('faint');
    context.fillText('not asleep', 2, upper + 4);
    context.fillText('N2–N3 likely', 2, lower + 4);
    const step = ticks.find((ms) => span / ms <= 8) ?? 7_200_000;
    for (let at = Math.ceil(begin / step) * step; at <= begin + span; at += step) {
      context.fillRect(x(at), 4, 1, height - 16);
      context.fillText(this.#clock.format(at), x(at) + 2, height - 2);
    }
    this.#bands(x, begin + span, upper, lower);
    this.#depth(x, upper, lower);
  }

  #bands(x: (wallMs: number) => number, end: number, upper: number, lower: number): void {
    const { context } = fit(this.#canvas);
    this.#points.forEach(({ wallMs, state }, place) => {
      if (state === 'unknown') return;
      const next = this.#points[place + 1]?.wallMs ?? Math.min(end, wallMs + heldMs);
      // A judgement is told anew every ten seconds: after that nothing is known.
      const until = Math.min(next, wallMs + heldMs);
      context.fillStyle = colour(state === 'clear' ? 'detection' : 'refusal');
      context.fillRect(x(wallMs), state === 'clear' ? lower - 3 : upper - 3, Math.max(1, x(until) - x(wallMs)), 6);
    });
  }

  #depth(x: (wallMs: number) => number, upper: number, lower: number): void {
    const { context } = fit(this.#canvas);
    const known = this.#points.filter(({ value }) => value !== null);
    const values = known.map(({ value }) => value ?? 0);
    const [least, most] = [Math.min(0, ...values), Math.max(1, ...values)];
    context.strokeStyle = colour('trace');
    context.globalAlpha = 0.8;
    context.beginPath();
    known.forEach(({ wallMs, value }, place) => {
      const y = upper + (((value ?? 0) - least) / (most - least)) * (lower - upper);
      const before = known[place - 1];
      if (before && wallMs - before.wallMs <= heldMs) context.lineTo(x(wallMs), y);
      else context.moveTo(x(wallMs), y);
    });
    context.stroke();
    context.globalAlpha = 1;
  }
}

const labels = 84;
const shortestMs = 10 * 60_000;
const heldMs = 15_000;
const ticks = [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000];
