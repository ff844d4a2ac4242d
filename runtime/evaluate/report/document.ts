import { element, escape } from './markup.js';

/** One page that holds all that it shows, pictures too: nothing is fetched, nothing runs. */
export function document(title: string, ...body: readonly string[]): string {
  return `<!DOCTYPE html>\n${element(
    'html',
    { xmlns: 'http://www.w3.org/1999/xhtml', lang: 'en' },
    element(
      'head',
      {},
      '<meta charset="utf-8" />',
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />`,
      '<meta name="viewport" content="width=device-width" />',
      element('title', {}, escape(title)),
      element('style', {}, style),
    ),
    element('body', {}, element('h1', {}, escape(title)), ...body),
  )}\n`;
}

export function section(name: string, ...inside: readonly string[]): string {
  return element('section', {}, element('h2', {}, escape(name)), ...inside);
}

export function paragraph(text: string): string {
  return element('p', {}, escape(text));
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1b2327; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: 0.8rem 0; font-variant-numeric: tabular-nums; font-size: 0.85rem; }
th, td { text-align: right; padding: 0.15rem 0.6rem; border-bottom: 1px solid #e3e8ea; }
th:first-child, td:nth-child(2) { text-align: left; } tbody th { font-weight: 400; }
.note { background: #fff4de; border-left: 4px solid #a07800; padding: 0.4rem 0.8rem; }
svg { max-width: 100%; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; fill: #3d4a50; }
.chart { width: 44rem; } .trace { width: 100%; } figure { margin: 1rem 0; } figcaption { font-size: 0.85rem; }
.grid { stroke: #e3e8ea; } .key { stroke-width: 3; } .confirmed { stroke: #c8451b; stroke-dasharray: 3 2; }
.eeg, .sigma { fill: none; stroke-width: 0.8; } .eeg { stroke: #1b2327; } .sigma { stroke: #0b5fa5; }
.mark { fill: #2f8f4e; } .found { fill: #c8451b; }
.matrix { width: 34rem; height: auto; image-rendering: pixelated; border: 1px solid #e3e8ea; } .side { display: flex; gap: 0.6rem; flex-wrap: wrap; }
.side figure { margin: 0; } .rose { width: 17rem; } .narrow { max-width: 17rem; } .mean { stroke-width: 2.5; }
@media print { body { max-width: none; margin: 0; } section { break-inside: avoid; } }
 .frame { width: 12rem; height: auto; image-rendering: pixelated; }
`;
