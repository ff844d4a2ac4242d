/**
 * The HDF5 library reports on stderr and goes on with half of a file. In the reading thread its lines are kept here.
 * To be imported before the library, which takes hold of console.error when it loads.
 */
const lines: string[] = [];

console.error = (...parts: unknown[]) => {
  if (lines.length < 1000) lines.push(parts.join(' '));
};

/** The innermost cause of the first fault that the library reported since the last call, or undefined if it was content. */
export function takeLibraryError(): string | undefined {
  const next = lines.findIndex((line, at) => at > 0 && line.startsWith('HDF5-DIAG'));
  const first = next === -1 ? lines : lines.slice(0, next);
  const causes = first.map((line) => /#\d+: .* in \w+\(\): (.*)$/.exec(line)?.[1]);
  const cause = causes.findLast((text) => text !== undefined) ?? lines[0];
  lines.length = 0;
  return cause;
}
