import { readSealed } from '../study/sealed-files.js';

/** Prints the SHA-256 of a sealed file, or `-` and what is wrong with it. */
try {
  const { sha256 } = await readSealed(process.argv[2] ?? '');
  process.stdout.write(`${sha256}\n`);
} catch (error) {
  process.stdout.write(`- ${error instanceof Error ? error.message : String(error)}\n`);
}
