import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { DetectionPhase, type DetectionList, type Detector } from '../contracts.js';
import { appendDetection, createDetection } from './detection-list.js';
import { checkDetector } from './detector.laws.js';
import { createEstimate, estimateFaults, forget } from './estimate.js';

const shape = { rate: 100, unit: 'uV' };

/** Reports each sample above 400; what it gets wrong is in the subclasses. */
class Above implements Detector {
  readonly #found = createDetection();
  delaySamples = 0;
  settleSamples = 0;
  prepare(): void {
    // Nothing depends on the shape.
  }
  process(input: Float64Array, length: number, first: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) if (input[i]! > 400) this.report(first + i, first + length, out);
  }
  report(sample: number, _end: number, out: DetectionList): void {
    this.add(out, DetectionPhase.confirmed, sample, sample, NaN);
  }
  add(out: DetectionList, phase: DetectionPhase, onset: number, confirmed: number, end: number): void {
    this.#found.phase = phase;
    this.#found.onset = onset;
    this.#found.confirmed = confirmed;
    this.#found.end = end;
    this.#found.score = 1;
    appendDetection(out, this.#found);
  }
  reset(): void {
    // Nothing is kept.
  }
}

function broken(create: () => Detector, heapUsed?: () => number): string[] {
  return checkDetector(create, shape, heapUsed ? { heapUsed } : {}).map((problem) => problem.split(':', 1)[0]!);
}

test('a lawful detector breaks none', () => {
  assert.deepEqual(
    checkDetector(() => new Above(), shape, { heapUsed: () => memoryUsage().heapUsed }),
    [],
  );
});

test('each law is seen to be broken', () => {
  class PerBlock extends Above {
    override process(input: Float64Array, length: number, first: number, out: DetectionList): void {
      super.process(input, Math.min(length, 50), first, out);
    }
  }
  class Remembers extends Above {
    #seen = 0;
    override report(sample: number, end: number, out: DetectionList): void {
      if (this.#seen++ < 30) super.report(sample, end, out);
    }
  }
  class Prophet extends Above {
    override report(sample: number, _: number, out: DetectionList): void {
      this.add(out, DetectionPhase.confirmed, sample, sample + 100, NaN);
    }
  }
  class Backdates extends Above {
    override report(sample: number, _: number, out: DetectionList): void {
      this.add(out, DetectionPhase.confirmed, sample - 100, sample - 100, NaN);
    }
  }
  class EndsUnseen extends Above {
    override report(sample: number, _: number, out: DetectionList): void {
      this.add(out, DetectionPhase.ended, sample - 5, sample - 1, sample);
    }
  }
  class Scribbles extends Above {
    override process(input: Float64Array, length: number): void {
      input[length - 1] = 0.5;
    }
  }
  class Throws extends Above {
    override prepare(): void {
      throw new RangeError('rate: 100 Hz is too low');
    }
  }
  class Undelayed extends Above {
    override delaySamples = NaN;
  }
  assert.deepEqual(
    broken(() => new PerBlock()),
    ['block size', 'block size', 'block size'],
  );
  assert.deepEqual(
    broken(() => new Remembers()),
    ['reset'],
  );
  assert.ok(broken(() => new Prophet()).includes('confirmed'));
  assert.ok(broken(() => new Backdates()).includes('confirmed'));
  assert.ok(broken(() => new EndsUnseen()).includes('ended'));
  assert.deepEqual(
    broken(() => new Scribbles()),
    ['input'],
  );
  assert.deepEqual(
    checkDetector(() => new Throws(), shape),
    ['threw: rate: 100 Hz is too low'],
  );
  assert.ok(broken(() => new Undelayed()).includes('delaySamples'));
});

/** Keeps the largest value, and holds once it is above 400. */
class Largest extends Above {
  estimates = [createEstimate('largest', 'uV', 'quality')];
  override process(input: Float64Array, length: number): void {
    const largest = this.estimates[0]!;
    // Put into the object once a call: each change of a number there is an object of its own.
    let value = Number.isNaN(largest.value) ? -Infinity : largest.value;
    for (let i = 0; i < length; i++) value = Math.max(value, input[i]!);
    largest.value = value;
    largest.state = value > 400 ? 'holds' : 'clear';
  }
  override reset(): void {
    forget(this.estimates);
  }
}

test('estimates: a lawful detector breaks none', () => {
  assert.deepEqual(
    checkDetector(() => new Largest(), shape, { heapUsed: () => memoryUsage().heapUsed }),
    [],
  );
});

test('R-09 estimates: each law is seen to be broken', () => {
  class OfTheBlock extends Largest {
    override process(input: Float64Array, length: number): void {
      forget(this.estimates);
      super.process(input, length);
    }
  }
  class Remembers extends Largest {
    override reset(): void {
      this.estimates[0]!.state = 'unknown';
    }
  }
  class Sure extends Largest {
    constructor() {
      super();
      this.estimates[0]!.state = 'clear';
    }
  }
  class Others extends Largest {
    override process(input: Float64Array, length: number): void {
      super.process(input, length);
      this.estimates = [{ ...this.estimates[0]! }];
    }
  }
  class Wordy extends Largest {
    override process(input: Float64Array, length: number): void {
      super.process(input, length);
      this.estimates[0]!.state = 'good' as 'clear';
    }
  }
  const only = (create: () => Detector): string[] => [...new Set(broken(create))];
  assert.deepEqual(
    only(() => new OfTheBlock()),
    ['block size'],
  );
  assert.deepEqual(
    only(() => new Remembers()),
    ['estimates', 'reset'],
  );
  assert.deepEqual(
    only(() => new Sure()),
    ['estimates'],
  );
  assert.ok(broken(() => new Others()).includes('estimates'));
  assert.deepEqual(
    only(() => new Wordy()),
    ['estimates[0]'],
  );
});

test('estimates: what a user may have written instead is told one by one', () => {
  const sound = { name: 'a', unit: '1', value: 0.5, state: 'clear' };
  assert.deepEqual(estimateFaults(undefined), []);
  assert.deepEqual(estimateFaults([sound]), []);
  assert.deepEqual(estimateFaults(sound), ['estimates: is no list']);
  assert.deepEqual(estimateFaults([null, sound, sound, { ...sound, name: 'b', value: NaN }]), [
    'estimates[0]: is no estimate',
    'estimates[2]: the name a is there twice',
    'estimates[3]: state clear with a value that is not known (NaN)',
  ]);
  assert.deepEqual(estimateFaults([{ state: 'maybe', reason: 'gap' }]), [
    'estimates[0]: has no name',
    "estimates[0]: has no unit; write '1' for a ratio",
    'estimates[0]: value is no number',
    'estimates[0]: state maybe is none of clear, holds, unknown',
    'estimates[0]: reason gap is none of saturation, flat, sleep, mains, movement, electrode, quality',
  ]);
});

test('an object a sample is seen', () => {
  class Allocates extends Above {
    kept: number[] = [];
    override process(input: Float64Array, length: number, first: number, out: DetectionList): void {
      for (let i = 0; i < length; i++) this.kept = [input[i]!, first];
      super.process(input, length, first, out);
    }
  }
  assert.deepEqual(
    broken(
      () => new Allocates(),
      () => memoryUsage().heapUsed,
    ),
    ['allocation'],
  );
});
