import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fromMemory } from './bytes.js';
import { edfBytes, readAll, readContent, sharedPath } from './recordings.test.fixture.js';
import { frameReader, openSignalFile, readFrames, SignalFileError } from './signal-file.js';

const openBciHeader = (board: string, rate = 250): string =>
  `%OpenBCI Raw EXG Data\r\n%Number of channels = 2\r\n%Sample Rate = ${rate} Hz\r\n%Board = OpenBCI_GUI$${board}\r\n` +
  'Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Not Used, Timestamp, Marker Channel, Timestamp (Formatted)\r\n';
const openBciRow = (index: number, uV: number, ms: number): string =>
  `${index}, ${uV}, -0.02, 0.040,0, ${ms},0, 12:00:00.000\r\n`;
/** From data/eeg/openbci/README.md: microvolts of a count at gain 24. */
const cytonScale = 4.5e6 / 24 / 8388607;

test('a column of text: header, blanks, line ends, no end of the last line', () => {
  for (const gzip of [false, true]) {
    const { file, counts } = readContent('[CZ-A1]\r\n   -1.8316\r\n4.19220000\n\n 1e2\n0.00004\n76', {
      rate: 200,
      gzip,
    });
    assert.deepEqual(counts.flat(), [-18316, 41922, 1000000, 0, 760000]);
    assert.deepEqual(file.stream, {
      device: 'file',
      channels: [{ name: 'CZ-A1', unit: 'uV', scale: 1e-4, railCounts: 2147483647 }],
      rate: 200,
      delayUs: 0,
    });
  }
});

test('the rate of an excerpt follows from its 30 minutes; other columns must be told', () => {
  for (const rate of [50, 100, 200]) {
    assert.equal(
      readFrames(fromMemory('x', Buffer.from('[C3-A1]\n' + '0.5\n'.repeat(1800 * rate + 139)))).stream.rate,
      rate,
    );
  }
  for (const content of ['[C3-A1]\n1\n2\n', '1\n'.repeat(360_000)]) {
    assert.throws(
      () => readContent(content),
      /night\.rec: does not say its sample rate\. Give the rate in Hz, for example 200\./,
    );
  }
});

test('Portiloop CSV: raw channels only, 250 Hz unless told', () => {
  const { file, counts } = readContent(
    'raw_ch1,raw_ch2,filtered_ch1,filtered_ch2,detection,stimulation,stimulation_on\n' +
      '4125.3720671382025,-1.5,0,0,0,0,0\n4126.154378194138,2e-4,0,0,0.4,1,1\n',
  );
  assert.equal(file.format, 'portiloop');
  assert.equal(file.stream.rate, 250);
  assert.deepEqual(
    file.stream.channels.map(({ name }) => name),
    ['raw_ch1', 'raw_ch2'],
  );
  assert.deepEqual(counts, [
    [41253721, -15000],
    [41261544, 2],
  ]);
});

test('OpenBCI text: counts of the converter, accelerometer, and gaps of the sample index', () => {
  const rows = [254, 255, 0, 3]
    .map((index, place) => openBciRow(index, 100 + place, 1557936053329 + 4 * place))
    .join('');
  const { file, counts, gaps, counters } = readContent(openBciHeader('BoardCytonSerial') + rows);
  assert.equal(file.stream.rate, 250);
  assert.deepEqual(file.stream.channels[1], {
    name: 'EXG Channel 1',
    unit: 'uV',
    scale: cytonScale,
    railCounts: 8388607,
  });
  assert.deepEqual(file.stream.channels[2], { name: 'Accel Channel 0', unit: 'g', scale: 0.000125, railCounts: 32767 });
  assert.deepEqual(gaps, [false, false, false, true, true, false]);
  assert.deepEqual(counters, [254, 255, 0, -1, -1, 3]);
  const row = (uV: number): number[] => [Math.round(uV / cytonScale), -1, 320];
  assert.deepEqual(counts, [row(100), row(101), row(102), row(102), row(102), row(103)]);
});

test('OpenBCI text: two decimals give every count back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8388608, max: 8388607 }), (count) => {
      const text = openBciHeader('BoardCytonSerial') + `0, ${(count * cytonScale).toFixed(2)}, 0, 0,0,0,0,0\n`;
      assert.equal(readContent(text).counts[0]![0], count);
    }),
    { numRuns: 50 },
  );
});

test('OpenBCI text: host time tells how often the index went round; a Daisy counts by twos; other boards do not count', () => {
  const lost = (board: string, rate: number, rows: [number, number][]): number[] => {
    const { gaps } = readContent(
      openBciHeader(board, rate) + rows.map(([index, ms]) => openBciRow(index, 1, ms)).join(''),
    );
    return [gaps.length, gaps.filter(Boolean).length];
  };
  const at = 1557936053000;
  // 10.24 s lost between indexes 1 and 2: ten rounds of 256.
  assert.deepEqual(
    lost('BoardCytonSerial', 250, [
      [0, at],
      [1, at + 4],
      [2, at + 8 + 10240],
      [3, at + 12 + 10240],
    ]),
    [2564, 2560],
  );
  // Seconds instead of milliseconds.
  assert.deepEqual(
    lost('BoardCytonSerial', 250, [
      [0, at / 1e3],
      [1, at / 1e3 + 1.028],
    ]),
    [258, 256],
  );
  // Rows that came in a burst, and an index seen twice, are no gap.
  assert.deepEqual(
    lost('BoardCytonSerial', 250, [
      [0, at],
      [1, at + 35],
      [1, at + 35],
      [2, at + 35],
    ]),
    [4, 0],
  );
  assert.deepEqual(
    lost('BoardCytonSerialDaisy', 125, [
      [252, at],
      [254, at + 8],
      [0, at + 16],
      [6, at + 40],
    ]),
    [6, 2],
  );
  assert.deepEqual(
    lost('BoardCytonSerialDaisy', 125, [
      [0, at],
      [1, at + 8],
      [2, at + 16],
      [4, at + 32],
    ]),
    [5, 1],
  );
  assert.deepEqual(
    lost('BoardGanglionBLE', 200, [
      [0, at],
      [1, at],
      [1, at],
      [2, at],
      [9, at],
    ]),
    [5, 0],
  );
});

test('OpenBCI text of an old version, without column names', () => {
  const text =
    '%OpenBCI Raw EEG Data\n%Number of channels = 8\n%Sample Rate = 250.0 Hz\n%First Column = SampleIndex\n' +
    '7, 1, 2, 3, 4, 5, 6, 7, 8, 0.0, 0.0, 0.0, 12:00:00.000, 1557936053329\n';
  const { file, counts, counters } = readContent(text);
  assert.equal(file.stream.channels.length, 8);
  assert.deepEqual(
    counts[0],
    [1, 2, 3, 4, 5, 6, 7, 8].map((uV) => Math.round(uV / cytonScale)),
  );
  assert.deepEqual(counters, [7]);
});

test('every damage of a text file is named with line, value and fix', () => {
  const cyton = openBciHeader('BoardCytonSerial');
  const formats = 'which no known format does. Give EDF, EDF+, OpenBCI text, Portiloop CSV or a column of numbers.';
  const cases: [string | Uint8Array, string][] = [
    ['1\n2\nthree\n', 'night.rec:3: "three" is not a number. Correct or remove the line.'],
    ['1\n2 3\n', 'night.rec:2: "2 3" is not a number. Correct or remove the line.'],
    ['1\n9e9\n', 'night.rec:2: "9e9" is too large for microvolts. Convert the file to microvolts.'],
    [
      '1\n' + ' 7'.repeat(40_000),
      'night.rec:2: is longer than 65536 bytes: this is no text file of samples. Give the recording itself.',
    ],
    ['[C3]\n', 'night.rec: holds no samples. Give a file with one number a line.'],
    ['', `night.rec: begins with "", ${formats}`],
    ['PK\x03\x04', `night.rec: begins with "PK\\u0003\\u0004", ${formats}`],
    ['raw_ch1,raw_ch2\n1,2\n3\n', 'night.rec:3: has 1 of 2 columns (no raw_ch2). Remove the line.'],
    ['raw_ch1,raw_ch2\n1,2\n3,\n', 'night.rec:3: "" is not a number. Correct or remove the line.'],
    [cyton + '0, 1.0, oops, 0,0,0,0,0\n', 'night.rec:6: "oops" is not a number. Correct or remove the line.'],
    [cyton + '0, 1.0\n', 'night.rec:6: has 2 of 6 columns (no EXG Channel 1). Remove the line.'],
    [
      cyton + openBciRow(0, 1, 1e12) + openBciRow(1, 1, 2e12),
      'night.rec:7: comes 1000000000 s after the row before it. Split the file there.',
    ],
    ['%OpenBCI Raw EXG Data\n', 'night.rec: ends within its header. Give a file with samples.'],
    [
      openBciHeader('BoardCytonSerialDaisy', 125),
      'night.rec: has 125 Hz, not the rate of 250 given. Leave the rate out.',
    ],
    [gzipSync('1\n2\n').subarray(0, 15), 'night.rec: is gzipped and damaged (Z_BUF_ERROR). Copy it again.'],
  ];
  for (const [content, message] of cases) {
    assert.throws(() => readContent(content, { rate: 250 }), { name: 'SignalFileError', message });
  }
  assert.throws(
    () => openSignalFile('/nowhere/night.edf'),
    /^SignalFileError: \/nowhere\/night\.edf: cannot be opened \(ENOENT\)\./,
  );
  assert.throws(() => openSignalFile(tmpdir()), /is no file\. Give the path of a recording\./);
});

test('damaged bytes end in a message that names the file, or in frames, and never hang', () => {
  const lists = ['+0\x14\x14\0+0.5\x14spindle\x14\0', '+1\x14\x14\0', '+4\x14\x14\0'];
  const seeds = [
    edfBytes({
      signals: [
        { label: 'C3', perRecord: 20, samples: [1, 2, 3] },
        { label: 'C4', perRecord: 20, samples: [] },
      ],
      records: 3,
      reserved: 'EDF+D',
      lists,
    }),
    Buffer.from(
      openBciHeader('BoardCytonSerial') + [0, 1, 2, 9].map((index) => openBciRow(index, index, 1557936053329)).join(''),
    ),
    Buffer.from('raw_ch1,raw_ch2,detection\n1.5,2,0\n-3,4e1,0\n'),
    Buffer.from('[CZ-A1]\n-1.8316\n 4.1922\n76\n'),
  ];
  const change = fc.record({
    at: fc.nat(2000),
    byte: fc.nat(255),
    how: fc.constantFrom('set', 'insert', 'remove', 'cut'),
  });
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 5 }), (seed, changes) => {
      const bytes = [...seed];
      for (const { at, byte, how } of changes) {
        const place = at % Math.max(1, bytes.length);
        if (how === 'cut') bytes.length = place;
        else bytes.splice(place, how === 'insert' ? 0 : 1, ...(how === 'remove' ? [] : [byte]));
      }
      let frames = 0;
      try {
        // A header that says less than the truth may leave a long but bounded gap: some frames of it are enough.
        const source = fromMemory('night.rec', Uint8Array.from(bytes));
        const found = readFrames(source, 200);
        while (found.next() >= 0 && frames < 10_000) frames++;
        assert.ok(frames < 10_000);
      } catch (error) {
        assert.ok(error instanceof SignalFileError, String(error));
        assert.match(error.message, /^night\.rec[: ]/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('frameReader gives the voltages of any file in microvolts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-file-'));
  try {
    const path = join(folder, 'a.txt');
    writeFileSync(path, openBciHeader('BoardCytonSerial') + openBciRow(0, 100, NaN) + openBciRow(2, 61379.36, NaN));
    const reader = frameReader(openSignalFile(path));
    assert.deepEqual([reader.channels, reader.rate], [['EXG Channel 0', 'EXG Channel 1'], 250]);
    const frame = new Float64Array(2);
    const first: number[] = [];
    while (reader.read(frame)) first.push(frame[0]!);
    [100, 100, 61379.36].forEach((uV, place) => assert.ok(Math.abs(first[place]! - uV) <= cytonScale / 2));
    assert.equal(first.length, 3);
    assert.equal(reader.read(frame), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('reads 360,000 packed values well within a second', () => {
  const text =
    '[CZ-A1]\n' +
    Array.from({ length: 360_000 }, (_, n) => `   ${(((n * 7919) % 65536) / 100 - 327.68).toFixed(4)}`).join('\n');
  const start = process.cpuUsage();
  const { counts } = readContent(text, { gzip: true });
  const used = process.cpuUsage(start);
  assert.equal(counts.length, 360_000);
  assert.equal(counts[1]![0], Math.round((79.19 - 327.68) * 1e4));
  // A bound against accidents, not a benchmark: packing and the lists of the test are in it.
  assert.ok(used.user + used.system < 3e6);
});

test('reference: DREAMS excerpts', (t) => {
  for (const [excerpt, values] of [
    [2, 360_000],
    [6, 360_140],
  ] as const) {
    const path = sharedPath('data', 'eeg', 'dreams_spindles', `excerpt${excerpt}.txt.gz`);
    if (path === undefined) {
      t.skip('reference data are absent');
      return;
    }
    const { file, counts } = readAll(openSignalFile(path));
    assert.equal(file.stream.rate, 200);
    assert.equal(counts.length, values);
    if (excerpt === 2) assert.deepEqual(counts.slice(0, 4).flat(), [-18316, -41922, -59326, -75930]);
    else assert.equal(counts[360_000]![0], 760_000);
  }
});

test('reference: a real Cyton recording has no gap', (t) => {
  const path = sharedPath('data', 'eeg', 'openbci', 'OpenBCI_GUI-v6-blinks-jawClench-alpha.txt.gz');
  if (path === undefined) {
    t.skip('reference data are absent');
    return;
  }
  const { file, counts, gaps, counters } = readAll(openSignalFile(path));
  assert.equal(file.stream.channels.length, 11);
  assert.equal(counts.length, 22_490);
  assert.ok(!gaps.includes(true));
  assert.deepEqual(counters.slice(254, 258), [254, 255, 0, 1]);
  const mean = counts.reduce((sum, frame) => sum + frame[0]!, 0) / counts.length;
  assert.ok(Math.abs(mean * file.stream.channels[0]!.scale - 62_052) < 1);
});
