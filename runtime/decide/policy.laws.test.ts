import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import type { Policy, RequestPort, SampleClock, StreamDetection } from '../contracts.js';
import { policies } from './policies.test.fixture.js';
import { checkPolicy } from './policy.laws.js';
import { createPolicy } from './policy.js';

const heapUsed = (): number => memoryUsage().heapUsed;

for (const [name, plan] of Object.entries(policies)) {
  test(`R-25 lawful: ${name}`, () => {
    assert.deepEqual(
      checkPolicy(() => createPolicy(plan, 250), { heapUsed }),
      [],
    );
  });
}

/** Asks for each confirmed detection at once; what it gets wrong is in the subclasses. */
class Answer implements Policy {
  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    port: RequestPort,
  ) {
    for (let place = 0; place < count; place++) {
      const { phase, detector, onset, confirmed } = detections[place]!;
      if (phase === 0) this.ask(detector, onset, 0, clock.timeOf(confirmed) + 1e5, lastIndex, port);
    }
  }
  ask(
    detector: number,
    onset: number,
    fireAtUs: number,
    expiresUs: number,
    _lastIndex: number,
    port: RequestPort,
  ): void {
    Object.assign(port.request, { detector, onset, fireAtUs, expiresUs, variant: 0, withheld: false });
    port.submit();
  }
  reset(): void {
    // Nothing is kept.
  }
}

const broken = (create: () => Policy, options = {}): string[] => [
  ...new Set(checkPolicy(create, options).map((line) => line.split(':', 1)[0]!)),
];

test('a lawful policy of a user breaks none', () => {
  assert.deepEqual(
    broken(() => new Answer()),
    [],
  );
});

test('each law is seen to be broken', () => {
  class OnePerCall extends Answer {
    override decide(...[detections, count, lastIndex, clock, port]: Parameters<Answer['decide']>): void {
      // Counts calls as if they were time.
      if (this.calls++ % 4 === 0) super.decide(detections, count, lastIndex, clock, port);
    }
    calls = 0;
  }
  let made = 0;
  class Differs extends Answer {
    readonly late = made++ * 1000;
    override ask(...[detector, onset, at, expiresUs, last, port]: Parameters<Answer['ask']>): void {
      super.ask(detector, onset, at, expiresUs + this.late, last, port);
    }
  }
  class Keeps extends Answer {
    #kept: [number, number] | undefined;
    override ask(...[detector, onset, at, expiresUs, last, port]: Parameters<Answer['ask']>): void {
      const [oldDetector, oldOnset] = this.#kept ?? [detector, onset];
      this.#kept = [detector, onset];
      super.ask(oldDetector, oldOnset, at, expiresUs, last, port);
    }
  }
  class Ahead extends Answer {
    override ask(...[detector, onset, , expiresUs, last, port]: Parameters<Answer['ask']>): void {
      super.ask(detector, onset, 1e6 + (last + 10) * 4000, expiresUs, last, port);
    }
  }
  class Wrong extends Answer {
    override ask(...[, , at, , last, port]: Parameters<Answer['ask']>): void {
      Object.assign(port.request, {
        detector: 9,
        onset: last + 50,
        fireAtUs: at,
        expiresUs: NaN,
        variant: 0.5,
        withheld: 1,
      });
      port.submit();
    }
  }
  class Scribbles extends Answer {
    override decide(...[detections, count, lastIndex, clock, port]: Parameters<Answer['decide']>): void {
      super.decide(detections, count, lastIndex, clock, port);
      if (count > 0) detections[0]!.onset = 0;
    }
  }
  class Endless extends Answer {
    override decide(...[, , last, clock, port]: Parameters<Answer['decide']>): void {
      for (;;) this.ask(0, last, 0, clock.timeOf(last) + 1e5, last, port);
    }
  }
  class AllocatesEachCall extends Answer {
    kept: number[] = [];
    override decide(...[detections, count, lastIndex, clock, port]: Parameters<Answer['decide']>): void {
      this.kept = [lastIndex];
      super.decide(detections, count, lastIndex, clock, port);
    }
  }
  assert.deepEqual(
    broken(() => new OnePerCall()),
    ['block size', 'time-outs'],
  );
  assert.ok(broken(() => new Differs()).includes('determinism'));
  assert.deepEqual(
    broken(() => new Keeps()),
    ['reset'],
  );
  assert.ok(broken(() => new Ahead()).includes('fireAtUs'));
  for (const law of ['detector', 'onset', 'expiresUs', 'variant', 'withheld']) {
    assert.ok(broken(() => new Wrong()).includes(law), law);
  }
  assert.deepEqual(
    broken(() => new Scribbles()),
    ['input'],
  );
  assert.match(checkPolicy(() => new Endless()).join(), /threw: decide\(\) asks without end/);
  assert.deepEqual(
    broken(() => new AllocatesEachCall(), { heapUsed }),
    ['allocation'],
  );
});
