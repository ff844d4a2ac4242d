import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkModule } from './check-module.js';

function module(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-module-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'own.mjs');
  writeFileSync(path, text);
  return path;
}

/** Halves; `extra` comes into process(). */
const half = (extra = '', delay = 0): string => `
export const create = () => ({
  delaySamples: ${delay}, settleSamples: 0, coefficients: () => [0.5],
  prepare: (shape) => shape, reset() {},
  process(input, length, output) { ${extra} for (let n = 0; n < length; n++) output[n] = input[n] / 2; return length; },
});`;

test('a stage that keeps the contract: what was measured at each rate', async (t) => {
  const { kind, faults, findings } = await checkModule(module(t, half()));
  assert.deepEqual([kind, faults], ['stage', []]);
  assert.deepEqual(
    findings.map((finding) => finding.split(' measured')[0]),
    [100, 250, 500].map((rate) => `${rate} Hz: delay of 0.0 samples declared, 0.0`),
  );
});

test('each broken law is a line; what holds at all rates is said once', async (t) => {
  const faultsOf = async (text: string): Promise<string> => (await checkModule(module(t, text))).faults.join('\n');
  assert.match(
    await faultsOf(half('', 40)),
    /delaySamples: 40\.0 is declared, but a burst of .* comes out -?0\.\d samples late/,
  );
  assert.match(await faultsOf(half('if (length > 5) input[0] = input[0] + 1;')), /split into calls of/);
  assert.match(await faultsOf(half('globalThis.kept = Array.from(input);')), /^allocates \d+/);
  const picky = half().replace(
    'prepare: (shape) => shape',
    "prepare() { throw new RangeError('rate: only 333 Hz.'); }",
  );
  assert.match(await faultsOf(picky), /^prepare\(\) refuses every rate: rate: only 333 Hz\./);
});

test('a rate that is refused is told, and is no fault', async (t) => {
  const text = half().replace(
    'prepare: (shape) => shape',
    "prepare(shape) { if (shape.rate < 200) throw new RangeError('rate: too low.'); return shape; }",
  );
  const { faults, findings } = await checkModule(module(t, text));
  // Whether the engine has compiled it by then is not the subject here.
  assert.deepEqual(
    faults.filter((fault) => !fault.startsWith('allocates')),
    [],
  );
  assert.equal(findings[0], '100 Hz: refused (rate: too low.)');
});

/** Answers each detection at once; `extra` comes first in decide(). */
const answer = (extra = ''): string => `
export const create = () => ({
  calls: 0,
  decide(detections, count, lastIndex, clock, port) {
    ${extra}
    for (let place = 0; place < count; place++) {
      const { phase, detector, onset, confirmed } = detections[place];
      if (phase !== 0) continue;
      port.request.detector = detector;
      port.request.onset = onset;
      port.request.fireAtUs = 0;
      port.request.expiresUs = clock.timeOf(confirmed) + 100000;
      port.request.variant = 0;
      port.request.withheld = false;
      port.submit();
    }
  },
  reset() {},
});`;

test('a policy is tried by the laws of its contract', async (t) => {
  assert.deepEqual(await checkModule(module(t, answer())), { kind: 'policy', faults: [], findings: [] });
  const faultsOf = async (text: string): Promise<string> => (await checkModule(module(t, text))).faults.join('\n');
  assert.match(await faultsOf(answer('if (this.calls++ % 4) return;')), /^block size: reads of 1 frames/);
  assert.match(await faultsOf(answer('if (Math.random() < 0.5) return;')), /^determinism: /);
  assert.match(await faultsOf(answer().replace('reset() {},', '')), /^has no method reset/);
});
