import { Worker } from 'node:worker_threads';
import { ModelError } from '../../format/model-error.js';
import type { ThreadAnswer } from './thread.js';
import { type Hdf5Group, hdf5Limits, mostFileBytes } from './tree.js';

/** Reads HDF5 files in a thread of its own, started when needed and ended when a file broke it or took too long. */
export class Hdf5Reader {
  #thread: Worker | undefined;

  /** Throws ModelError with the reason why the file is not read. */
  async read(bytes: Uint8Array): Promise<Hdf5Group> {
    if (bytes.length > mostFileBytes)
      throw new ModelError(`HDF5 file of ${bytes.length} bytes. The most is ${mostFileBytes}.`);
    this.#thread ??= await started();
    const thread = this.#thread;
    const answer = await answered(thread, hdf5Limits(bytes.length).milliseconds, () => thread.postMessage(bytes));
    if (answer.kind === 'tree') return answer.tree;
    if (answer.kind === 'refused' && !answer.broken) throw refused(answer.reason);
    await this.close();
    throw refused(answer.kind === 'refused' ? answer.reason : 'the reader answered out of turn');
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

/** The tree of one file. */
export async function readHdf5(bytes: Uint8Array): Promise<Hdf5Group> {
  const reader = new Hdf5Reader();
  try {
    return await reader.read(bytes);
  } finally {
    await reader.close();
  }
}

function refused(reason: string): ModelError {
  return new ModelError(`HDF5: ${reason}. Write the file again, or give another.`);
}

const startMilliseconds = 30_000;

async function started(): Promise<Worker> {
  const thread = new Worker(new URL('./thread.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  const answer = await answered(thread, startMilliseconds, () => undefined);
  if (answer.kind === 'ready') return thread;
  await thread.terminate();
  throw new ModelError(`HDF5: the reader did not start (${answer.kind === 'refused' ? answer.reason : answer.kind}).`);
}

/** What the thread says next; its silence, its error and its end count as a broken refusal. */
async function answered(thread: Worker, milliseconds: number, ask: () => void): Promise<ThreadAnswer> {
  return new Promise((resolve) => {
    const settle = (answer: ThreadAnswer) => {
      clearTimeout(timer);
      thread.off('message', settle);
      thread.off('error', failed);
      thread.off('exit', ended);
      resolve(answer);
    };
    const broken = (reason: string) => settle({ kind: 'refused', reason, broken: true });
    const failed = (error: Error) => broken(error.message);
    const ended = () => broken('the reader ended');
    const timer = setTimeout(() => broken(`not read within ${Math.round(milliseconds)} ms`), milliseconds);
    thread.on('message', settle);
    thread.on('error', failed);
    thread.on('exit', ended);
    ask();
  });
}
