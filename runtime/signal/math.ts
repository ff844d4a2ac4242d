/**
 * sin, cos, tan, atan2, exp and log from + − × ÷ alone: `Math` may round them differently from one engine to the next, and
 * decisions rest on coefficients made with them. Good to about 1e-15 relative (1e-15 absolute for sin and cos with |x|
 * below 1e5).
 */

export function exp(x: number): number {
  if (!(x > -700 && x < 700)) return x > 0 ? Infinity : x < 0 ? 0 : NaN;
  const power = Math.round(x / ln2);
  const rest = x - power * ln2High - power * ln2Low;
  let sum = 1;
  for (let n = 14; n > 0; n--) sum = 1 + (sum * rest) / n;
  bits.setUint32(0, (power + 1023) << 20);
  bits.setUint32(4, 0);
  return sum * bits.getFloat64(0);
}

/** Of normal positive numbers; NaN otherwise. */
export function log(x: number): number {
  one[0] = x;
  logAll(one, 1);
  return one[0];
}

/** Puts the logarithm in the place of each of the first `count` values: a number that is returned may be put on the heap. */
export function logAll(values: Float64Array, count: number): void {
  for (let place = 0; place < count; place++) {
    const x = values[place] as number;
    if (!(x >= 1e-300 && x < Infinity)) {
      values[place] = NaN;
      continue;
    }
    bits.setFloat64(0, x);
    const high = bits.getUint32(0);
    let power = (high >>> 20) - 1023;
    bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
    let mantissa = bits.getFloat64(0);
    if (mantissa > Math.SQRT2) {
      mantissa /= 2;
      power++;
    }
    const s = (mantissa - 1) / (mantissa + 1);
    const square = s * s;
    let sum = 0;
    for (let n = 23; n > 0; n -= 2) sum = sum * square + 1 / n;
    values[place] = power * ln2High + (2 * s * sum + power * ln2Low);
  }
}

export function sin(x: number): number {
  return ofQuarter(x, 0);
}

export function cos(x: number): number {
  return ofQuarter(x, 1);
}

export function tan(x: number): number {
  return sin(x) / cos(x);
}

/** Angle of the point (x, y) in radians, from −π to π; 0 at the origin. */
export function atan2(y: number, x: number): number {
  const across = Math.abs(x);
  const up = Math.abs(y);
  const isSteep = up > across;
  const slope = isSteep ? across / up : up === 0 ? 0 : up / across;
  // Half the angle twice: the series then needs few terms.
  const half = slope / (1 + Math.sqrt(1 + slope * slope));
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const square = quarter * quarter;
  let sum = 0;
  for (let n = 23; n > 0; n -= 2) sum = 1 / n - sum * square;
  let angle = 4 * quarter * sum;
  if (isSteep) angle = halfPi - angle;
  if (x < 0) angle = Math.PI - angle;
  return y < 0 ? -angle : angle;
}

function ofQuarter(x: number, shift: number): number {
  const quarters = Math.round(x / halfPi);
  const rest = x - quarters * halfPiHigh - quarters * halfPiLow;
  const square = rest * rest;
  const quarter = ((quarters % 4) + 4 + shift) % 4;
  let sum = 1;
  if (quarter % 2 === 0) {
    for (let n = 18; n > 0; n -= 2) sum = 1 - (sum * square) / (n * (n + 1));
    sum *= rest;
  } else {
    for (let n = 17; n > 0; n -= 2) sum = 1 - (sum * square) / (n * (n + 1));
  }
  return quarter < 2 ? sum : -sum;
}

const one = new Float64Array(1);
const bits = new DataView(new ArrayBuffer(8));
const ln2 = 0.6931471805599453;
/** The high parts have few enough bits that their products with small integers are exact. */
const ln2High = 0.69314718036912381649;
const ln2Low = 1.90821492927058770002e-10;
const halfPi = 1.5707963267948966;
const halfPiHigh = 1.57079632673412561417;
const halfPiLow = 6.07710050650619224932e-11;
