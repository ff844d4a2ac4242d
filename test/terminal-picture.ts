/** A terminal's screen as a picture for a page: text, in whichever monospaced font is there. */

const cell = { width: 8, height: 18 };
const margin = 14;
const written: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', ' ': '&#160;' };

/** `lines` have no control sequences: what axond says at a terminal has none. */
export function terminalPicture(lines: readonly string[], columns: number): string {
  const [width, height] = [2 * margin + columns * cell.width, 2 * margin + lines.length * cell.height];
  const rows = lines.map((line, row) => {
    if (/\p{Cc}/u.test(line)) throw new Error(`${JSON.stringify(line)}: has control characters.`);
    if (line === '') return '';
    // Browsers make one space of several that are not such.
    const text = line.replace(/[&<> ]/g, (one) => written[one] ?? one);
    // Each line is as wide as its characters, whatever the font makes of them.
    const wide = line.length * cell.width;
    const y = margin + (row + 0.75) * cell.height;
    return `<text x="${margin}" y="${y}" textLength="${wide}">${text}</text>\n`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n` +
    `<rect width="100%" height="100%" rx="8" fill="#16181d"/>\n` +
    `<g font-family="ui-monospace, monospace" font-size="13" fill="#d5d8de">\n` +
    `${rows.join('')}</g>\n</svg>\n`
  );
}
