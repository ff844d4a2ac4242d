import type { Command } from 'commander';
import type { TestContext } from 'node:test';

/** What a verb prints. The test runner reports over the same stdout, in bytes: those pass. */
export async function runCommand(t: TestContext, command: Command, ...words: string[]): Promise<string> {
  let output = '';
  const write = process.stdout.write.bind(process.stdout);
  const mock = t.mock.method(process.stdout, 'write', (text: string | Uint8Array) => {
    if (typeof text !== 'string') return write(text);
    output += text;
    return true;
  });
  for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeErr: () => undefined });
  try {
    await command.parseAsync(words, { from: 'user' });
  } finally {
    mock.mock.restore();
  }
  return output;
}

/** The object on the last line. */
export async function runJson(t: TestContext, command: Command, ...words: string[]): Promise<Record<string, unknown>> {
  const output = await runCommand(t, command, ...words, '--json');
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
