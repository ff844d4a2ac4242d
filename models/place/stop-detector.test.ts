import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StopDetector } from './stop-detector.js';

/** Drives past so many places, so many frames from one to the next; at which frames it is said to stand. */
function drive(detector: StopDetector, places: number, frames: number): number[] {
  return Array.from({ length: places * frames }, (_, frame) => frame).filter((frame) =>
    detector.stands(frame % frames === frames - 1),
  );
}

function stand(detector: StopDetector, frames: number): number {
  return Array.from({ length: frames }).findIndex(() => detector.stands(false));
}

describe('stop detector', () => {
  for (const rate of [5, 30])
    it(`says after four places' time that the robot stands, at ${rate} frames a place`, () => {
      const detector = new StopDetector();
      assert.deepEqual(drive(detector, 20, rate), []);
      assert.equal(stand(detector, 60 * rate), 4 * rate);
      // Until the next place nothing tells that it drives on.
      assert.ok(drive(detector, 20, rate).every((frame) => frame < rate));
    });

  it('gets used to a slower pace', () => {
    const detector = new StopDetector();
    drive(detector, 20, 5);
    assert.ok(drive(detector, 1, 50).length > 0);
    drive(detector, 10, 50);
    assert.deepEqual(drive(detector, 10, 50), []);
  });

  it('says nothing of a robot that has not driven', () => {
    const detector = new StopDetector();
    assert.equal(stand(detector, 1000), -1);
    assert.equal(detector.stands(true), false);
    assert.equal(stand(detector, 1000), -1);
    detector.begin();
    assert.equal(stand(detector, 1000), -1);
  });
});
