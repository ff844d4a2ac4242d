import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * What one network costs in memory, in bytes. Each is alone in a process of its own, where the libraries are loaded
 * and a first tiny network has run before the reading that is taken off: what stays is the network's.
 */
export interface SnnMemory {
  readonly name: string;
  /** As the engine declares: weights as held, and all else that a step works on. */
  readonly axondBytes: number;
  /** Growth of the resident memory by loading the network and 200 steps: without JavaScript's heap and freed pages. */
  readonly axondResidentBytes: number;
  readonly ortResidentBytes: number;
  /** axondBytes ÷ ortResidentBytes. */
  readonly ratio: number;
}

export function measureMemory(name: string): SnnMemory {
  const axond = inChildren('axond', name);
  const ort = inChildren('onnxruntime', name);
  const axondBytes = axond.declared ?? axond.resident;
  return {
    name,
    axondBytes,
    axondResidentBytes: axond.resident,
    ortResidentBytes: ort.resident,
    ratio: axondBytes / ort.resident,
  };
}

/** The least of three: what else a process does only adds. */
function inChildren(subject: 'axond' | 'onnxruntime', name: string): Measured {
  return [1, 2, 3]
    .map(() => inChild(subject, name))
    .reduce((least, one) => (one.resident < least.resident ? one : least));
}

const measured = z.object({ resident: z.number(), declared: z.number().optional() });
type Measured = z.infer<typeof measured>;

function inChild(subject: 'axond' | 'onnxruntime', name: string): Measured {
  const program = fileURLToPath(new URL('snn-memory-child.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, subject, name], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the memory of ${subject} could not be measured:\n${stderr}`);
  return measured.parse(JSON.parse(stdout));
}
