import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/**
 * Prints failures whole, and last which files took longest, what was skipped, by name and reason, and the counts.
 */
export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  const files = new Set<string>();
  const failing = new Set<string>();
  /** The test of each file that was begun last. */
  const running = new Map<string, string>();
  const secondsOf = new Map<string, number>();
  for await (const event of source) {
    if (event.type === 'test:stderr') yield event.data.message;
    if (event.type === 'test:dequeue') running.set(event.data.file ?? '', event.data.name);
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, file = '', nesting, skip, todo, details } = event.data;
    if (nesting === 0) secondsOf.set(file, (secondsOf.get(file) ?? 0) + details.duration_ms / 1000);
    // A file is reported as a test of its own, with its path as the name.
    if (details.type === 'suite' || name === file || name.endsWith('.test.js')) {
      // Where a test of it failed, that was told. Else it could not be loaded, or did not end.
      if (event.type === 'test:fail' && !failing.has(file)) {
        failed++;
        yield `\nFAILED ${name}, last begun: ${running.get(file) ?? ''}\n${describe('error' in details ? details.error : undefined)}\n`;
      }
      continue;
    }
    files.add(file);
    if (skip !== undefined || todo !== undefined)
      skipped.push(`${name}: ${typeof skip === 'string' ? skip : 'skipped'}`);
    else if (event.type === 'test:pass') passed++;
    else {
      failed++;
      failing.add(file);
      yield `\nFAILED ${relative(process.cwd(), file)}: ${name}\n${describe('error' in details ? details.error : undefined)}\n`;
    }
  }
  yield `\n${files.size} files\n`;
  const slowest = [...secondsOf].sort(([, one], [, other]) => other - one).slice(0, listed);
  if (secondsOf.size > listed) {
    const sum = [...secondsOf.values()].reduce((before, seconds) => before + seconds, 0);
    yield `${listed} of them took longest, of ${sum.toFixed(0)} s of all:\n`;
    for (const [file, seconds] of slowest) yield `  ${seconds.toFixed(0)} s ${relative(process.cwd(), file)}\n`;
  }
  if (skipped.length > 0) {
    yield `${skipped.length} tests were skipped:\n`;
    for (const line of skipped) yield `  ${line}\n`;
  }
  yield `${passed} passed, ${failed} failed, ${skipped.length} skipped\n`;
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

const listed = 15;
