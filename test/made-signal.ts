/** Samples a second. */
export const rate = 250;

/** Microvolts: noise, waves at 0.8 and 13 Hz, and jumps that no network expects; by + − × ÷ alone, so the same everywhere. */
export function madeSignal(seconds: number, seed: number): Float64Array {
  let noise = seed;
  const slow = turning(0.8);
  const spindle = turning(13);
  return Float64Array.from({ length: seconds * rate }, (_, n) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const burst = n % (4 * rate) < rate ? 25 : 0;
    return 20 * (noise / 2 ** 32 - 0.5) + 45 * slow() + burst * spindle() + (n % 7000 > 6950 ? 300 : 0);
  });
}

/** A sine by the rotation of a rational point on the unit circle: no function of the machine's own is asked. */
function turning(hertz: number): () => number {
  const half = (Math.PI * hertz) / rate;
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  let [x, y] = [1, 0];
  return () => {
    [x, y] = [x * cos - y * sin, x * sin + y * cos];
    return y;
  };
}
