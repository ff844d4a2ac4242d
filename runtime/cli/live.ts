import type { Run } from '../supervisor/run.js';
import { renderScreen, type ScreenEvent } from './screen.js';

/** Shows a run on the terminal until it ends; where standard error is no terminal, says nothing. */
export function showLive(run: Run, traceName: string): () => void {
  const traceRate = run.stream.rate;
  if (!process.stderr.isTTY) return () => undefined;
  const events: ScreenEvent[] = [];
  let seen = { detections: 0, stimuli: 0, refusals: 0 };
  const draw = (): void => {
    const status = run.status();
    const now = {
      detections: status.detections,
      stimuli: status.stimulation?.stimuli ?? 0,
      refusals: status.stimulation?.refusals ?? 0,
    };
    const reasons = status.stimulation?.lastReasons.join(', ') ?? '';
    note(events, status.runningSeconds, seen, now, reasons);
    seen = now;
    const values = run.memory.traceValues(Math.ceil(traceRate * traceSeconds));
    const lines = renderScreen(
      status,
      { name: traceName, unit: 'µV', rate: traceRate, values },
      events,
      process.stderr.columns,
      process.stderr.rows,
    );
    // Home, then each line cleared to its end, then everything below: no flicker.
    process.stderr.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
  };
  process.stderr.write('\x1b[?1049h\x1b[?25l');
  const timer = setInterval(draw, 1000 / framesPerSecond);
  return () => {
    clearInterval(timer);
    process.stderr.write('\x1b[?25h\x1b[?1049l');
  };
}

type Counts = Readonly<Record<'detections' | 'stimuli' | 'refusals', number>>;

function note(events: ScreenEvent[], atSeconds: number, before: Counts, now: Counts, reasons: string): void {
  const add = (text: string): void => void events.unshift({ atSeconds, text });
  if (now.detections > before.detections) add(`spindle detected (${now.detections})`);
  if (now.refusals > before.refusals) add(`stimulus refused (${now.refusals}): ${reasons}`);
  if (now.stimuli > before.stimuli) add(`STIMULUS (${now.stimuli})`);
  events.length = Math.min(events.length, 8);
}

const framesPerSecond = 8;
const traceSeconds = 10;
