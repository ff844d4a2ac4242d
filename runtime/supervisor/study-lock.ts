import type { RunPlan } from '../config/compile.js';
import { protocolKeys } from '../config/protocol-keys.js';
import type { RunDescription } from '../contracts.js';
import {
  hashFiles,
  hashPrograms,
  librariesOf,
  lockedStudies,
  lockPath,
  readLockFile,
  type LockFile,
} from '../study/lock-file.js';
import { lockFaults, protocolHash, type LockVersion, type ProtocolNow } from '../study/lock.js';

/** What a run has of its study's protocol. */
export interface StudyRun {
  readonly plan: RunPlan;
  /** The effective configuration. */
  readonly configuration: string;
  readonly axondVersion: string;
  /** Folder of the package that runs. */
  readonly package: string;
  /** SHA-256 of the sealed file, as the guardian said it; null if it could not read it, or where nobody is blinded. */
  readonly allocation: string | null;
}

/**
 * The lock of a run's study, as it was at the start: what differs from it refuses arming, at the start and whenever
 * somebody arms (SAFETY.md R-48).
 */
export class StudyLock {
  readonly #run: StudyRun;
  #file: LockFile | undefined;
  #faultsAtStart: readonly string[] = [];

  private constructor(run: StudyRun) {
    this.#run = run;
  }

  static async open(run: StudyRun): Promise<StudyLock> {
    const lock = new StudyLock(run);
    const { study, state } = run.plan;
    // One that cannot be read is a fault from now on.
    if (study) lock.#file = await readLockFile(lockPath(state, study.name)).catch(() => undefined);
    lock.#faultsAtStart = await lock.#look();
    return lock;
  }

  /** All that speaks against arming, one line each. What has been wrong since the start stays so: it was loaded then. */
  async faults(): Promise<readonly string[]> {
    return [...new Set([...this.#faultsAtStart, ...(await this.#look())])];
  }

  /** Hashes of all versions, the one in force last; none where nothing is locked. */
  get versions(): readonly string[] {
    return this.#file?.versions.map(({ hash }) => hash) ?? [];
  }

  /** For the recording; undefined where nothing is locked. */
  get record(): NonNullable<RunDescription['study']>['lock'] {
    const current = this.#current;
    if (!current) return undefined;
    const { version, approval, hash, protocol } = current;
    return { version, approval, hash, protocol: protocolHash(protocol) };
  }

  get #current(): LockVersion | undefined {
    return this.#file?.versions.at(-1);
  }

  async #look(): Promise<string[]> {
    const { plan } = this.#run;
    try {
      if (!plan.study) return await this.#withoutStudy();
      const path = lockPath(plan.state, plan.study.name);
      const current = (await readLockFile(path))?.versions.at(-1);
      if (current?.hash !== this.#current?.hash)
        return [`study: ${path} has changed since this run began. Start axond again.`];
      return current ? lockFaults(current, await protocolNow(this.#run)) : [];
    } catch (error) {
      return [`study: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  /** Nobody is blinded and nothing is locked: on a box of a study that is how a protocol is forgotten. */
  async #withoutStudy(): Promise<string[]> {
    const { actuator, state } = this.#run.plan;
    if (!actuator || actuator.plan.use === 'virtual') return [];
    return (await lockedStudies(state)).map(
      (name) =>
        `study: this box is locked for ${name}, and the configuration names no study. Give it its protocol, or move ` +
        `${lockPath(state, name)} away when that study is over.`,
    );
  }
}

/** As it is at this moment. */
export async function protocolNow({
  plan,
  configuration,
  axondVersion,
  package: own,
  allocation,
}: StudyRun): Promise<ProtocolNow> {
  const { values, files } = protocolKeys(configuration, plan.loop);
  return {
    study: plan.study?.name ?? '',
    axond: axondVersion,
    programs: await hashPrograms(own),
    node: process.version,
    libraries: await librariesOf(own),
    allocation,
    keys: values,
    files: await hashFiles(files),
    environment: Object.fromEntries(
      telling.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
  };
}

/** Variables that change which code runs, or which card plays. */
const telling = ['NODE_OPTIONS', 'NODE_PATH', 'LD_PRELOAD', 'LD_LIBRARY_PATH', 'ALSA_CONFIG_PATH', 'ALSA_CARD'];
