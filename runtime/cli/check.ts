import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { compileRun } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import { patentNotes } from '../config/patents.js';
import { checkRecording, type RecordingReport } from '../recording/check.js';
import { isSqliteFile } from '../recording/file-kind.js';
import { RecordingError } from '../recording/read.js';
import { headText } from '../recording/table-chains.js';
import { checkManifest, manifestName } from '../study/export/manifest.js';
import { configuredTiming, measuredWithOf } from '../timing/timing-file.js';
import { judgeMachine } from './check-machine.js';
import { checkModule } from './check-module.js';
import { checkNightLog, type GivenHead } from './check-night.js';
import { lookAtMachine } from './machine.js';
import { firstStep, isModelFile, openModel, refusing, withImportOptions, type ImportFlags } from './model-file.js';
import { describeTime, inspect } from './model-inspect.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { inspectMap } from './place-inspect.js';
import { isMapFile, ofMapFile } from './place-map.js';
import { checkLock } from './study-lock.js';

interface CheckOptions extends ImportFlags {
  set?: string[];
  head?: GivenHead;
  json?: true;
}

export function checkCommand(): Command {
  const command = new Command('check')
    .description(
      'Check this machine, or with a path that file: a recording, the log of a night, a configuration, a model, a map, a module, the lock of a study, an exported one',
    )
    .argument(
      '[file...]',
      'a recording (*.db), the log of a night (*.night), configuration files (*.yaml, later ones win), a model, a map (*.map), a module (*.js, *.mjs), the lock of a study (*.lock), or the folder of an exported study',
    )
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option(
      '--head <N:HASH>',
      'a head that axond gave out: what it covers must be in the recording or log as it was; of a log log_head of nights.tsv will do',
      given,
    )
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond check device.yaml protocol.yaml')
    .action(async (files: string[], options: CheckOptions) => {
      const [first] = files;
      if (options.head && !(first !== undefined && hasHead(first)))
        throw new UsageError(
          '--head: belongs to a recording or the log of a night. Name one: axond check FILE --head N:HASH.',
        );
      if (first === undefined) await machine(options);
      else {
        for (const file of files) if (!existsSync(file)) throw new UsageError(`${file}: there is no such file.`);
        const isStudy = existsSync(join(first, manifestName));
        if (!isStudy && statSync(first).isDirectory())
          throw new Failure(
            `${first}: has no ${manifestName}, so it is no exported study, or one that was cut off. Export it again.`,
          );
        const alone =
          isStudy ||
          /\.([cm]?js|lock|night)$/.test(first) ||
          isSqliteFile(first) ||
          isMapFile(first) ||
          isModelFile(first);
        if (alone && files.length > 1)
          throw new UsageError(
            `${files.join(', ')}: only configuration files are checked together. Check one at a time.`,
          );
        if (isStudy) await study(first, options);
        else if (/\.[cm]?js$/.test(first)) await module(first, options);
        else if (first.endsWith('.lock')) await checkLock(first, options.json === true);
        else if (isNightLog(first)) checkNightLog(first, options.head, options.json === true);
        else if (isSqliteFile(first)) recording(first, options);
        else if (isMapFile(first)) await map(first, options);
        else if (isModelFile(first)) await model(first, options);
        else configuration(files, options);
      }
    });
  return withImportOptions(command);
}

function given(text: string): GivenHead {
  const [, number, hash] = /^(?:([1-9]\d{0,8}):)?([0-9a-f]{64})$/.exec(text.toLowerCase()) ?? [];
  if (hash === undefined)
    throw new InvalidArgumentError(`"${text}" is no head. Write it as axond gives it out: 12:9f8e… (64 digits).`);
  return { number: number === undefined ? undefined : Number(number), hash };
}

const isNightLog = (path: string): boolean => path.endsWith('.night');

function hasHead(path: string): boolean {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile && (isNightLog(path) || isSqliteFile(path));
}

async function machine({ json }: CheckOptions): Promise<void> {
  const findings = judgeMachine(await lookAtMachine());
  const ok = findings.every(({ level }) => level !== 'fault');
  if (json) printJson({ ok, findings });
  else
    for (const { level, name, detail, fix } of findings)
      print(`${marks[level]} ${name}: ${detail}${fix === '' ? '' : ` ${fix}`}`);
  if (!ok) process.exitCode = 1;
}

function configuration(files: readonly string[], { set = [], json }: CheckOptions): void {
  const { configuration, effectiveYaml } = loadConfiguration({ files, sets: set });
  const { actuator, source } = compileRun(configuration);
  const { faults } = actuator
    ? configuredTiming(actuator.timing, measuredWithOf(actuator.plan, source.device))
    : { faults: [] };
  const notes = patentNotes(configuration);
  if (json) printJson({ ok: faults.length === 0, configuration: effectiveYaml, faults, notes });
  else if (faults.length === 0) print(`${files.join(' and ')}: no fault found.`, ...notes);
  else print(...faults.map((fault) => `${marks.fault} ${fault}`));
  if (faults.length > 0) process.exitCode = 1;
}

function recording(path: string, { head, json }: CheckOptions): void {
  if (head && head.number === undefined)
    throw new UsageError(`--head: that of a recording has a number before its hash, and ${head.hash} has none.`);
  let report: RecordingReport;
  try {
    report = checkRecording(path, head?.number === undefined ? undefined : { seal: head.number, hash: head.hash });
  } catch (error) {
    if (error instanceof RecordingError) throw new Failure(error.message);
    throw error;
  }
  if (json) printJson(report);
  else {
    print(
      `${path}: ${report.frames} frames in ${report.cycles} cycles, ${report.events} events, ${report.started.length} stimuli`,
    );
    if (report.head) print(`head ${headText(report.head)}, over ${report.head.events} events`);
    if (report.migrated)
      print(`written in format ${report.migrated.from}; linked on ${new Date(report.migrated.wallMs).toISOString()}`);
    for (const fault of report.faults) print(`${marks.fault} ${fault}`);
    for (const warning of report.warnings) print(`${marks.warning} ${warning}`);
    if (report.ok) print(`${marks.good} whole`);
  }
  if (!report.ok) process.exitCode = 1;
}

/** Whole, and its first steps run. */
async function model(path: string, { json, ...flags }: CheckOptions): Promise<void> {
  try {
    const { format, network } = await openModel(path, flags);
    const model = await refusing(path, () => firstStep(network));
    const sheet = inspect(network, model);
    if (json) printJson({ ok: true, format, ...sheet });
    else
      print(
        `${path}: ${sheet.name} (${format}), ${sheet.layers.length} layers, ${describeTime(sheet)}: no fault found.`,
      );
  } catch (error) {
    if (!(error instanceof Failure) || !json) throw error;
    printJson({ ok: false, faults: [error.message] });
    process.exitCode = 1;
  }
}

/** Whole, with its journal. */
async function map(path: string, { json }: CheckOptions): Promise<void> {
  try {
    const sheet = await ofMapFile(() => inspectMap(path));
    if (json) printJson({ ok: true, ...sheet });
    else print(`${path}: a map of ${sheet.places} places, ${sheet.rows} rows: no fault found.`);
  } catch (error) {
    if (!(error instanceof Failure) || !json) throw error;
    printJson({ ok: false, faults: [error.message] });
    process.exitCode = 1;
  }
}

/** As it was exported: every file, and no other. */
async function study(path: string, { json }: CheckOptions): Promise<void> {
  const { files, faults } = await checkManifest(path);
  const ok = faults.length === 0;
  if (json) printJson({ ok, files, faults });
  else if (ok) print(`${path}: all ${files} files are as they were exported.`);
  else print(...faults.map((fault) => `${marks.fault} ${fault}`));
  if (!ok) process.exitCode = 1;
}

async function module(path: string, { json }: CheckOptions): Promise<void> {
  const { kind, faults, findings } = await checkModule(path);
  if (json) printJson({ ok: faults.length === 0, kind, faults, findings });
  else {
    for (const finding of findings) print(`       ${finding}`);
    for (const fault of faults) print(`${marks.fault} ${fault}`);
    if (faults.length === 0) print(`${path}: keeps the contract of a ${kind}.`);
  }
  if (faults.length > 0) process.exitCode = 1;
}

const marks = { good: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const;
