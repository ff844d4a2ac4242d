/** A line on a terminal with the time left; nothing elsewhere, and nothing within the first two seconds. */
export function progressLine(what: string): (part: number) => void {
  const started = performance.now();
  return (part) => {
    const seconds = (performance.now() - started) / 1000;
    if (!process.stderr.isTTY || seconds < 2) return;
    const left = part > 0 && part < 1 ? `, ${((seconds * (1 - part)) / part).toFixed(0)} s left` : '';
    const done = Number.isNaN(part) ? '' : ` ${(part * 100).toFixed(0)} %`;
    process.stderr.write(`\r${what}:${done}${left}\x1b[K${part === 1 ? '\n' : ''}`);
  };
}
