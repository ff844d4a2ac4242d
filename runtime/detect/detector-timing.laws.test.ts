import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detector } from '../contracts.js';
import { BandPowerDetector } from './band-power.js';
import { checkDetectorTiming } from './detector-timing.laws.js';
import { ThresholdDetector } from './threshold.js';
import { ThreeFeatureDetector } from './three-feature.js';

const shape = { rate: 200, unit: 'uV' };

/** The rule with a delay that is not its own. */
function declaring(delaySamples: number): Detector {
  return Object.defineProperty(new BandPowerDetector(), 'delaySamples', { value: delaySamples });
}

test('generated spindles are found, and the times of the packaged rules hold', () => {
  for (const create of [() => new BandPowerDetector(), () => new ThreeFeatureDetector()]) {
    const { generated, found, onsetBias, confirmation, faults } = checkDetectorTiming(create, shape);
    assert.deepEqual(faults, []);
    assert.ok(found >= 0.9 * generated, `${found}`);
    assert.ok(Math.abs(onsetBias!) < 0.1, `${onsetBias}`);
    assert.ok(confirmation! > 0.15 && confirmation! < 0.7, `${confirmation}`);
  }
});

test('a delay that does not hold is named', () => {
  const { faults } = checkDetectorTiming(() => declaring(0.4 * shape.rate), shape);
  assert.match(faults.join(), /^delaySamples: onsets of generated spindles are -0\.\d\d s off/);
});

test('what is made for something else is not judged by spindles', () => {
  const { found, onsetBias, faults } = checkDetectorTiming(() => new ThresholdDetector({ level: 500 }), shape);
  assert.deepEqual([found, onsetBias, faults], [0, null, []]);
});

test('what is no number must not outlive a reset, nor make it throw', () => {
  /** Keeps the worst that it ever saw. */
  class Haunted extends BandPowerDetector {
    #worst = 0;
    override process(...[input, length, first, out]: Parameters<Detector['process']>): void {
      for (let n = 0; n < length; n++) this.#worst += input[n]! * 0;
      if (!Number.isNaN(this.#worst)) super.process(input, length, first, out);
    }
  }
  assert.match(checkDetectorTiming(() => new Haunted(), shape).faults.join('\n'), /bad input: NaN outlives reset\(\)/);
  class Fragile extends BandPowerDetector {
    override process(...[input, length, first, out]: Parameters<Detector['process']>): void {
      if (input.subarray(0, length).some((value) => value === Infinity)) throw new Error('too much');
      super.process(input, length, first, out);
    }
  }
  assert.deepEqual(checkDetectorTiming(() => new Fragile(), shape).faults, [
    'bad input: Infinity makes it throw too much',
  ]);
});
