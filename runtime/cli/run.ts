import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Logger } from 'pino';
import type { RunSummary } from '../contracts.js';
import { barred } from '../study/withdrawn.js';
import { CrashReporter } from '../supervisor/crash-report.js';
import { Run } from '../supervisor/run.js';
import { loadAnyPlan, type LoadedRun } from './configuration.js';
import { showLive } from './live.js';
import { positive } from './options.js';
import { conductAgain, type Ended } from './conduct-again.js';
import { createLogger } from './logger.js';
import { Failure, print, printJson } from './output.js';
import { conductPlaces, describeDrive } from './run-places.js';
import { axondVersion } from './version.js';

interface RunCommandOptions {
  config?: string[];
  preset?: string;
  driver?: string;
  port?: string;
  set?: string[];
  participant?: string;
  night?: string;
  continue?: true;
  seconds?: number;
  armVirtual?: true;
  json?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('Run the loop on a device: reads, decides, stimulates when armed, records and reports')
    .option('--config <FILE...>', 'configuration files; later ones win')
    .option('--preset <NAME>', 'start from a preset')
    .option('--driver <NAME>', 'same as --set source.use=NAME')
    .option('--port <PATH>', 'same as --set source.port=PATH')
    .option('--set <KEY=VALUE...>', 'override any key, for example --set gate.perMinute=3')
    .option('--participant <NAME>', 'whose night of a blinded study: same as --set study.participant=NAME')
    .option('--night <N>', 'which of their nights: same as --set study.night=N')
    .option('--continue', 'go on with a night that another recording has begun: same as --set study.continue=true')
    .option('--seconds <N>', 'end this long after the first sample (default: until Ctrl-C)', positive)
    .option('--arm-virtual', 'arm at the start; refused unless every actuator is virtual')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond run --driver cyton --port /dev/ttyUSB0')
    .action(async (options: RunCommandOptions) => {
      const sets = [...(options.set ?? [])];
      if (options.driver !== undefined) sets.push(`source.use=${options.driver}`);
      if (options.port !== undefined) sets.push(`source.port=${options.port}`);
      if (options.participant !== undefined) sets.push(`study.participant=${options.participant}`);
      if (options.night !== undefined) sets.push(`study.night=${options.night}`);
      if (options.continue) sets.push('study.continue=true');
      const loaded = loadAnyPlan({
        ...(options.config ? { files: options.config } : {}),
        ...(options.preset !== undefined ? { preset: options.preset } : options.config ? {} : { preset: 'spindle' }),
        sets,
        armVirtual: options.armVirtual === true,
      });
      const log = createLogger();
      const { seconds } = options;
      const more = { verb: 'run', log, seconds, quiet: options.json === true };
      if ('places' in loaded) {
        const summary = await conductPlaces({ ...more, loaded: loaded.places });
        if (options.json) printJson(summary);
        else print(...describeDrive(summary));
        return;
      }
      const summary = await conduct({ ...more, loaded: loaded.run });
      if (options.json) printJson(summary);
      else print(...describeSummary(summary));
    });
}

export interface Conducted {
  readonly verb: string;
  readonly loaded: LoadedRun;
  readonly log: Logger;
  readonly seconds: number | undefined;
  readonly quiet: boolean;
}

/**
 * Starts a run, shows it, ends it on a signal or after its time. One that ends for want of space, and not after its time,
 * is followed by another one when there is room again: disarmed, as every run begins.
 */
export async function conduct(conducted: Conducted): Promise<RunSummary> {
  const { notes, plan } = conducted.loaded;
  const { study, record } = plan;
  const refusal = study && existsSync(record) ? barred(record, study.name, study.participant) : undefined;
  if (refusal !== undefined) throw new Failure(refusal);
  process.stderr.write(notes.map((note) => `${note}\n`).join(''));
  return conductAgain(plan, conducted, () => conductOnce(conducted));
}

async function conductOnce({ verb, loaded, log, seconds, quiet }: Conducted): Promise<Ended<RunSummary>> {
  const { plan, effectiveYaml, armAtStart } = loaded;
  const run = await Run.start({
    verb,
    plan,
    configuration: effectiveYaml,
    axondVersion,
    log,
    armAtStart,
    ...(seconds === undefined ? {} : { seconds }),
  });
  const crashes = new CrashReporter(join(plan.state, 'crashes'), axondVersion, () => run.status(), log);
  const stop = (): void => void run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const hide = quiet ? () => undefined : showLive(run, plan.loop.signals[plan.loop.trace]?.name ?? '');
  try {
    const summary = await run.finished;
    if (run.recorderFailure !== '') throw new Failure(run.recorderFailure);
    return { summary, roomWanted: run.roomWanted };
  } catch (error) {
    crashes.note(error);
    throw error;
  } finally {
    hide();
    crashes.close();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

export function describeSummary(summary: RunSummary): string[] {
  const { latencyUs, mqtt } = summary;
  const losses = Object.entries(summary.ringLosses).map(([ring, count]) => `${ring} ${count}`);
  return [
    `samples     ${summary.samples} (${summary.gaps} gaps, ${summary.discardedBytes} bytes discarded)`,
    `decisions   ${summary.detections} detections, ${summary.stimuli} stimuli, ${summary.refusals} refusals`,
    latencyUs
      ? `latency     ${latencyUs.p50.toFixed(0)} µs median, ${latencyUs.p99.toFixed(0)} µs p99, ${latencyUs.max.toFixed(0)} µs at most, from bytes arrived to stimulus confirmed`
      : 'latency     nothing was stimulated',
    `losses      ${losses.join(', ')}`,
    ...(mqtt ? [`mqtt        ${mqtt.acked} of ${mqtt.published} messages acknowledged`] : []),
    `recording   ${summary.recording ?? 'none'}`,
  ];
}
