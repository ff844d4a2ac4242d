#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Silence does not wait until everything else is loaded.
const main = process.argv[2] === 'silence' ? 'silence-main' : 'main';
const built = new URL(`../../dist/runtime/cli/${main}.js`, import.meta.url);
if (existsSync(fileURLToPath(built))) {
  await import(built.href);
} else {
  process.stderr.write('axond is not built yet. Run: npm ci (or npm run build after a change)\n');
  process.exitCode = 1;
}
