import { Command } from 'commander';
import { readSeal } from '../guardian/seal.js';
import { lockPath, ownPackage, readLockFile, writeVersion, type LockFile } from '../study/lock-file.js';
import { lockFaults, protocolHash, type LockVersion, type Protocol } from '../study/lock.js';
import { appendDurably, readBeside } from '../study/sealed-files.js';
import { encodeUse, endOfUses, usesPath } from '../study/uses.js';
import { protocolNow } from '../supervisor/study-lock.js';
import { loadRunPlan } from './configuration.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { axondVersion } from './version.js';

interface LockOptions {
  approval: string;
  by: string;
  config?: string[];
  participant: string;
  amend?: string;
  json?: true;
}

export function lockCommand(): Command {
  return new Command('lock')
    .description('Keep a protocol as it was approved: whatever differs from then on refuses arming, by name')
    .argument('<protocol>', 'the protocol, as axond run is given it')
    .requiredOption('--approval <ID>', 'of the ethics committee, for example 2026-014')
    .requiredOption('--by <NAME>', 'who locks')
    .option('--config <FILE...>', 'what the protocol is laid over, for example device.yaml')
    .option('--participant <CODE>', 'any code that study.codes allows', 'P001')
    .option('--amend <REASON>', 'a new version, on purpose; the ones before are kept')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond study lock protocol.yaml --config device.yaml --approval 2026-014 --by "A. Meyer"',
    )
    .action(lock);
}

async function lock(file: string, { approval, by, config = [], participant, amend, json }: LockOptions): Promise<void> {
  for (const [option, value] of Object.entries({ '--approval': approval, '--by': by, '--amend': amend })) {
    if (value?.trim() === '') throw new UsageError(`${option}: is empty. It goes on record.`);
  }
  const loaded = load([...config, file], participant);
  const { path } = loaded;
  const before = await refusing(() => readLockFile(path));
  const current = before?.versions.at(-1);
  if (current && amend === undefined)
    throw new Failure(`${path}: is locked already ${signed(current)}. A new version takes --amend REASON.`);
  if (!current && amend !== undefined) throw new Failure(`${path}: there is no lock to amend. Leave --amend out.`);
  const held = await protocolOf(loaded);
  const signature = { approval, by, at: new Date().toISOString(), reason: amend ?? '' };
  await refusing(() => writeVersion(path, signature, held, before));
  const written = await refusing(() => readLockFile(path));
  if (!written) throw new Failure(`${path}: is gone again. Lock anew.`);
  await refusing(() => noteLock(loaded.plan.study.allocation, written));
  if (json) printJson({ path, ...described(written) });
  else print(`${path}: locked.`, ...sheet(written));
}

interface StatusOptions {
  set?: string[];
  participant: string;
  json?: true;
}

export function lockStatusCommand(): Command {
  return new Command('status')
    .description('What is locked of a study, and whether this box equals it')
    .argument('<file...>', 'configuration files, as axond run is given them')
    .option('--set <KEY=VALUE...>', 'override a key of the configuration')
    .option('--participant <CODE>', 'any code that study.codes allows', 'P001')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText('after', '\nExample:  axond study status device.yaml protocol.yaml')
    .action(status);
}

async function status(files: string[], { set = [], participant, json }: StatusOptions): Promise<void> {
  const { plan, configuration, path } = load(files, participant, set);
  const lock = await refusing(() => readLockFile(path));
  if (!lock) {
    if (json) printJson({ path, locked: false, faults: [] });
    else print(`${path}: there is none; the protocol is not locked. Lock it: axond study lock.`);
    return;
  }
  const allocation = (await readSeal(plan.study.allocation)).sha256;
  const now = await protocolNow({ plan, configuration, axondVersion, package: ownPackage, allocation });
  const faults = lockFaults(lock.versions.at(-1) ?? lock.versions[0], now);
  if (json) printJson({ path, locked: true, ...described(lock), faults });
  else print(`${path}: whole.`, ...sheet(lock), ...faults, ...(faults.length === 0 ? ['This box equals it.'] : []));
  if (faults.length > 0) process.exitCode = 1;
}

/** `axond check` of a lock: whether it is as it was written. */
export async function checkLock(path: string, json: boolean): Promise<void> {
  const lock = await refusing(() => readLockFile(path));
  if (!lock) throw new Failure(`${path}: there is no such file.`);
  if (json) printJson({ ok: true, path, ...described(lock) });
  else print(`${path}: whole.`, ...sheet(lock));
}

/** Where the guardian sees it before each night, so that a lock that is taken away is missed. */
async function noteLock(allocation: string, { versions }: LockFile): Promise<void> {
  const { hash: lock, at } = versions.at(-1) ?? versions[0];
  const path = usesPath(allocation);
  await appendDurably(path, `${endOfUses(await readBeside(path))}${encodeUse({ use: 'locked', lock, at })}`);
}

/** Whose night it is belongs to no protocol: any that the configuration allows will do. */
function load(files: readonly string[], participant: string, more: readonly string[] = []) {
  const sets = [`study.participant=${participant}`, 'study.night=1', ...more];
  const { plan, effectiveYaml: configuration } = loadRunPlan({ files, sets, armVirtual: false });
  const { study } = plan;
  if (!study) throw new UsageError(`${files.join(', ')}: names no study. Give it study.name and study.allocation.`);
  return { plan: { ...plan, study }, configuration, path: lockPath(plan.state, study.name) };
}

async function protocolOf({ plan, configuration }: ReturnType<typeof load>): Promise<Protocol> {
  const { sha256, fault } = await readSeal(plan.study.allocation);
  if (sha256 === null) throw new Failure(`study: ${fault}`);
  const now = await protocolNow({ plan, configuration, axondVersion, package: ownPackage, allocation: sha256 });
  const unread = Object.entries(now.files).filter(([, hash]) => !/^[0-9a-f]{64}$/.test(hash));
  if (unread.length > 0) throw new Failure(unread.map(([key, why]) => `${key}: ${why}. Correct the path.`).join('\n'));
  return { ...now, allocation: sha256 };
}

/** What is locked, for people. */
function sheet({ versions }: LockFile): string[] {
  const { protocol } = versions.at(-1) ?? versions[0];
  const { study, axond, programs, node, allocation, keys, files } = protocol;
  return [
    ...versions.map(
      (one) => `version ${one.version}   ${one.at} ${signed(one)}${one.reason === '' ? '' : `: ${one.reason}`}`,
    ),
    `study       ${study}, by axond ${axond} (${Object.keys(programs).length} files) on Node ${node}`,
    `protocol    SHA-256 ${protocolHash(protocol)}: ${Object.keys(keys).length} keys`,
    ...Object.entries(files).map(([key, hash]) => `file        ${key} ${hash}`),
    `allocation  SHA-256 ${allocation}`,
  ];
}

function described({ versions }: LockFile) {
  const { protocol, hash, version } = versions.at(-1) ?? versions[0];
  return { version, hash, sha256: protocolHash(protocol), protocol, versions: versions.length };
}

const signed = ({ approval, by }: LockVersion): string => `(approval ${approval}, by ${by})`;

async function refusing<Result>(act: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error));
  }
}
