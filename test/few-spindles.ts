import { parseArgs } from 'node:util';
import { createSleeper, type SleeperOptions, type SleepStage } from '../drivers/sleeper/generator.js';
import { DetectionPhase } from '../runtime/contracts.js';
import { createDetectionList } from '../runtime/detect/detection-list.js';
import { matchEvents, type TimedEvent } from '../runtime/evaluate/events.js';
import { loadDetector } from '../runtime/loop/load-detector.js';

/**
 * `npm run few-spindles [-- --model FILE --point NAME --rate PER_MINUTE --nights N]`: a sleeper with few spindles must
 * not be flooded. Precision and recall of `spindle-t1` (delay taken off, intersection over union above 0.2) on generated
 * nights at 0.5 spindles a minute of N2: of the average sleeper, and of individuals among what resembles spindles.
 */
const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'spindle-t1-mean' },
    point: { type: 'string', default: 'adaptive' },
    rate: { type: 'string', default: '0.5' },
    nights: { type: 'string', default: '6' },
  },
});
const rate = 250;
const minutes = 90;

interface Night {
  readonly spindles: readonly TimedEvent[];
  readonly found: readonly TimedEvent[];
  /** Found with onset in Wake, and minutes of it. */
  readonly awake: { readonly found: number; readonly minutes: number };
}

async function play(options: Partial<SleeperOptions>, seed: number): Promise<Night> {
  const spindles: TimedEvent[] = [];
  const stages: SleepStage[] = [];
  const sleeper = createSleeper({
    seed,
    rate,
    channels: ['C3', 'M2'],
    night: true,
    spindleRate: Number(flags.rate),
    ...options,
    onEvent: (event) => {
      if (event.kind === 'stage') stages.push(event.stage);
      if (event.kind === 'spindle') spindles.push({ onset: event.onset, end: event.onset + event.duration });
    },
  });
  const { detector } = await loadDetector({ use: 'spindle-t1', model: flags.model, point: flags.point }, 1);
  detector.prepare({ rate, unit: 'uV' });
  const list = createDetectionList(64);
  const found: TimedEvent[] = [];
  const frame = new Float64Array(2);
  const block = new Float64Array(rate);
  const seconds = (sample: number): number => (sample - detector.delaySamples) / rate;
  for (let start = 0; start < minutes * 60 * rate; start += rate) {
    for (let n = 0; n < rate; n++) {
      sleeper.read(frame);
      block[n] = (frame[0] as number) - (frame[1] as number);
    }
    list.length = 0;
    detector.process(block, rate, start, list);
    for (const { phase, onset, end } of list.items.slice(0, list.length))
      if (phase === DetectionPhase.ended) found.push({ onset: seconds(onset), end: seconds(end) });
  }
  const isAwake = ({ onset }: TimedEvent): boolean => stages[Math.floor(Math.max(0, onset) / 30)] === 'W';
  const wake = stages.filter((stage) => stage === 'W').length / 2;
  return { spindles, found, awake: { found: found.filter(isAwake).length, minutes: wake } };
}

for (const [name, options] of [
  ['average sleeper', {}],
  ['individuals, lookalikes', { individual: true, lookalikes: true }],
] as const) {
  let [matched, spindles, found, awake, wake] = [0, 0, 0, 0, 0];
  for (let seed = 1; seed <= Number(flags.nights); seed++) {
    const night = await play(options, seed);
    matched += matchEvents(night.spindles, night.found).length;
    spindles += night.spindles.length;
    found += night.found.length;
    awake += night.awake.found;
    wake += night.awake.minutes;
  }
  console.log(
    `${name}: ${spindles} spindles, ${found} detections; precision ${(matched / found).toFixed(3)}, recall ${(matched / spindles).toFixed(3)}; ${(awake / wake).toFixed(2)} a minute of Wake`,
  );
}
