import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { edfBytes, readContent } from './recordings.test.fixture.js';

const ramp = (length: number, first = 0): number[] => Array.from({ length }, (_, place) => first + place);

test('gives counts and scale of each channel', () => {
  const c3 = { label: 'EEG C3-M2', perRecord: 4, samples: [-32768, -1, 0, 1, 2, 300, 32767, -300] };
  const c4 = {
    label: 'EEG C4-M1',
    unit: 'mV',
    physical: [-2, 2],
    digital: [-2000, 2000],
    perRecord: 4,
    samples: ramp(8),
  } as const;
  const { file, counts, gaps } = readContent(edfBytes({ signals: [c3, c4], records: 2, seconds: 0.02 }));
  assert.equal(file.format, 'edf');
  assert.equal(file.stream.rate, 200);
  assert.equal(file.frames, 8);
  assert.deepEqual(
    counts,
    c3.samples.map((value, place) => [value, c4.samples[place]]),
  );
  assert.ok(!gaps.includes(true));
  const [first, second] = file.stream.channels;
  assert.deepEqual({ ...first, scale: 0 }, { name: 'EEG C3-M2', unit: 'uV', scale: 0, railCounts: 32767 });
  assert.ok(Math.abs(first!.scale - 0.1) < 1e-12);
  assert.deepEqual(second, { name: 'EEG C4-M1', unit: 'uV', scale: 1, railCounts: 2000 });
});

test('folds an offset into the counts, right within half a step', () => {
  const digital = fc.integer({ min: -32768, max: 32766 });
  fc.assert(
    fc.property(
      digital,
      fc.integer({ min: 1, max: 65535 }),
      fc.integer({ min: -9999, max: 9999 }),
      fc.integer({ min: -9999, max: 9999 }).filter((span) => span !== 0),
      (dmin, dspan, pmin, pspan) => {
        const [dmax, pmax] = [Math.min(32767, dmin + dspan), pmin + pspan];
        const samples = [dmin, Math.round((dmin + dmax) / 2), dmax];
        const signal = { label: 'X', physical: [pmin, pmax], digital: [dmin, dmax], perRecord: 3, samples } as const;
        const { file, counts } = readContent(edfBytes({ signals: [signal], records: 1 }));
        const { scale, railCounts } = file.stream.channels[0]!;
        samples.forEach((value, place) => {
          const physical = ((value - dmin) * (pmax - pmin)) / (dmax - dmin) + pmin;
          assert.ok(Math.abs(counts[place]![0]! * scale - physical) <= Math.abs(scale) * 0.500001);
        });
        // The nearer end of the converter is a rail.
        const ends = [counts[0]![0]!, counts[2]![0]!];
        assert.ok(ends.some((end) => Math.abs(end) >= railCounts));
      },
    ),
    { numRuns: 50 },
  );
});

test('takes the rate of most voltage channels, or the one asked for, and says what it left out', () => {
  const channel = (label: string, perRecord: number, unit = 'uV') => ({
    label,
    unit,
    perRecord,
    samples: ramp(perRecord),
  });
  const signals = [
    channel('EEG1', 4),
    channel('EEG2', 4),
    channel('EMG', 8),
    channel('SpO2', 1, '%'),
    channel('HR', 1, 'bpm'),
    channel('Pos', 1, ''),
  ];
  const bytes = edfBytes({ signals, records: 1 });
  const common = readContent(bytes);
  assert.deepEqual([common.file.stream.rate, common.counts], [4, ramp(4).map((value) => [value, value])]);
  assert.deepEqual(common.file.leftOut, ['EMG: 8 Hz', 'SpO2: 1 Hz', 'HR: 1 Hz', 'Pos: 1 Hz']);
  assert.deepEqual(
    readContent(bytes, { rate: 8 }).counts,
    ramp(8).map((value) => [value]),
  );
  assert.throws(
    () => readContent(bytes, { rate: 5 }),
    /night\.rec: has no channel at 5 Hz\. Its rates are 4, 8, 1 Hz\./,
  );
});

test('EDF+C: annotations count from the first frame and are not a channel', () => {
  const lists = ['+0.5\x14\x14\0+1.25\x150.75\x14spindle\x14K-complex\x14\0', '+2.5\x14\x14\0+3\x14Löschen\x14\0'];
  const { file, counts } = readContent(
    edfBytes({
      signals: [{ label: 'C3', perRecord: 2, samples: ramp(4) }],
      records: 2,
      seconds: 2,
      reserved: 'EDF+C',
      lists,
    }),
  );
  assert.deepEqual(file.annotations, [
    { onset: 0.75, duration: 0.75, text: 'spindle' },
    { onset: 0.75, duration: 0.75, text: 'K-complex' },
    { onset: 2.5, duration: 0, text: 'Löschen' },
  ]);
  assert.deepEqual(counts, [[0], [1], [2], [3]]);
});

test('EDF+D: a hole between records becomes a gap with held values', () => {
  const lists = ['+10\x14\x14\0', '+11\x14\x14\0', '+13.499\x14\x14\0'];
  const signals = [{ label: 'C3', perRecord: 2, samples: ramp(6, 1) }];
  const { file, counts, gaps, counters } = readContent(edfBytes({ signals, records: 3, reserved: 'EDF+D', lists }));
  assert.deepEqual(counts.flat(), [1, 2, 3, 4, 4, 4, 4, 5, 6]);
  assert.deepEqual(gaps, [false, false, false, false, true, true, true, false, false]);
  assert.deepEqual(new Set(counters), new Set([-1]));
  assert.equal(file.frames, 9);
});

test('a recording that was not closed counts as many records as are whole', () => {
  const signals = [{ label: 'C3', perRecord: 2, samples: ramp(6) }];
  const bytes = edfBytes({ signals, records: 3, declaredRecords: -1 });
  assert.equal(readContent(bytes.subarray(0, bytes.length - 1)).counts.length, 4);
});

test('every damage is named with byte, value and fix', () => {
  const signal = { label: 'C3', perRecord: 2, samples: ramp(6) };
  const whole = edfBytes({ signals: [signal], records: 3 });
  const plus = (lists: string[]) => edfBytes({ signals: [signal], records: 2, reserved: 'EDF+D', lists });
  const cases: [Uint8Array, string][] = [
    [whole.subarray(0, 300), 'night.rec: ends at byte 300, within the EDF header of 512 bytes. Copy it again.'],
    [
      whole.subarray(0, whole.length - 1),
      'night.rec: byte 236: number of data records "3": the file holds 2 whole ones of 4 bytes. Copy it again, or write 2 there.',
    ],
    [
      edfBytes({ signals: [{ ...signal, physical: ['left', 1] }], records: 3 }),
      'night.rec: byte 360: physical minimum of C3 "left": is not a number.',
    ],
    [
      edfBytes({ signals: [{ ...signal, digital: [5, 5] }], records: 3 }),
      'night.rec: byte 384: digital maximum of C3 "5": must be above the minimum 5.',
    ],
    [
      edfBytes({ signals: [{ ...signal, physical: [5, 5] }], records: 3 }),
      'night.rec: byte 368: physical maximum of C3 "5": must differ from the minimum.',
    ],
    [
      edfBytes({ signals: [{ ...signal, perRecord: 0 }], records: 3 }),
      'night.rec: byte 472: samples a record of C3 "0": must be a whole number from 1 to 100000000.',
    ],
    [
      edfBytes({ signals: [{ ...signal, perRecord: 99999999 }], records: 0 }),
      'night.rec: holds no whole data record. Give the file with the samples.',
    ],
    [
      edfBytes({ signals: [], records: 1, lists: ['+0\x14\x14\0'] }),
      'night.rec: holds annotations only. Give the file with the signals.',
    ],
    [
      plus(['+0\x14\x14\0', 'later\x14\x14\0']),
      'night.rec: record 2: annotation "later" is no onset and duration in seconds. Copy the file again.',
    ],
    [
      plus(['+0\x14\x14\0', '+0.2\x14\x14\0']),
      'night.rec: record 2: begins at 0.2 s where 1 s or a little later must stand. Copy the file again, or cut it before this record.',
    ],
    [
      plus(['+0\x14\x14\0', '+99999999\x14\x14\0']),
      'night.rec: record 2: begins at 99999999 s where 1 s or a little later must stand. Copy the file again, or cut it before this record.',
    ],
  ];
  for (const [bytes, message] of cases) assert.throws(() => readContent(bytes), { name: 'SignalFileError', message });
});
