/** Time-stamped annotation lists of EDF+ and BDF+: `+onset[␕duration]␔text␔␀`. */

/** The list that every record begins with: when it starts. */
export function timeKeeping(seconds: number): Uint8Array {
  return encode(`${onsetText(seconds)}${endOfText}${endOfText}\0`);
}

export function annotationList(seconds: number, duration: number, text: string): Uint8Array {
  const length = duration > 0 ? `${beforeDuration}${decimal(duration)}` : '';
  // What would end the list early becomes a blank.
  const words = Array.from(text, (sign) => (sign < ' ' ? ' ' : sign)).join('');
  return encode(`${onsetText(seconds)}${length}${endOfText}${words}${endOfText}\0`);
}

/**
 * Bytes of the annotations of each record, all of one length that is whole samples of `sampleBytes`: each list in the
 * record of its onset, or in a later one where that is full. Lists are sorted by onset.
 */
export function placeLists(
  records: readonly { readonly first: number; readonly time: Uint8Array }[],
  lists: readonly { readonly onset: number; readonly bytes: Uint8Array }[],
  sampleBytes: number,
): Uint8Array[] {
  const longest = Math.max(0, ...records.map(({ time }) => time.length));
  const least = longest + lists.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
  for (let capacity = Math.max(least, smallest); ; capacity += Math.ceil(capacity / 4)) {
    const length = Math.ceil(capacity / sampleBytes) * sampleBytes;
    const placed = fill(records, lists, length);
    if (placed) return placed;
  }
}

/** Undefined where they do not fit. */
function fill(
  records: readonly { readonly first: number; readonly time: Uint8Array }[],
  lists: readonly { readonly onset: number; readonly bytes: Uint8Array }[],
  length: number,
): Uint8Array[] | undefined {
  let next = 0;
  const filled = records.map(({ time }, place) => {
    const bytes = new Uint8Array(length);
    bytes.set(time);
    let at = time.length;
    const end = records[place + 1]?.first ?? Infinity;
    for (let list = lists[next]; list && list.onset < end && at + list.bytes.length <= length; list = lists[++next]) {
      bytes.set(list.bytes, at);
      at += list.bytes.length;
    }
    return bytes;
  });
  return next === lists.length ? filled : undefined;
}

function onsetText(seconds: number): string {
  return seconds < 0 ? `-${decimal(-seconds)}` : `+${decimal(seconds)}`;
}

/** To a microsecond. */
function decimal(seconds: number): string {
  return seconds.toFixed(6).replace(/\.?0+$/, '');
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const endOfText = '\u0014';
const beforeDuration = '\u0015';
const smallest = 96;
