import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ModelError } from '../format/model-error.js';
import { readModule } from './kernels-file.js';

test('kernels that are missing or damaged: one line that names the file and what builds it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const path = join(folder, 'kernels.wasm');
    const told = /^.*kernels\.wasm: no kernels of places \((.+)\)\. Build them: npm run build$/;
    const reason = (): string => {
      try {
        readModule(pathToFileURL(path));
      } catch (error) {
        if (error instanceof ModelError) return told.exec(error.message)?.[1] ?? error.message;
      }
      return 'no ModelError';
    };
    assert.equal(reason(), 'it is not there');
    writeFileSync(path, 'nothing of the kind');
    assert.match(reason(), /WebAssembly\.Module\(\)/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
