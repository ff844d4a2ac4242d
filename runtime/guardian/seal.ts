import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What the core may know of a sealed file: its SHA-256, or why there is none. */
export interface Seal {
  readonly sha256: string | null;
  /** One line, or the empty string. */
  readonly fault: string;
}

/** Asks a process of the guardian's: the core itself never opens the file. */
export async function readSeal(allocation: string): Promise<Seal> {
  const program = fileURLToPath(new URL('./seal-process.js', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, allocation]);
    const [sha256 = '', ...fault] = stdout.trimEnd().split(' ');
    return /^[0-9a-f]{64}$/.test(sha256) ? { sha256, fault: '' } : { sha256: null, fault: fault.join(' ') };
  } catch (error) {
    return { sha256: null, fault: `${allocation}: cannot be looked at (${String(error)}).` };
  }
}
