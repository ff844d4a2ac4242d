import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { noCompiler } from '../firmware-bridge/firmware/make.test.fixture.js';
import { ReceiptState } from '../runtime/contracts.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { requestRealtime } from '../runtime/realtime.js';
import type { Status } from '../runtime/supervisor/status.js';
import { openRecording } from '../runtime/recording/read.js';
import { axond, until } from './axond-process.js';
import { kill, restCode, StimulatingLab } from './stimulating-lab.js';

/** The whole loop with a bridge at its end: an emulated board, a core, a guardian, and the firmware as a process of its own. */

const skip = noCompiler || (requestRealtime() === 'real-time' ? false : 'real-time scheduling is not permitted');
/** A heartbeat of 100 ms, and 40 ms after which a guardian that stands still counts as dead. */
const restWithinUs = 150e3;
/** Of a loaded machine; a sixth of the time between two stimuli. */
const stallUs = 100e3;

function labFor(t: TestContext, durationMs: number, everyMs: number): StimulatingLab {
  const gate = `interval: ${everyMs - 100}ms, perMinute: 59, perHour: 1200, perNight: 6000`;
  const lab = new StimulatingLab({ durationMs, everyMs, gate, bridge: true });
  t.after(() => lab.close());
  lab.start();
  return lab;
}

test(
  'R-30 the stimuli that the loop permits are the pulses on the pin, when and for as long as the recording says',
  { skip },
  async (t) => {
    const lab = labFor(t, 50, 600);
    while (lab.farEnd.length < 20) await lab.untilStimulus(120_000);
    const status = await lab.status();
    assert.ok(status && lab.core);
    const gone = once(lab.core, 'exit');
    // The end of a run would end a pulse early.
    await until('the pin at rest', () => lab.farEnd.last?.byte === restCode);
    lab.core.kill('SIGTERM');
    await gone;
    await until('the pin at rest', () => lab.farEnd.last?.byte === restCode);
    const recording = openRecording(status.recording);
    const events = [...recording.readableEvents()].flatMap(({ event }) => event ?? []);
    recording.close();
    const receiptsOf = (wanted: number) =>
      events.flatMap((event) => (event.kind === 'receipt' && event.state === wanted ? [event] : []));
    const started = receiptsOf(ReceiptState.started);
    // A virtual actuator starts whatever is permitted and finds the guardian ready; so does the bridge.
    const permits = events.flatMap((event) => (event.kind === 'permit' ? [event.command] : []));
    const others = [...receiptsOf(ReceiptState.refused), ...receiptsOf(ReceiptState.dropped)];
    const isOther = (permit: number): boolean => others.some(({ command }) => command === permit);
    assert.ok(started.length >= 10, lab.stderr);
    assert.deepEqual(
      permits.filter((permit) => !isOther(permit)),
      started.map(({ command }) => command),
    );
    const pulses = lab.farEnd.bytes();
    assert.equal(pulses.length, 2 * started.length);
    const late: number[] = [];
    const long: number[] = [];
    started.forEach(({ atUs }, place) => {
      const [start, end] = pulses.slice(2 * place, 2 * place + 2);
      assert.deepEqual([start?.byte, end?.byte], [1, restCode]);
      assert.ok(start && end);
      late.push(Math.abs(start.atUs - atUs));
      long.push(Math.abs(end.atUs - start.atUs - 50e3));
    });
    // Which is which, and when, of most of them: what a stall adds to one of them is judged by `npm run bridge-timing`.
    for (const us of [late, long]) {
      us.sort((a, b) => a - b);
      assert.ok((us[us.length >> 1] ?? NaN) < 5000 && (us.at(-1) ?? NaN) < stallUs, us.join());
    }
    const replay = await axond(t, ['replay', status.recording, '--json']);
    assert.equal(replay.code, 0, replay.stderr);
  },
);

test(
  'R-31 R-14 R-15 guardian, core or all of them killed within a pulse: the pin is at rest within the heartbeat',
  { skip },
  async (t) => {
    const lab = labFor(t, 900, 2500);
    for (const victim of ['guardian', 'core', 'all'] as const) {
      let status: Status | undefined;
      while (!status?.processes.guardian || !lab.lasts) {
        await lab.untilStimulus(120_000);
        status = await lab.status();
      }
      const { length } = lab.farEnd;
      const killedUs = monotonicUs();
      if (victim !== 'core') kill(status.processes.guardian, 'SIGKILL');
      if (victim !== 'guardian') lab.core?.kill('SIGKILL');
      await until('the pin at rest', () => lab.farEnd.length > length);
      const [end] = lab.farEnd.bytes(length);
      assert.ok(end?.byte === restCode);
      const afterUs = end.atUs - killedUs;
      assert.ok(afterUs < restWithinUs, `${victim}: ${afterUs} us`);
      t.diagnostic(`${victim}: the pin is at rest ${Math.round(afterUs / 1000)} ms after the kill`);
      if (victim === 'core') {
        await until('the core to be gone', () => lab.core?.signalCode !== null);
        lab.start();
      }
    }
  },
);
