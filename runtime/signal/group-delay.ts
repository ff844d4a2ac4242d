import type { SignalShape } from '../contracts.js';
import { groupDelay, polynomialDelay } from './section-filter.js';
import { createStage, type StagePlan } from './stage-plan.js';

/**
 * Seconds by which a stage delays what it passes at `hertz`, and the shape of what comes out. Of filters −dφ/dω at that
 * frequency, by their coefficients (Lyons, Understanding Digital Signal Processing, 3rd edition, p. 830; SciPy's
 * `group_delay` computes the same); of the others what they declare: their delay does not depend on it, or on the signal
 * too, as that of `portiloop`.
 */
export function groupDelayAt(
  plan: StagePlan,
  shape: SignalShape,
  hertz: number,
): { readonly seconds: number; readonly shape: SignalShape } {
  const stage = createStage(plan);
  const out = stage.prepare(shape);
  const w = (2 * Math.PI * hertz) / shape.rate;
  const given = stage.coefficients();
  const samples = (): number => {
    switch (plan.use) {
      case 'lowpass':
      case 'highpass':
      case 'bandpass':
      case 'bandstop':
      case 'notch':
        return sectionDelay(given, w);
      case 'decimate':
        return sectionDelay(given.slice(1), w);
      case 'fir':
        return polynomialDelay(given, w);
      case 'rms':
      case 'resample':
      case 'portiloop':
        return (stage.delaySamples * shape.rate) / out.rate;
    }
  };
  return { seconds: samples() / shape.rate, shape: out };
}

/** Of b0 b1 b2 a1 a2 of each section, as a stage tells them. */
function sectionDelay(coefficients: readonly number[], w: number): number {
  let delay = 0;
  for (let at = 0; at < coefficients.length; at += 5) {
    const [b0 = 0, b1 = 0, b2 = 0, a1 = 0, a2 = 0] = coefficients.slice(at, at + 5);
    delay += groupDelay([[b0, b1, b2, 1, a1, a2]], w);
  }
  return delay;
}
