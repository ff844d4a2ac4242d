import type { EstimatePoint, Latency, Mark, Shown, ToPage } from '../messages.js';
import { colour, element, facts, fit, show, text } from './elements.js';

/** The panels below the signal, from what the box says of itself twice a second. */

type Now = Extract<ToPage, { now: unknown }>['now'];

export function showNow({ status, latency, disk, dropped, pages }: Now, reasons: readonly string[]): void {
  const { stimulation, source, place } = status;
  text('state', stateOf(status));
  element('state', HTMLElement).className = stimulation?.armed ? (stimulation.holding.length > 0 ? 'bad' : 'good') : '';
  show('gate', stimulation !== null);
  if (stimulation) showGate(stimulation, reasons);
  if (place) showPlace(place);
  if (source.state === 'evening') facts('facts', [['at the terminal', source.notice]]);
  else showRun({ status, disk, dropped, pages });
  show('night', status.night !== null);
  if (status.night) showNight(status.night);
  show('latency', latency !== null);
  if (latency) drawLatency(latency);
}

function showRun({ status, disk, dropped, pages }: Omit<Now, 'latency' | 'wallMs'>): void {
  const { source, recorder, ringLosses, mqtt, place } = status;
  const recording = recorder.state === 'recording';
  const lost = Object.entries(ringLosses).filter(([, count]) => count > 0);
  facts('facts', [
    ['recording', recording ? `yes: ${nameOf(status.recording)}` : `NO: ${recorder.state}`, recording ? 'good' : 'bad'],
    ['source', `${source.device}, ${source.state}`, source.state === 'streaming' ? 'good' : 'bad'],
    ...(source.notice === '' ? [] : [['', source.notice, 'bad'] as const]),
    ...(place
      ? []
      : [
          ['gaps', `${source.gaps} (${source.lostFrames} samples lost)`, source.gaps > 0 ? 'bad' : ''] as const,
          ['clock', `${Math.round(source.driftPpm ?? 0)} ppm`] as const,
          ['detections', String(status.detections)] as const,
        ]),
    ['recorder', `${Math.round(recorder.lagMs)} ms behind`],
    ...(lost.length > 0 ? [['lost', lost.map(([ring, count]) => `${ring} ${count}`).join(', '), 'bad'] as const] : []),
    ['disk', disk ? `${bytes(disk.freeBytes)} free, recording ${bytes(disk.recordingBytes)}` : 'unknown'],
    ...(mqtt ? [['mqtt', mqtt.connected ? `${mqtt.acked} of ${mqtt.published} arrived` : mqtt.detail] as const] : []),
    ['running', duration(status.runningSeconds)],
    ['page', `${pages} look on, ${dropped} frames left out here`],
  ]);
}

export function showEstimates(points: ReadonlyMap<string, EstimatePoint>): void {
  show('judgements', points.size > 0);
  facts(
    'estimates',
    [...points.values()].map(({ name, state, value }) => [
      name,
      `${state === 'holds' ? 'speaks against it' : state}${value === null ? '' : ` (${value.toPrecision(3)})`}`,
      state === 'clear' ? 'good' : 'bad',
    ]),
  );
}

/** Newest first. */
export function showMarks(marks: readonly Mark[]): void {
  element('marks', HTMLElement).replaceChildren(
    ...marks
      .slice(-50)
      .reverse()
      .map((mark) => {
        const item = document.createElement('li');
        const more =
          mark.kind === 'detection'
            ? ` ${mark.score.toPrecision(2)}`
            : mark.kind === 'refusal'
              ? `: ${mark.reasons.join(', ')}`
              : '';
        item.textContent = `${mark.kind} ${mark.name}${more}`;
        return item;
      }),
  );
}

function stateOf({ stimulation, place, source }: Shown): string {
  if (source.state === 'evening') return 'EVENING: nothing runs yet';
  if (source.state !== 'streaming') return `source ${source.state}`;
  if (place) return place.mode;
  if (!stimulation) return 'records';
  if (!stimulation.armed) return 'DISARMED';
  const left = stimulation.armedForSeconds;
  return `ARMED${left === null ? '' : `, ${duration(left)} left`}`;
}

function showGate(gate: NonNullable<Shown['stimulation']>, reasons: readonly string[]): void {
  const { armed, holding, stimuli, refusals, lastReasons, actuator, guardian, budget } = gate;
  text('gate-state', armed ? (holding.length > 0 ? 'armed, waits' : 'armed, may fire') : 'disarmed');
  element('inhibitors', HTMLElement).replaceChildren(
    ...reasons.map((name) => {
      const item = document.createElement('li');
      item.textContent = name;
      item.className = holding.includes(name) || (name === 'disarmed' && !armed) ? 'holds' : '';
      return item;
    }),
  );
  const left = budget?.left;
  facts('gate-facts', [
    ['guardian', guardian, guardian === 'ready' ? 'good' : 'bad'],
    ...(actuator === undefined ? [] : [['actuator', actuator] as const]),
    ...(stimuli === undefined ? [] : [['stimuli', `${stimuli} given, ${refusals ?? 0} refused`] as const]),
    ...(lastReasons && lastReasons.length > 0 ? [['last refusal', lastReasons.join(', ')] as const] : []),
    ...(budget
      ? [
          [
            'budget left',
            left
              ? `${left.hour} this hour, ${left.day} in 24 h${left.night === null ? '' : `, ${left.night} this night`}`
              : budget.state,
          ] as const,
        ]
      : []),
  ]);
}

/** The walk-through of the evening, step by step, and then the window. */
function showNight({ windowSeconds, adverse, rearmed, closed, problem, steps }: NonNullable<Shown['night']>): void {
  const window = windowSeconds > 0 ? `window open, ${duration(windowSeconds)} left` : 'no window is open';
  text('night-state', adverse ? 'held: adverse event' : closed ? 'closed' : window);
  element('night-state', HTMLElement).className = `big ${adverse ? 'bad' : ''}`;
  facts('night-facts', [
    ...steps.map(({ step, result, detail }) => {
      const look = result === 'ok' ? 'good' : 'bad';
      return [step, `${result}${detail === '' ? '' : `: ${detail}`}`, look] as const;
    }),
    ...(rearmed > 0 ? [['armed again', `${rearmed} times by itself`] as const] : []),
    ...(problem === '' ? [] : [['log', problem, 'bad'] as const]),
  ]);
}

function showPlace(place: NonNullable<Shown['place']>): void {
  const { estimate, label, map, places, mode, dropped, withoutEvidence, ms, mapProblem, ruleProblem } = place;
  const { score, second, margin, known, ambiguous } = estimate;
  text('where', estimate.place < 0 ? 'unknown' : `${estimate.place}${label === '' ? '' : ` ${label}`}`);
  element('where', HTMLElement).className = `big ${known ? 'good' : 'bad'}`;
  const [bar, rival] = element('similarity', HTMLElement).children;
  if (bar instanceof HTMLElement) bar.style.width = percent(score);
  if (rival instanceof HTMLElement) rival.style.left = percent(second);
  facts('place-facts', [
    ['similarity', `${digits(score)}, next ${digits(second)}, margin ${digits(margin)}`],
    ['sure', known ? (ambiguous ? 'two places fit' : 'yes') : 'no', known && !ambiguous ? 'good' : 'bad'],
    ['map', `${nameOf(map) || 'of this run'}, ${places} places, ${mode}`],
    ['frames', `${place.frames}, ${dropped} dropped, ${withoutEvidence} without evidence, ${digits(ms)} ms`],
    ...[mapProblem, ruleProblem].filter((problem) => problem !== '').map((problem) => ['', problem, 'bad'] as const),
  ]);
}

function drawLatency({ bins, counts, median, p95, most }: Latency): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  text(
    'latency-facts',
    `${total} stimuli: median ${digits(median)} ms, p95 ${digits(p95)} ms, most ${digits(most)} ms`,
  );
  const { context, width, height } = fit(element('histogram', HTMLCanvasElement));
  context.clearRect(0, 0, width, height);
  const tallest = Math.max(1, ...counts);
  const each = width / bins.length;
  context.font = '10px system-ui, sans-serif';
  bins.forEach((bin, place) => {
    const tall = ((counts[place] ?? 0) / tallest) * (height - 16);
    context.fillStyle = colour('trace');
    context.fillRect(place * each + 1, height - 14 - tall, each - 2, tall);
    context.fillStyle = colour('faint');
    if (place % 2 === 0) context.fillText(`${bin}`, place * each + 1, height - 3);
  });
}

const digits = (value: number | null): string => (value === null ? '–' : value.toPrecision(3));
const percent = (share: number | null): string => `${100 * Math.max(0, Math.min(1, share ?? 0))}%`;
const nameOf = (path: string): string => path.split('/').at(-1) ?? path;

function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e3).toFixed(0)} kB`;
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
