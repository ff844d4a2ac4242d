import { EventCode } from '../loop/records.js';
import { Recorded } from './recording.test.fixture.js';

/** Records without end into the file that it is told, and says how many cycles are committed: for tests that kill it. */
const recorded = new Recorded(process.argv[2] ?? '', 8);
for (;;) {
  recorded.stream(1 + (recorded.cycle % 50));
  recorded.record(EventCode.detection, 0, 0, recorded.samples - 1, recorded.samples, NaN, 1);
  recorded.commit();
  process.stdout.write(`${recorded.cycle}\n`);
}
