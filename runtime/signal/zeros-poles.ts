import {
  add,
  complex,
  conjugate,
  divide,
  magnitude,
  multiply,
  product,
  scale,
  squareRoot,
  subtract,
  type Complex,
} from './complex.js';
import { tan } from './math.js';

/** A filter by its zeros, poles and gain. Complex ones come in conjugate pairs. */
export interface ZerosPoles {
  readonly zeros: readonly Complex[];
  readonly poles: readonly Complex[];
  readonly gain: number;
}

/** Corners in Hz. */
export type Band =
  | { readonly type: 'lowpass'; readonly corner: number }
  | { readonly type: 'highpass'; readonly corner: number }
  | { readonly type: 'bandpass'; readonly from: number; readonly to: number }
  | { readonly type: 'bandstop'; readonly from: number; readonly to: number };

/** An analogue low-pass prototype with its corner at 1 rad/s → the digital filter, by the bilinear transform. */
export function digitalFilter(prototype: ZerosPoles, band: Band, rate: number): ZerosPoles {
  // Pre-warped at a rate of 2, as SciPy does: the corner comes out exactly where it was asked for.
  const warp = (hertz: number): number => 4 * tan((Math.PI * hertz) / rate);
  switch (band.type) {
    case 'lowpass':
      return bilinear(toLowpass(prototype, warp(band.corner)));
    case 'highpass':
      return bilinear(toHighpass(prototype, warp(band.corner)));
    case 'bandpass':
      return bilinear(toBandpass(prototype, warp(band.from), warp(band.to)));
    case 'bandstop':
      return bilinear(toBandstop(prototype, warp(band.from), warp(band.to)));
  }
}

function toLowpass({ zeros, poles, gain }: ZerosPoles, corner: number): ZerosPoles {
  return {
    zeros: zeros.map((zero) => scale(zero, corner)),
    poles: poles.map((pole) => scale(pole, corner)),
    gain: gain * corner ** (poles.length - zeros.length),
  };
}

function toHighpass({ zeros, poles, gain }: ZerosPoles, corner: number): ZerosPoles {
  const turned = (of: readonly Complex[]): Complex[] => of.map((root) => divide(complex(corner), root));
  return {
    zeros: [...turned(zeros), ...poles.slice(zeros.length).map(() => complex(0))],
    poles: turned(poles),
    gain: gain * divide(product(zeros.map(negative)), product(poles.map(negative))).re,
  };
}

function toBandpass({ zeros, poles, gain }: ZerosPoles, from: number, to: number): ZerosPoles {
  const width = to - from;
  const split = (of: readonly Complex[]): Complex[] =>
    splitRoots(
      of.map((root) => scale(root, width / 2)),
      from * to,
    );
  return {
    zeros: [...split(zeros), ...poles.slice(zeros.length).map(() => complex(0))],
    poles: split(poles),
    gain: gain * width ** (poles.length - zeros.length),
  };
}

function toBandstop({ zeros, poles, gain }: ZerosPoles, from: number, to: number): ZerosPoles {
  const half = complex((to - from) / 2);
  const centre = Math.sqrt(from * to);
  const split = (of: readonly Complex[]): Complex[] =>
    splitRoots(
      of.map((root) => divide(half, root)),
      from * to,
    );
  const missing = poles.slice(zeros.length);
  return {
    zeros: [...split(zeros), ...missing.map(() => complex(0, centre)), ...missing.map(() => complex(0, -centre))],
    poles: split(poles),
    gain: gain * divide(product(zeros.map(negative)), product(poles.map(negative))).re,
  };
}

function splitRoots(roots: readonly Complex[], centreSquare: number): Complex[] {
  const offsets = roots.map((root) => squareRoot(subtract(multiply(root, root), complex(centreSquare))));
  return [
    ...roots.map((root, place) => add(root, offsets[place] as Complex)),
    ...roots.map((root, place) => subtract(root, offsets[place] as Complex)),
  ];
}

function bilinear({ zeros, poles, gain }: ZerosPoles): ZerosPoles {
  const four = complex(4);
  const turn = (root: Complex): Complex => divide(add(four, root), subtract(four, root));
  const ratio = divide(
    product(zeros.map((zero) => subtract(four, zero))),
    product(poles.map((pole) => subtract(four, pole))),
  );
  return {
    zeros: [...zeros.map(turn), ...poles.slice(zeros.length).map(() => complex(-1))],
    poles: poles.map(turn),
    gain: gain * ratio.re,
  };
}

const negative = (a: Complex): Complex => complex(-a.re, -a.im);

/** Second-order sections, six numbers each: b0 b1 b2 a0 a1 a2 with a0 = 1, in the order in which they apply. */
export type Sections = readonly (readonly [number, number, number, number, number, number])[];

/**
 * Pairs poles with the nearest zeros, the pair nearest the unit circle last, the whole gain in the first section: the
 * rule of SciPy's `zpk2sos(pairing='nearest')`, so that sections can be compared with its.
 */
export function toSections({ zeros, poles, gain }: ZerosPoles): Sections {
  const odd = poles.length % 2 === 1;
  const z = halfOf(odd ? [...zeros, complex(0)] : zeros);
  const p = halfOf(odd ? [...poles, complex(0)] : poles);
  const count = Math.ceil(poles.length / 2);
  const sections: [number, number, number, number, number, number][] = [];
  for (let section = count - 1; section >= 0; section--) {
    const p1 = takeBest(p, distanceFromCircle);
    let p2: Complex;
    if (isReal(p1)) p2 = takeBest(p, (pole) => (isReal(pole) ? distanceFromCircle(pole) : Infinity));
    else p2 = conjugate(p1);
    const nearest = (zero: Complex): number => magnitude(subtract(p1, zero));
    // The last complex poles must leave a pair of zeros for a single real one that follows.
    const z1 = takeBest(z, mustLeaveReal(p1, p, z) ? (zero) => (isReal(zero) ? Infinity : nearest(zero)) : nearest);
    const z2 = isReal(z1) ? takeBest(z, (zero) => (isReal(zero) ? nearest(zero) : Infinity)) : conjugate(z1);
    const k = section === 0 ? gain : 1;
    sections.unshift([k, -k * (z1.re + z2.re), k * multiply(z1, z2).re, 1, -(p1.re + p2.re), multiply(p1, p2).re]);
  }
  return sections;
}

function mustLeaveReal(p1: Complex, poles: readonly Complex[], zeros: readonly Complex[]): boolean {
  return (
    !isReal(p1) &&
    poles.length + 1 === zeros.length &&
    poles.filter(isReal).length === 1 &&
    zeros.filter(isReal).length === 1
  );
}

/** One of each conjugate pair, and all real ones. */
function halfOf(roots: readonly Complex[]): Complex[] {
  const real = roots.filter((root) => Math.abs(root.im) <= tolerance * magnitude(root)).map(({ re }) => complex(re));
  const upper = roots.filter((root) => root.im > tolerance * magnitude(root));
  return [...upper.sort((a, b) => a.re - b.re || a.im - b.im), ...real.sort((a, b) => a.re - b.re)];
}

function takeBest(roots: Complex[], cost: (root: Complex) => number): Complex {
  let best = 0;
  for (let place = 1; place < roots.length; place++) {
    if (cost(roots[place] as Complex) < cost(roots[best] as Complex)) best = place;
  }
  return roots.splice(best, 1)[0] ?? complex(0);
}

const isReal = ({ im }: Complex): boolean => im === 0;
const distanceFromCircle = (root: Complex): number => Math.abs(1 - magnitude(root));
const tolerance = 2.2e-14;
