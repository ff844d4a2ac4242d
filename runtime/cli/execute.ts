import { CommanderError, type Command } from 'commander';
import { Failure, UsageError } from './output.js';

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** Runs what the command line asks for. Exit code: 0 done, 1 failed, 2 for errors of these kinds and for wrong usage. */
export async function execute(program: Command, ...wrongUsage: readonly ErrorClass[]): Promise<void> {
  refuseByException(program);
  // Whoever read what we say may be gone: a program, a terminal. It is said to nobody then; a run goes on.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error, [UsageError, ...wrongUsage]);
  }
}

function exitCodeOf(error: unknown, wrongUsage: readonly ErrorClass[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Error && wrongUsage.some((kind) => error instanceof kind)) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const known = error instanceof Failure || process.env['AXOND_LOG'] !== 'debug';
  process.stderr.write(`${known && error instanceof Error ? error.message : String((error as Error).stack)}\n`);
  return 1;
}

function refuseByException(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) refuseByException(sub);
}
