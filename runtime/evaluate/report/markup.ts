/** Elements as text, well-formed as XML too, so that any parser can read the page. */

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(shown(value))}"`);
  return `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Coordinates to a hundredth: pages stay small. */
function shown(value: string | number): string {
  return typeof value === 'string' ? value : String(Math.round(value * 100) / 100);
}

/** Cells are escaped; the first of a row is its heading. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (name: 'th' | 'td', [first = '', ...rest]: readonly string[]): string =>
    element('tr', {}, element('th', {}, escape(first)), ...rest.map((cell) => element(name, {}, escape(cell))));
  return element(
    'table',
    {},
    element('thead', {}, cells('th', head)),
    element('tbody', {}, ...rows.map((row) => cells('td', row))),
  );
}
