import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import ts from 'typescript';
import * as contracts from '../../runtime/contracts.js';
import type { GateClass } from './sequences.js';

/** The gate as source, to be compiled anew after it was changed. */

export const gateSource = readFileSync(
  fileURLToPath(new URL('../../../runtime/decide/gate.ts', import.meta.url)),
  'utf8',
);

/** The class `Gate` of a changed source. Throws what its first lines throw. */
export function gateOf(source: string): GateClass {
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  const exported: { Gate?: GateClass } = {};
  const run = vm.runInThisContext(`(exports, require) => {${outputText}\n}`) as (...given: unknown[]) => void;
  run(exported, () => contracts);
  if (!exported.Gate) throw new Error('the source exports no Gate');
  return exported.Gate;
}
