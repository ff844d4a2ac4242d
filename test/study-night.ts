import { DeliveryFile } from '../runtime/guardian/delivery-file.js';
import { basename, join } from 'node:path';
import { createSleeper, type Sleeper } from '../drivers/sleeper/generator.js';
import { Random } from '../drivers/sleeper/random.js';
import { drawSubject } from '../drivers/sleeper/subject.js';
import { compileRun } from '../runtime/config/compile.js';
import { loadConfiguration } from '../runtime/config/load.js';
import {
  ReceiptState,
  disarmCauses,
  guardianCauses,
  inhibitorStates,
  recordLength,
  type Command,
  type RunDescription,
} from '../runtime/contracts.js';
import { createDevice } from '../drivers/devices.js';
import { hardLimits } from '../runtime/guardian/actuators.js';
import { CommandWriter } from '../runtime/guardian/command.js';
import { NightCondition, SharedCondition, conditionWords } from '../runtime/guardian/condition.js';
import { Firing } from '../runtime/guardian/firing.js';
import type { FiringMessage } from '../runtime/guardian/shared.js';
import { readSeal } from '../runtime/guardian/seal.js';
import { buildLoop, describeLoop } from '../runtime/loop/build.js';
import { LoggedLoop } from '../runtime/loop/logged-loop.js';
import { createRecordList, type RecordList } from '../runtime/loop/loop.js';
import { MessageCode } from '../runtime/loop/records.js';
import { SlotRing } from '../runtime/loop/ring.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { sampleSlotBytes } from '../runtime/loop/sample-slot.js';
import { RecordingWriter } from '../runtime/recording/writer.js';
import { ownPackage } from '../runtime/study/lock-file.js';
import { NightFile, nightPath } from '../runtime/study/night-file.js';
import type { NightEntry } from '../runtime/study/night-log.js';
import { appendDurably, readBeside, readSealed } from '../runtime/study/sealed-files.js';
import { usesPath } from '../runtime/study/uses.js';
import { StudyLock } from '../runtime/supervisor/study-lock.js';
import { axondVersion } from '../runtime/cli/version.js';
import { boardTime, recordingName, type NightTask } from './study-night-task.js';

/**
 * One night of a synthetic sleeper, as fast as it goes, on a clock of its own: the real loop with its gate, the guardian's
 * real rules and condition, the real recorder's writer and night's log. The sleeper hears what the guardian gives, and
 * answers. `node study-night.js JSON`; see `study-e2e.ts`.
 */
const task = JSON.parse(process.argv[2] ?? '') as NightTask;
const { participant, night, record, startUs, boot } = task;
const continued = task.fromSeconds > 0;
const sets = [
  `device.name=${task.bed}`,
  `study.participant=${participant}`,
  `study.night=${night}`,
  `study.continue=${continued}`,
];
const { configuration, effectiveYaml } = loadConfiguration({ files: task.configuration, sets });
const plan = compileRun(configuration);
const { study } = plan;
if (!study || !plan.actuator) throw new Error('the protocol has no study, or stimulates nobody');
const stream = createDevice(plan.source.device).info;
const { rate, channels } = stream;
const originUs = startUs + task.fromSeconds * 1e6;
const wallMs = (us: number): number => boardTime(task, us).wallMs;
const path = join(record, `${recordingName(task)}.db`);

let nowUs = originUs;
let leases = 0;
const log = new NightFile(nightPath(record, study.name, participant, night), () => ({
  ...{ us: nowUs, boot, ...boardTime(task, nowUs), zone: plan.timeZone },
}));
const note = (entry: NightEntry): Promise<unknown> => log.append(entry);

// What arming asks of study and guardian.
const { sha256 } = await readSeal(study.allocation);
const lock = await StudyLock.open({
  plan,
  configuration: effectiveYaml,
  axondVersion,
  package: ownPackage,
  allocation: sha256,
});
const words = new Int32Array(new SharedArrayBuffer(4 * conditionWords));
const condition = new NightCondition(
  { study, run: basename(path, '.db'), boot, sha256, locks: lock.versions },
  {
    readSealed: () => readSealed(study.allocation),
    readUses: () => readBeside(usesPath(study.allocation)),
    append: (text) => appendDurably(usesPath(study.allocation), text),
    nowUs: () => nowUs,
    wallTime: () => new Date(wallMs(nowUs)).toISOString(),
  },
  words,
);
const refusals = [...(await lock.faults()), ...(await condition.check())];
if (refusals.length > 0) throw new Error(refusals.join('\n'));

const loop = await buildLoop(plan.loop, stream);
const samples = SlotRing.create(1 << 14, sampleSlotBytes(channels.length));
const decisions = SlotRing.create(1 << 14, recordLength * 8);
const logged = new LoggedLoop(loop, samples, decisions);
const described = describeLoop(loop);
const detectors = plan.loop.detectors.map(({ name }) => name);
const locked = lock.record;
const run: RunDescription = {
  ...{ name: plan.name, axond: axondVersion, node: process.version, verb: 'run', configuration: effectiveYaml, stream },
  ...{ detectors, ...described },
  study: { name: study.name, participant, night, continued, sha256, ...(locked ? { lock: locked } : {}) },
  ...{ bootId: boot, startUs: originUs, startWallMs: wallMs(originUs) },
  ...(boardTime(task, originUs).clock === 'unset' ? { wallClock: 'unset' } : {}),
};
const writer = new RecordingWriter(path, run);
await note({ kind: 'run', recording: basename(path, '.db'), state: 'began', detail: '' });

const sleeper = createSleeper({
  ...{ seed: task.seed, rate, channels: ['C3', 'M2'], stages: task.stages, spindleRate: 10 },
  individual: drawSubject(new Random(task.person, 5)),
  mains: { frequency: 50, amplitude: 2 },
});
const values = new Float64Array(2);
const places = ['C3', 'M2'].map((name) => channels.findIndex((channel) => channel.name === name));
for (let n = 0; n < task.fromSeconds * rate; n++) sleeper.read(values);

/** The guardian, in this process and on this clock: its judgement, its log, its condition. */
class Guardian {
  readonly receipts: { command: number; state: number; atUs: number }[] = [];
  /** That a stimulus was a sham. */
  told = false;
  readonly #writer = new CommandWriter();
  readonly #firing: Firing;
  readonly #hold = new Int32Array(new SharedArrayBuffer(4));
  #end: { command: number; endUs: number } | undefined;
  #nowUs = 0;

  constructor(sleeper: Sleeper, use: keyof typeof hardLimits, nowUs: number) {
    const deliveries = new DeliveryFile(path.replace(/\.db$/, '.deliveries'));
    this.#firing = new Firing(
      hardLimits[use],
      this.#hold,
      new Float64Array(new SharedArrayBuffer(8)),
      {
        condition: new SharedCondition(words),
        actuator: {
          check: () => [],
          fire: (command, real) => {
            if (real === 'real' && task.deaf !== true) sleeper.hear();
            const tells = task.leaks === true && real === 'sham';
            if (tells) this.told = true;
            return { atUs: Math.max(command.fireAtUs, this.#nowUs) + (tells ? 1000 : 0), evidence: '' };
          },
          rest: () => undefined,
          isAtRest: () => true,
          close: () => undefined,
        },
        append: (line) => deliveries.append(line),
        tell: (message) => this.#heard(message),
      },
      { deliveries: [], unreadable: [] },
      nowUs,
    );
  }

  take(commands: readonly Command[], count: number, cycle: number, nowUs: number): void {
    this.#nowUs = nowUs;
    this.#writer.clear();
    for (let place = 0; place < count; place++) this.#writer.fire(commands[place] as Command);
    this.#writer.beat(cycle);
    this.#firing.push(this.#writer.bytes.slice(0, this.#writer.length), this.#writer.length, nowUs);
    this.#firing.fireDue(nowUs);
    if (this.#end && nowUs >= this.#end.endUs) {
      this.receipts.push({ command: this.#end.command, state: ReceiptState.ended, atUs: this.#end.endUs });
      this.#end = undefined;
    }
  }

  #heard(message: FiringMessage): void {
    if ('receipt' in message) this.receipts.push(message.receipt);
    else if ('started' in message) this.#end = message.started;
    else throw new Error(`the guardian latched: ${message.broken}`);
  }
}

const guardian = new Guardian(sleeper, plan.actuator.plan.use, nowUs);
const messages = createRecordList(512);
const clear = inhibitorStates.indexOf('clear');
put(messages, MessageCode.source, 2);
put(messages, MessageCode.supervisor, 1);
put(messages, MessageCode.guardian, 1, guardianCauses.indexOf('ready'));
put(messages, MessageCode.seed, 1);
for (const kind of [MessageCode.budget, MessageCode.recorder, MessageCode.disk]) put(messages, kind, clear);
await arm();

const block = createSampleBlock(channels.length, 1);
block.frames = 1;
const markers = new Map<number, string>();
const firstFrame = Math.round(task.fromSeconds * rate);
const at = (seconds: number | undefined): number => Math.round((seconds ?? NaN) * rate);
for (let frame = firstFrame; sleeper.read(values); frame++) {
  nowUs = originUs + ((frame - firstFrame + 1) * 1e6) / rate;
  block.counts.fill(0);
  places.forEach((place, channel) => {
    block.counts[place] = Math.round((values[channel] as number) / (channels[place]?.scale ?? 1));
  });
  block.counters[0] = frame & 255;
  block.firstIndex = frame - firstFrame;
  block.arrivalUs = nowUs;
  if (frame === at(task.adverse?.at)) {
    put(messages, MessageCode.disarm, disarmCauses.indexOf('request'));
    await note({ kind: 'mark', mark: 'adverse', text: 'woke with a headache', by: 'AM' });
    await note({ kind: 'disarmed', cause: 'adverse' });
  }
  if (frame === at(task.adverse?.clearedAt)) {
    await note({ kind: 'adverseCleared', by: 'AM', text: 'slept on, wants to go on' });
    await arm();
  }
  if (frame === at(task.clockSetAt)) {
    put(messages, MessageCode.clock, inhibitorStates.indexOf('holds'));
    markers.set(1, 'the wall clock was set');
    put(messages, MessageCode.marker, 1);
  }
  if (frame === at(task.clockSetAt) + 10 * rate) put(messages, MessageCode.clock, clear);
  for (const { command, state, atUs } of guardian.receipts) put(messages, MessageCode.receipt, command, state, atUs);
  guardian.receipts.length = 0;
  logged.step(nowUs, block, messages);
  messages.length = 0;
  guardian.take(loop.commands, loop.commandCount, loop.cycleNumber, nowUs);
  if (decisions.free() < 1 << 12 || samples.free() < 1 << 12) writer.drain(samples, decisions, markers);
  if (frame % (10 * rate) === 0) {
    writer.drain(samples, decisions, markers);
    writer.commit();
    if (frame % (60 * rate) === 0) writer.anchor(nowUs, wallMs(nowUs));
  }
  if (frame === at(task.crashAt)) process.kill(process.pid, 'SIGKILL');
}
writer.drain(samples, decisions, markers);
const { tally } = logged;
if (guardian.told) await note({ kind: 'alarm', alarm: 'rate', state: 'raised', by: '', detail: '' });
await condition.close();
await note({ kind: 'lightsOn', by: 'AM' });
writer.close({
  ...{ samples: loop.lastIndex + 1, gaps: tally.gaps, discardedBytes: 0, detections: tally.detections },
  ...{ stimuli: tally.stimuli, refusals: tally.refusals, latencyUs: tally.latencyUs() },
  ...{ ringLosses: { samples: samples.losses, decisions: decisions.losses, commands: 0 }, recording: path, mqtt: null },
});
await note({ kind: 'run', recording: basename(path, '.db'), state: 'ended', detail: '' });
await note({ kind: 'closed', outcome: 'complete', reason: '' });

/** For an hour, and on one lease. */
async function arm(): Promise<void> {
  const untilUs = nowUs + 3600e6;
  const lease = { lease: ++leases, stimuli: 600, grantedUs: nowUs, untilUs };
  writer.lease(lease);
  put(messages, MessageCode.arm, untilUs, NaN, NaN, NaN, NaN, NaN);
  put(messages, MessageCode.lease, lease.lease, lease.stimuli, lease.untilUs);
  await note({ kind: 'armed', by: 'AM', rearmed: 0 });
}

function put(list: RecordList, kind: number, ...fields: number[]): void {
  const at = list.length++ * recordLength;
  list.records.fill(0, at, at + recordLength);
  list.records[at] = kind;
  list.records.set(fields, at + 4);
}
