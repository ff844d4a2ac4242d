/**
 * SciPy's `resample_poly(x, up, down)` with its own filter (Kaiser window, beta 5): how the Portiloop's vectors were made
 * of recordings at 200 Hz. Without delay, so for references alone.
 */
export function resamplePoly(x: Float64Array, up: number, down: number): Float64Array {
  const half = 10 * Math.max(up, down);
  const cutoff = 1 / Math.max(up, down);
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, n) => {
    const m = n - half;
    const sinc = m === 0 ? 1 : Math.sin(Math.PI * cutoff * m) / (Math.PI * cutoff * m);
    return cutoff * sinc * (bessel0(5 * Math.sqrt(1 - (m / half) ** 2)) / bessel0(5));
  });
  const gain = up / taps.reduce((sum, tap) => sum + tap, 0);
  return Float64Array.from({ length: Math.ceil((x.length * up) / down) }, (_, m) => {
    // Tap k meets input n where n × up + k stands at the place of output m.
    const place = m * down + half;
    let sum = 0;
    for (
      let n = Math.max(0, Math.ceil((place - 2 * half) / up));
      n <= Math.min(x.length - 1, Math.floor(place / up));
      n++
    )
      sum += (x[n] ?? NaN) * (taps[place - n * up] ?? NaN);
    return gain * sum;
  });
}

/** Modified Bessel function of the first kind, order 0. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-18 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
