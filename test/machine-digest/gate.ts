import { createHash } from 'node:crypto';
import type { StimulusRequest } from '../../runtime/contracts.js';
import { Gate } from '../../runtime/decide/gate.js';
import { Coverage, runSequence } from '../gate/sequences.js';
import { bytesOf, type Digests } from './bytes.js';

/** Every answer of the gate to random sequences of commands, faults and requests. */
export function gate(): Digests {
  const hash = createHash('sha256');
  class Heard extends Gate {
    override decide(request: StimulusRequest, nowUs: number): number {
      const reasons = super.decide(request, nowUs);
      hash.update(bytesOf(Float64Array.of(nowUs, reasons)));
      return reasons;
    }
  }
  const coverage = new Coverage();
  for (let seed = 1; seed <= 4000; seed++) {
    const wrong = runSequence(seed, Heard, coverage);
    if (wrong !== '') throw new Error(wrong);
  }
  return { [`gate: ${coverage.requests} requests, ${coverage.permits} permits`]: hash.digest('hex') };
}
