import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Says rest on a port or a socket once this process is gone, however it went: a shell that waits for the end of its
 * input, which the kernel closes with us, and then writes `rest` to `descriptor`. It lives in a session of its own, so
 * that what kills our group leaves it its word, and asks for real-time scheduling, since on a loaded machine it would
 * wait for its turn. Returns its process id; kill it when the port is closed in order.
 */
export function startLastRest(descriptor: number, rest: Uint8Array): number {
  const octal = Array.from(rest, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const program = `trap '' HUP INT TERM; chrt -f -p 60 $$; while read -r line; do :; done; printf '${octal}' >&3`;
  const shell = spawn('/bin/sh', ['-c', program], { stdio: ['pipe', 'ignore', 'ignore', descriptor], detached: true });
  if (shell.pid === undefined) throw new Error('/bin/sh: cannot be started, and nothing would end a stimulus for us.');
  shell.unref();
  (shell.stdin as Socket).unref();
  return shell.pid;
}
