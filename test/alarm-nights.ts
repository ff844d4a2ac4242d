import { parseArgs } from 'node:util';
import { createSleeper, type Sleeper, type SleepStage } from '../drivers/sleeper/generator.js';
import { Random } from '../drivers/sleeper/random.js';
import { nextStage } from '../drivers/sleeper/stages.js';
import { compileLoop } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import {
  FrameFlag,
  disarmCauses,
  guardianCauses,
  recordLength,
  refusalReasons,
  type MessageKind,
  type StreamInfo,
} from '../runtime/contracts.js';
import { buildLoop } from '../runtime/loop/build.js';
import { createRecordList, type Loop } from '../runtime/loop/loop.js';
import { encodeMessage } from '../runtime/loop/records.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { Tally } from '../runtime/loop/tally.js';
import { SimulatedGuardian, openingMessages } from '../runtime/replay/simulated-guardian.js';
import { alarmNames, type AlarmFacts, type AlarmName } from '../runtime/study/alarm-rules.js';
import { sum, type SleptBlock } from '../runtime/study/stimulus-rate.js';
import { AlarmWatch } from '../runtime/supervisor/alarm-watch.js';
import type { Status } from '../runtime/supervisor/status.js';

/**
 * `npm run alarms`: generated sleepers through the whole loop, faster than they sleep, with the alarms as the supervisor
 * looks at them, once a second. Each alarm must be raised by the night that earns it, and no other alarm by that night;
 * ten quiet nights of eight hours, of ten different sleepers, must raise none, and neither must a second night of each,
 * who is known from the first then.
 *
 *   npm run alarms -- --nights 2 --hours 3 --from 5    fewer and shorter quiet nights, from the fifth sleeper on
 *   npm run alarms -- --only signal                    that alarm's night alone; `quiet`: the quiet ones alone
 */

const rate = 250;
const blockFrames = 10;
const scale = 0.02235;
const names = ['C3', 'M2'];
const stream: StreamInfo = {
  device: 'cyton',
  rate,
  delayUs: 0,
  channels: names.map((name) => ({ name, unit: 'uV', scale, railCounts: 0x7fffff })),
};
const protocol = `
signals:
  c3: { from: C3 - M2 }
detectors:
  spindle: { use: band-power, signal: c3 }
  asleep: { use: sleep-gate, signal: c3 }
  contact: { use: signal-quality, signal: c3 }
policy: { use: immediate, after: spindle }
actuators: { light: { use: virtual } }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 2s, perMinute: 25, perHour: 600, perNight: 6000, require: [asleep, contact] }
`;

/** What a mishap can do to a night; all of it from `at` seconds on. */
interface Mishap {
  readonly at: number;
  /** When the night ends. */
  readonly seconds: number;
  /** Besides the one that it is for. */
  readonly also?: readonly AlarmName[];
  readonly lostSeconds?: number;
  /** Spindles a minute, before and after. */
  readonly spindleRates?: readonly [number, number];
  /** Changes the sample of C3, in microvolts. */
  readonly signal?: (microvolts: number, second: number) => number;
  readonly messages?: readonly (readonly [MessageKind, ...number[]])[];
  readonly facts?: Partial<Pick<AlarmFacts, 'guardianRest' | 'power' | 'recorderProblem'>>;
  readonly night?: Partial<NonNullable<AlarmFacts['night']>>;
  readonly freeBytes?: number;
  readonly clockStepMs?: number;
}

const short = { at: 1500, seconds: 1560 };
const mishaps: Readonly<Record<AlarmName, Mishap>> = {
  adverse: { ...short, night: { adverse: 1 } },
  guardian: {
    ...short,
    messages: [['guardian', 0, guardianCauses.indexOf('latched')]],
    facts: { guardianRest: 'latched' },
    also: ['disarmed'],
  },
  signal: { ...short, lostSeconds: 45 },
  // A sleeper with few spindles has many: what looks like none, the gate itself refuses for sleep and electrode.
  rate: { at: 7200, seconds: 9300, spindleRates: [0.5, 12] },
  undervoltage: { ...short, facts: { power: { undervoltage: true, battery: null } } },
  battery: { ...short, facts: { power: { undervoltage: null, battery: { percent: 12, discharging: true } } } },
  disarmed: { ...short, messages: [['disarm', disarmCauses.indexOf('request')]] },
  rearmed: { ...short, night: { rearmed: 1 } },
  recorder: { ...short, facts: { recorderProblem: 'the disk is full' } },
  disk: { ...short, freeBytes: 1e8 },
  // Hum of an electrode that has come off.
  contact: {
    at: 1500,
    seconds: 1900,
    signal: (microvolts, second) => microvolts + 2000 * Math.sin(2 * Math.PI * 50 * second),
  },
  'no-stimulus': { at: 1500, seconds: 5500, messages: [['lower', NaN, 0, NaN, NaN, NaN]] },
  clock: { ...short, clockStepMs: 7200e3 },
};

interface Outcome {
  /** Told as they came, with their second. */
  readonly raised: readonly (readonly [AlarmName, number])[];
  readonly stimuli: number;
  readonly asleepSeconds: number;
  /** What the night's log would hold as this sleeper's own. */
  readonly slept: SleptBlock;
}

interface Sleep {
  readonly seed: number;
  readonly seconds: number;
  readonly mishap?: Mishap;
  /** Of another night than the seed's first. */
  readonly stages?: readonly SleepStage[];
  /** What is known of the sleeper. */
  readonly known?: SleptBlock;
}

const windowFrom = 600;
const common = { rate, channels: names };

async function pass({ seed, seconds, mishap, stages, known }: Sleep): Promise<Outcome> {
  const loop = await createLoop();
  const [before, after] = mishap?.spindleRates ?? [];
  let sleeper = mishap
    ? asleep(seed, seconds, before)
    : createSleeper({ ...common, seed, individual: true, ...(stages ? { stages } : { night: true }) });
  const guardian = new SimulatedGuardian();
  const tally = new Tally();
  const messages = createRecordList(512);
  openingMessages(messages, true);
  const block = createSampleBlock(names.length, blockFrames);
  const values = new Float64Array(names.length);
  const raised: [AlarmName, number][] = [];
  const holding = (): readonly (typeof refusalReasons)[number][] =>
    refusalReasons.filter((_, place) => (loop.holding & (1 << place)) !== 0);
  let second = 0;
  let newest = -Infinity;
  let asleepSeconds = 0;
  let slept: SleptBlock = { seconds: 0, stimuli: 0 };
  const happened = (): Mishap | undefined => (mishap && second >= mishap.at ? mishap : undefined);
  const watch = new AlarmWatch(
    {
      status: () => statusOf(loop, tally, holding(), happened()?.facts),
      sampleAge: () => second - newest,
      committedAge: () => 0.3,
      night: () => ({ windowOpen: second >= windowFrom, adverse: 0, rearmed: 0, ...happened()?.night }),
      power: () => happened()?.facts?.power ?? { undervoltage: false, battery: { percent: 90, discharging: true } },
      freeBytes: () => happened()?.freeBytes ?? 20e9,
      wantedBytes: () => 1e9,
      changed: ({ alarm, state }) => {
        if (state === 'raised') raised.push([alarm, Math.round(second)]);
      },
      slept: (block) => void (slept = sum(slept, block)),
    },
    true,
    { alarms: [], ...(known && { slept: known }) },
  );
  let looked = 0;
  for (let index = 0; index < seconds * rate; index += blockFrames) {
    second = index / rate;
    const nowUs = second * 1e6;
    const lost = mishap?.lostSeconds !== undefined && second >= mishap.at && second < mishap.at + mishap.lostSeconds;
    const begins = mishap !== undefined && index === mishap.at * rate;
    if (begins && after !== undefined) sleeper = asleep(seed, seconds, after);
    if (begins) for (const [kind, ...fields] of mishap.messages ?? []) put(messages, kind, fields);
    const isBack = mishap?.lostSeconds !== undefined && index === (mishap.at + mishap.lostSeconds) * rate;
    block.frames = 0;
    for (let frame = 0; frame < blockFrames; frame++) {
      if (!sleeper.read(values)) break;
      if (lost) continue;
      const time = (index + frame) / rate;
      if (mishap?.signal && time >= mishap.at) values[0] = mishap.signal(values[0] as number, time);
      for (let channel = 0; channel < names.length; channel++)
        block.counts[frame * names.length + channel] = Math.round((values[channel] as number) / scale);
      block.counters[frame] = (index + frame) & 255;
      block.flags[frame] = isBack && frame === 0 ? FrameFlag.gap : 0;
      block.frames++;
    }
    block.firstIndex = index;
    block.arrivalUs = nowUs;
    if (block.frames > 0) newest = second;
    guardian.report(nowUs, messages);
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    guardian.take(loop, nowUs);
    const { records, length } = loop.events;
    for (let place = 0; place < length; place++) tally.add(records, place * recordLength);
    if (second < looked) continue;
    looked++;
    if (!holding().includes('sleep')) asleepSeconds++;
    watch.beat(nowUs, nowUs / 1000, begins ? (mishap.clockStepMs ?? 0) : 0);
  }
  return { raised, stimuli: tally.stimuli, asleepSeconds, slept };
}

/** In N2 all the time. */
function asleep(seed: number, seconds: number, spindleRate: number | undefined): Sleeper {
  const stages = Array<SleepStage>(Math.ceil(seconds / 30) + 1).fill('N2');
  return createSleeper({ ...common, seed, stages, ...(spindleRate === undefined ? {} : { spindleRate }) });
}

/** Another night of the same sleeper. */
function secondNight(seed: number, seconds: number): SleepStage[] {
  const random = new Random(seed + 1000, 2);
  const stages: SleepStage[] = ['W'];
  while (stages.length * 30 < seconds) stages.push(nextStage(stages.at(-1) ?? 'W', stages.length * 30, random));
  return stages;
}

function createLoop(): Promise<Loop> {
  const { configuration } = loadConfiguration({ files: [{ name: 'alarms.yaml', text: protocol }], stream });
  return buildLoop(compileLoop(configuration, stream), stream);
}

function statusOf(
  loop: Loop,
  { stimuli, refusals }: Tally,
  holding: readonly (typeof refusalReasons)[number][],
  facts: Mishap['facts'],
): Pick<Status, 'source' | 'stimulation' | 'recorder'> {
  const source = { device: 'sleeper', port: '', state: 'streaming', notice: '', samples: loop.lastIndex + 1 } as const;
  const counts = { gaps: 0, lostFrames: 0, discardedBytes: 0, duplicates: 0, driftPpm: 0 };
  const last = { lastStimulus: null, lastRefusal: null, lastReasons: [], actuator: 'light' };
  const budget = { state: 'known', left: null };
  const gate = { armed: loop.isArmed, armedForSeconds: 1, holding, stimuli, refusals, ...last, budget };
  return {
    source: { ...source, ...counts },
    stimulation: { ...gate, guardian: facts?.guardianRest ?? 'ready' },
    recorder: { state: facts?.recorderProblem ?? 'recording', lagMs: 3, head: null },
  };
}

function put(messages: ReturnType<typeof createRecordList>, kind: MessageKind, fields: readonly number[]): void {
  messages.records.set(encodeMessage(kind, fields), messages.length++ * recordLength);
}

const { values: wanted } = parseArgs({
  options: {
    nights: { type: 'string', default: '10' },
    hours: { type: 'string', default: '8' },
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
let failures = 0;
function judge(what: string, holds: boolean, { raised, stimuli, asleepSeconds }: Outcome): void {
  if (!holds) failures++;
  const told = raised.map(([alarm, second]) => `${alarm} at ${second} s`).join(', ') || 'none';
  const slept = `${(asleepSeconds / 3600).toFixed(1)} h asleep`;
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${told} (${stimuli} stimuli, ${slept})\n`);
}
for (const alarm of alarmNames.filter((name) => wanted.only === undefined || wanted.only === name)) {
  const mishap = mishaps[alarm];
  const outcome = await pass({ seed: 11, seconds: mishap.seconds, mishap });
  const got = [...new Set(outcome.raised.map(([name]) => name))].sort();
  const expected = [alarm, ...(mishap.also ?? [])].sort();
  const after = outcome.raised.every(([, second]) => second >= mishap.at);
  judge(`the night that earns ${alarm}`, after && got.join() === expected.join(), outcome);
}
if (wanted.only === undefined || wanted.only === 'rate') {
  const few: Mishap = { at: Infinity, seconds: 7200, spindleRates: [0.5, 0.5] };
  const { slept } = await pass({ seed: 11, seconds: few.seconds, mishap: few });
  const many: Mishap = { at: 0, seconds: 3600, spindleRates: [12, 12] };
  const alone = await pass({ seed: 11, seconds: many.seconds, mishap: many });
  judge('many stimuli from the start, of a sleeper of whom nothing is known', alone.raised.length === 0, alone);
  const told = await pass({ seed: 11, seconds: many.seconds, mishap: many, known: slept });
  const once = told.raised.map(([alarm]) => alarm).join() === 'rate';
  judge('the same night of a sleeper who had few in an earlier one', once, told);
}
for (let night = 0; ['quiet', undefined].includes(wanted.only) && night < Number(wanted.nights); night++) {
  const seed = Number(wanted.from) + night;
  const seconds = Number(wanted.hours) * 3600;
  const first = await pass({ seed, seconds });
  judge(`quiet night of sleeper ${seed}`, first.raised.length === 0, first);
  const second = await pass({ seed, seconds, stages: secondNight(seed, seconds), known: first.slept });
  judge(`quiet second night of sleeper ${seed}`, second.raised.length === 0, second);
}
process.exitCode = failures === 0 ? 0 : 1;
