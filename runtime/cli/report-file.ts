import { writeAtomically } from '../../models/write-atomically.js';
import { Failure } from './output.js';

/** A page of results, whole or not at all. */
export function writeReport(path: string, page: string): void {
  try {
    writeAtomically(path, new TextEncoder().encode(page));
  } catch (error) {
    throw new Failure(`${path}: cannot be written (${error instanceof Error ? error.message : String(error)}).`);
  }
}
