import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generate } from './generate.js';

test('what is committed is what the description generates', async () => {
  for (const [path, text] of Object.entries(await generate())) {
    const committed = readFileSync(new URL(`../../../firmware-bridge/${path}`, import.meta.url), 'utf8');
    assert.ok(text === committed, `${path} is not what description.ts generates: npm run generate:bridge`);
  }
});
