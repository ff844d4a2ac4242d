/** Times of day as people say them. Pure; time and zone are arguments. */

const minuteMs = 60e3;

function clockIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
}

/** `07:15`, of a clock in this zone. */
export function clockTime(ms: number, timeZone: string): string {
  return clockIn(timeZone).format(ms);
}

/**
 * Seconds until a clock in this zone next shows this time; NaN where `text` is none, or is one that is left out when clocks go
 * forward. Whoever means a time that comes twice that night gets the first.
 */
export function secondsUntil(text: string, nowMs: number, timeZone: string): number {
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? [];
  const wanted = `${hour.padStart(2, '0')}:${minute}`;
  const clock = clockIn(timeZone);
  const firstMs = (Math.floor(nowMs / minuteMs) + 1) * minuteMs;
  for (let atMs = firstMs; atMs <= firstMs + 24 * 60 * minuteMs; atMs += minuteMs)
    if (clock.format(atMs) === wanted) return (atMs - nowMs) / 1000;
  return NaN;
}
