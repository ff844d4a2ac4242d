import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { z } from 'zod';
import { alsa } from '../../drivers/audio/alsa.js';

export interface Finding {
  readonly level: 'good' | 'warning' | 'fault';
  readonly name: string;
  readonly detail: string;
  readonly fix: string;
}

/** What this machine has, of what axond needs or could use. */
export async function checkMachine(): Promise<Finding[]> {
  return [
    nodeVersion(),
    await required('better-sqlite3', openMemoryDatabase, 'Run npm rebuild better-sqlite3.'),
    await required('serialport', () => import('serialport'), 'Run npm ci.'),
    await required('koffi', () => import('koffi'), 'Run npm ci.'),
    await optional('onoff', 'GPIO by sysfs'),
    await optional('@tensorflow/tfjs-node', 'TensorFlow models'),
    program('stty', ['--version'], 'sets serial lines', 'sudo apt-get install coreutils'),
    program('mkfifo', ['--version'], 'makes the channel to the guardian', 'sudo apt-get install coreutils'),
    realtime(),
    ports(),
    sound(),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return finding(good ? 'good' : 'fault', 'Node', process.version, good ? '' : 'Install Node 20.19 or newer.');
}

async function openMemoryDatabase(): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  new Database(':memory:').close();
}

async function required(name: string, load: () => Promise<unknown>, fix: string): Promise<Finding> {
  try {
    await load();
    return finding('good', name, 'loads', '');
  } catch (error) {
    return finding('fault', name, `does not load (${codeOf(error)}).`, fix);
  }
}

async function optional(name: string, what: string): Promise<Finding> {
  try {
    await import(name);
    return finding('good', name, 'loads', '');
  } catch (error) {
    return finding(
      'warning',
      name,
      `is absent (${codeOf(error)}): no ${what}. Nothing else needs it.`,
      `To have it: npm install ${name}.`,
    );
  }
}

function program(name: string, parameters: readonly string[], what: string, fix: string): Finding {
  const found = spawnSync(name, parameters, { stdio: 'ignore' }).status === 0;
  return finding(found ? 'good' : 'fault', name, found ? what : 'is absent.', found ? '' : `Run ${fix}.`);
}

function realtime(): Finding {
  const allowed = spawnSync('chrt', ['-f', '50', 'true'], { stdio: 'ignore' }).status === 0;
  return allowed
    ? finding('good', 'real-time', 'SCHED_FIFO is permitted', '')
    : finding(
        'warning',
        'real-time',
        'SCHED_FIFO is not permitted: stimuli come later on a busy machine.',
        'Set LimitRTPRIO=60 in the unit, or rtprio in /etc/security/limits.conf.',
      );
}

function ports(): Finding {
  const found = readdirSync('/dev').filter((name) => /^tty(USB|ACM)\d+$/.test(name));
  if (found.length === 0) return finding('warning', 'serial ports', 'none is plugged in.', '');
  const closed = found.filter((name) => !mayOpen(`/dev/${name}`));
  return closed.length === 0
    ? finding('good', 'serial ports', found.join(', '), '')
    : finding(
        'fault',
        'serial ports',
        `${closed.join(', ')}: permission denied.`,
        'Run sudo usermod -aG dialout $USER, then log in again.',
      );
}

function sound(): Finding {
  try {
    alsa();
  } catch (error) {
    const [detail = '', ...fix] = (error instanceof Error ? error.message : String(error)).split('. ');
    return finding('warning', 'sound', `${detail.replace('sound: ', '')}: no stimulus can be a sound.`, fix.join('. '));
  }
  const cards = existsSync('/proc/asound/cards') ? readFileSync('/proc/asound/cards', 'utf8') : '';
  const names = [...cards.matchAll(/^ *(\d+) \[[^\]]*\]: (.*)$/gm)].map(
    ([, card = '', name = '']) => `hw:${card} ${name}`,
  );
  return names.length === 0
    ? finding('warning', 'sound', 'there is no sound card.', '')
    : finding('good', 'sound', names.join(', '), '');
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function finding(level: Finding['level'], name: string, detail: string, fix: string): Finding {
  return { level, name, detail, fix };
}

const coded = z.object({ code: z.string() });
function codeOf(error: unknown): string {
  const parsed = coded.safeParse(error);
  if (parsed.success) return parsed.data.code;
  return (error instanceof Error ? error.message : String(error)).split(/[.\n]/, 1)[0] ?? '';
}
