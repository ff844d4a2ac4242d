import { createConnection } from 'node:net';

/** Brings the guardian behind this socket to rest, past the core. Resolves with its answer when it is at rest. */
export function silenceGuardian(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer within 2 s. Cut the power of the stimulator')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(
        new Error(
          `${path}: ${absent ? 'no guardian listens there, so none of ours can stimulate now' : error.message}.`,
        ),
      );
    });
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => resolve(text.trim()));
  });
}
