import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The paced card of `paced-card.c`: built in a folder, and what it wrote down. */

export interface PacedCard {
  /** ALSA's name of it, once `ALSA_CONFIG_PATH` is `configuration`. */
  readonly card: 'paced';
  readonly configuration: string;
  readonly heard: () => Heard;
}

/** What the card played, by its own clock, in microseconds of CLOCK_MONOTONIC. */
export interface Heard {
  /** First and last sample of each sound. */
  readonly sounds: readonly { readonly onUs: number; readonly offUs: number }[];
  readonly underrunsUs: readonly number[];
}

const here = (file: string): string => fileURLToPath(new URL(`../../test/${file}`, import.meta.url));

/** Why no paced card can be built here, or the empty string. */
export function withoutPacedCard(): string {
  if (spawnSync('cc', ['--version'], { stdio: 'ignore' }).status !== 0) return 'there is no C compiler (cc)';
  if (existsSync('/usr/include/alsa/pcm_external.h')) return '';
  return 'the headers of ALSA are missing: sudo apt-get install libasound2-dev';
}

/** `ppm`: how much faster than ours the card's clock runs. */
export function buildPacedCard(folder: string, ppm: number): PacedCard {
  const library = join(folder, 'libpaced.so');
  compile([here('paced-card.c'), '-shared', '-fPIC', '-DPIC', '-lasound'], library);
  const configuration = join(folder, 'asound.conf');
  const log = join(memoryFolder(), 'card.log');
  writeFileSync(log, '');
  writeFileSync(
    configuration,
    `</usr/share/alsa/alsa.conf>\npcm_type.paced { lib "${library}" }\npcm.paced { type paced log "${log}" ppm ${ppm} }\n`,
  );
  return { card: 'paced', configuration, heard: () => heardIn(readFileSync(log)) };
}

/** A card does not wait for a disk: where memory has a folder, its log lies there. */
function memoryFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'axond-card-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function buildWatch(name: 'stall-watch' | 'line-watch', folder: string): string {
  const program = join(folder, name);
  compile([here(`${name}.c`)], program);
  return program;
}

function compile(parameters: readonly string[], output: string): void {
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', output, ...parameters], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc: ${stderr}`);
}

/** The layout of the log is told in `paced-card.c`. */
function heardIn(log: Buffer): Heard {
  const sounds: { onUs: number; offUs: number }[] = [];
  const underrunsUs: number[] = [];
  const records = log.length === 0 ? 0 : log.readDoubleLE(0);
  for (let record = 1; record <= records; record++) {
    const us = log.readDoubleLE(16 * record);
    const what = log.readDoubleLE(16 * record + 8);
    const last = sounds.at(-1);
    if (what === 1) sounds.push({ onUs: us, offUs: Infinity });
    else if (what === 2 && last) last.offUs = Math.min(last.offUs, us);
    // ALSA asks again while it winds an underrun up.
    else if (what === 3 && !(us - (underrunsUs.at(-1) ?? 0) < 2000)) underrunsUs.push(us);
  }
  return { sounds, underrunsUs };
}
