import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { sumOfAbsoluteDifferences } from '../../../models/place/baselines/mean-difference.js';
import type { Traverse } from '../../../models/place/traverse.js';
import { answerQueries, scoreAnswers, type PlaceComparison, type ScoredMethod } from '../place/evaluate.js';
import type { GroundTruth } from '../place/ground-truth.js';
import { placePage } from './place-page.js';
import { pngAddress } from './png.js';
import { elementsOf } from './well-formed.test.fixture.js';

/** Frames of 2×3 pixels, each of one grey. */
function drive(...greys: number[]): Traverse {
  return {
    frames: greys.length,
    height: 2,
    width: 3,
    pixels: Uint8Array.from(greys.flatMap((grey) => Array<number>(6).fill(grey))),
  };
}

function comparison(truth: GroundTruth, lengths: readonly number[]): PlaceComparison {
  const [reference, query] = [drive(10, 60, 110, 160, 210), drive(12, 64, 116, 168, 12)];
  const scored = (name: string): ScoredMethod => {
    const answers = answerQueries(name, sumOfAbsoluteDifferences, reference, query);
    return { answers, evaluation: scoreAnswers(answers, truth, lengths) };
  };
  return { reference, query, truth, lengths, method: scored('ours <1>'), baselines: [scored('sad')] };
}

test('one well-formed page that fetches and runs nothing: a matrix and two curves a length, and what was confused', () => {
  const html = placePage(comparison([[0], [1], [2], [3], [4]], [1, 3]));
  const names = elementsOf(html.replace('<!DOCTYPE html>\n', ''));
  assert.equal(names.filter((name) => name === 'svg').length, 4);
  assert.equal(names.filter((name) => name === 'script').length, 0);
  assert.doesNotMatch(html, /https?:\/\/(?!www\.w3\.org)/);
  // Two matrices; the last query, surest of the wrong ones, was taken for place 0.
  assert.equal(names.filter((name) => name === 'img').length, 2 + 3);
  assert.match(html, /query 4.*taken for place 0.*right: place 4/);
  assert.match(html, /ours &#60;1&#62;/);
  // Pictures are enlarged to a width: their height follows, or they are seen squashed.
  for (const kind of ['matrix', 'frame']) assert.match(html, new RegExp(`\\.${kind} \\{[^}]*height: auto;`));
});

test('a query that is not on the map is confused with what it was taken for; without confusions the page says so', () => {
  assert.match(placePage(comparison([[0], [1], [2], [3], []], [1])), /taken for place 0.*it is not on the map/);
  assert.match(placePage(comparison([[0], [1], [2], [3], [0]], [1])), /None\./);
});

test('a picture is a PNG of its grey pixels', () => {
  const pixels = Uint8Array.from([0, 50, 100, 150, 200, 255]);
  const address = pngAddress(pixels, 3, 2);
  assert.match(address, /^data:image\/png;base64,/);
  const file = Buffer.from(address.split(',')[1]!, 'base64');
  assert.deepEqual([...file.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  // Width, height, eight bits of grey.
  assert.deepEqual([...file.subarray(16, 26)], [0, 0, 0, 3, 0, 0, 0, 2, 8, 0]);
  const length = file.readUInt32BE(33);
  assert.equal(file.toString('latin1', 37, 41), 'IDAT');
  // Each row after a byte that says: as it is.
  assert.deepEqual([...inflateSync(file.subarray(41, 41 + length))], [0, 0, 50, 100, 0, 150, 200, 255]);
  // The check of an empty IEND is the same in every file.
  assert.equal(file.subarray(-4).toString('hex'), 'ae426082');
});
