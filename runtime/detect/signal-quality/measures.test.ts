import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Measures, chunkLength } from './measures.js';

type Name = 'steady' | 'swing' | 'step' | 'life' | 'eeg' | 'slow' | 'muscle' | 'mains';
type Golden = Readonly<Record<Name | 'samples', readonly number[]> & { rate: number }>;

const golden = JSON.parse(
  readFileSync(
    new URL('../../../../runtime/detect/signal-quality/fixtures/measures.golden.json', import.meta.url),
    'utf8',
  ),
) as readonly Golden[];

/** As `fixtures/measures.py` makes it: noise, slow waves, hum, an offset, a step at 7 s, muscle at 11 s. */
function signal(rate: number, seconds: number): Float64Array {
  let noise = 1;
  return Float64Array.from({ length: rate * seconds }, (_, sample) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    const t = sample / rate;
    const waves = 60 * Math.sin(2 * Math.PI * 0.9 * t) + 8 * Math.sin(2 * Math.PI * 50.1 * t);
    const muscle = t >= 11 && t < 12 ? 40 * Math.sin(2 * Math.PI * 27 * t) : 0;
    return 5000 + (15 * noise) / 2 ** 31 + waves + (t >= 7 ? 120 : 0) + muscle;
  });
}

for (const { rate, samples, ...expected } of golden) {
  test(`the measures are those of SciPy at ${rate} Hz`, () => {
    const measures = new Measures({ rate, unit: 'uV' });
    const x = signal(rate, 13);
    const at = new Map(samples.map((sample, place) => [sample, place]));
    for (let first = 0; first < x.length; first += chunkLength) {
      const count = Math.min(chunkLength, x.length - first);
      measures.process(x, first, count);
      for (let i = 0; i < count; i++) {
        const place = at.get(first + i);
        if (place === undefined) continue;
        for (const [name, values] of Object.entries(expected) as [Name, number[]][]) {
          const [value, wanted] = [measures[name][i]!, values[place]!];
          const text = `${name} at ${(first + i) / rate} s: ${value}, not ${wanted}`;
          assert.ok(Math.abs(value - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)), text);
        }
      }
    }
  });
}
