/**
 * Alpha and noise, slow noise from 50 s on, and a second of muscle at 110 s: the signal of fixtures/sleep-rule.py, in
 * microvolts.
 */
export function trialNight(rate: number, seconds: number): Float64Array {
  let noise = 1;
  let slow = 0;
  return Float64Array.from({ length: seconds * rate }, (_, n) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    const signed = noise / 2 ** 31;
    slow = 0.98 * slow + signed;
    const t = n / rate;
    if (t < 50) return 10 * signed + 8 * Math.sin(2 * Math.PI * 9 * t);
    return t >= 110 && t < 111 ? 45 * signed : 4 * slow;
  });
}
