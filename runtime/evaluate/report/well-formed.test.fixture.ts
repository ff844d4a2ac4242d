import assert from 'node:assert/strict';

/** Names of all elements in their order; throws where tags do not match, or a bare < or & stands in text. */
export function elementsOf(markup: string): string[] {
  const open: string[] = [];
  const all: string[] = [];
  let end = 0;
  for (const match of markup.matchAll(/<(\/?)([a-z0-9]+)((?: [\w:-]+="[^"<]*")*)( ?\/?)>/g)) {
    assert.doesNotMatch(markup.slice(end, match.index).replace(/&#\d+;/g, ''), /[<&]/);
    end = match.index + match[0].length;
    const [, close, name = '', , alone] = match;
    if (close) assert.equal(open.pop(), name);
    else {
      all.push(name);
      if (!alone?.includes('/')) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return all;
}
