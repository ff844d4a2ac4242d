import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, rmSync, symlinkSync } from 'node:fs';
import { grantpt, posixOpenpt, ptsname, unlockpt } from './libc.js';

/** A pseudo-terminal pair: what is written to `master` is read from `path`, and the other way round. */
export interface Pty {
  /** Non-blocking descriptor. */
  readonly master: number;
  /** The terminal that a driver opens: the symbolic link if one was wanted. */
  readonly path: string;
  close(): void;
}

/**
 * Opens a pair in raw mode. With `link`, the terminal also appears under that path for as long as the pair lives, as
 * /dev/ttyUSB0 does for a plugged-in dongle.
 */
export function openPty(link?: string): Pty {
  const master = posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | closeOnExec);
  if (master < 0 || grantpt(master) !== 0 || unlockpt(master) !== 0) {
    throw new Error('/dev/ptmx: no pseudo-terminal can be opened. Is /dev/pts mounted?');
  }
  const terminal = ptsname(master);
  if (terminal === null) throw new Error('/dev/ptmx: the pseudo-terminal has no name. Is /dev/pts mounted?');
  execFileSync('stty', ['-F', terminal, 'raw', '-echo']);
  // While nobody else has it open, a descriptor of our own keeps the master from reporting a hang-up.
  const keep = openSync(terminal, constants.O_RDWR | constants.O_NOCTTY);
  if (link !== undefined) {
    rmSync(link, { force: true });
    symlinkSync(terminal, link);
  }
  let open = true;
  return {
    master,
    path: link ?? terminal,
    close() {
      if (!open) return;
      open = false;
      if (link !== undefined) rmSync(link, { force: true });
      closeSync(keep);
      closeSync(master);
    },
  };
}

const closeOnExec = 0o2000000;
