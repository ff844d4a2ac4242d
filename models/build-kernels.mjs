// Builds the WebAssembly kernels beside the compiled TypeScript: each assembly/kernels.ts of models, with what it imports,
// to assembly/kernels.wasm.
import asc from 'assemblyscript/asc';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sources = readdirSync('models', { recursive: true })
  .map((file) => join('models', file))
  .filter((file) => file.endsWith(join('assembly', 'kernels.ts')));
for (const source of sources) {
  const target = join('dist', source.replace(/\.ts$/, '.wasm'));
  mkdirSync(dirname(target), { recursive: true });
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
  const { error, stderr } = await asc.main([source, '--outFile', target, ...options]);
  if (error) {
    process.stderr.write(`${source}: ${error.message}\n${stderr.toString()}`);
    process.exit(1);
  }
}
