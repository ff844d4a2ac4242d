import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlantedBug } from './planted.js';

/** Where the C sources are: `core/`, `generated/`, `proof/`. */
export const firmware = fileURLToPath(new URL('../../../../firmware-bridge/firmware/', import.meta.url));

/** `proof/configurations/*.h`, from the quickest to the longest. */
export const configurations = ['numbers', 'values', 'times'] as const;
export type Configuration = (typeof configurations)[number];

export const strict = ['-std=c11', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-pedantic'];

export interface Outcome {
  readonly sound: boolean;
  /** What the program printed. */
  readonly text: string;
}

/** Runs a program; its text if it ends with 0 or 1, which is for what is broken. */
export function outcomeOf(program: string, parameters: readonly string[], folder = firmware): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { cwd: folder, encoding: 'utf8' });
  if (status === 0 || status === 1) return { sound: status === 0, text: stdout };
  throw new Error(`${program} ${parameters.join(' ')}: ${error?.message ?? `${stderr}${stdout}`}`);
}

export function mustRun(program: string, parameters: readonly string[], folder = firmware): string {
  // Frama-C believes PWD.
  const env = { ...process.env, PWD: folder };
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { cwd: folder, encoding: 'utf8', env });
  if (status === 0) return `${stdout}${stderr}`;
  throw new Error(`${program} ${parameters.join(' ')}: ${error?.message ?? `${stderr}${stdout}`}`);
}

/** The interlock between an observer and all inputs of one configuration; other sources of interlock.c can take its place. */
export class Visit {
  readonly #folder: string;
  readonly #flags: readonly string[];

  /** Compiles all but the interlock into this folder, which is there and empty. */
  constructor(folder: string, configuration: Configuration) {
    this.#folder = folder;
    this.#flags = [...strict, '-O2', '-include', join(firmware, 'proof/configurations', `${configuration}.h`)];
    // interlock.c looks for its headers beside itself, wherever a copy of it stands.
    mkdirSync(join(folder, 'core'));
    cpSync(join(firmware, 'generated'), join(folder, 'generated'), { recursive: true });
    cpSync(join(firmware, 'core/interlock.h'), join(folder, 'core/interlock.h'));
    mustRun('cc', [...this.#flags, '-c', ...['visit', 'inputs', 'observer'].map(source)], folder);
  }

  run(interlock = readFileSync(join(firmware, 'core/interlock.c'), 'utf8')): Outcome {
    writeFileSync(join(this.#folder, 'core/interlock.c'), interlock);
    const objects = ['visit.o', 'inputs.o', 'observer.o'];
    // A planted bug may leave a parameter unused.
    mustRun('cc', [...this.#flags, '-Wno-error', 'core/interlock.c', ...objects, '-o', 'visit'], this.#folder);
    return outcomeOf(join(this.#folder, 'visit'), []);
  }
}

/** The interlock as it would be with this bug. */
export function planted({ name, right, wrong }: PlantedBug): string {
  const [before, after, ...more] = readFileSync(join(firmware, 'core/interlock.c'), 'utf8').split(right);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${name}: what it changes does not stand in interlock.c exactly once. Correct planted.ts.`);
  return `${before}${wrong}${after}`;
}

function source(name: string): string {
  return join(firmware, 'proof', `${name}.c`);
}
