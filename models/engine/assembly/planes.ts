// Planes of spikes: a bit an element, [position][channel], `pitch` bytes a position; and lists of those that are set.

@unmanaged
export class Pack {
  kernel: i32;
  /** Bytes [channel][position], 0 or not; 16 more may be read. */
  from: usize;
  bits: usize;
  channels: i32;
  positions: i32;
  pitch: i32;
}

export function pack(r: Pack): void {
  if (r.positions == 1) {
    for (let c = 0; c < r.channels; c += 16) {
      let some = i8x16.bitmask(i8x16.ne(v128.load(r.from + c), i8x16.splat(0)));
      // What lies behind the array is none of its elements.
      if (r.channels - c < 16) some &= (1 << (r.channels - c)) - 1;
      if (r.channels - c > 8) store<u16>(r.bits + (c >> 3), <u16>some);
      else store<u8>(r.bits + (c >> 3), <u8>some);
    }
    return;
  }
  for (let first = 0; first < r.channels; first += 8) {
    const last = min(r.channels - first, 8);
    for (let p = 0; p < r.positions; p += 16) {
      let at = r.from + first * r.positions + p;
      let eight = i8x16.splat(0);
      for (let c = 0; c < last; c++) {
        const some = i8x16.ne(v128.load(at), i8x16.splat(0));
        eight = v128.or(eight, v128.and(some, i8x16.splat(<i8>((<i32>1) << c))));
        at += r.positions;
      }
      const to = r.bits + (first >> 3) + p * r.pitch;
      if (r.pitch == 1 && r.positions - p >= 16) v128.store(to, eight);
      else scatter(eight, to, r.pitch, min(16, r.positions - p));
    }
  }
}

/** The first `count` bytes of a vector, one each `pitch` bytes. */
function scatter(bytes: v128, to: usize, pitch: i32, count: i32): void {
  let half = i64x2.extract_lane(bytes, 0);
  for (let i = 0; i < count; i++) {
    if (i == 8) half = i64x2.extract_lane(bytes, 1);
    store<u8>(to + i * pitch, <u8>half);
    half >>= 8;
  }
}

@unmanaged
export class Unpack {
  kernel: i32;
  bits: usize;
  /** Bytes [channel][position], 0 or 1. */
  to: usize;
  channels: i32;
  positions: i32;
  pitch: i32;
}

export function unpack(r: Unpack): void {
  for (let c = 0; c < r.channels; c++) {
    const bits = r.bits + (c >> 3),
      to = r.to + c * r.positions;
    for (let p = 0; p < r.positions; p++) store<u8>(to + p, <u8>(((<u32>load<u8>(bits + p * r.pitch)) >> (c & 7)) & 1));
  }
}

@unmanaged
export class Pool {
  kernel: i32;
  bits: usize;
  to: usize;
  pitch: i32;
  /** Flipped after the pooling: bytes for one position, or 0. */
  flips: usize;
  height: i32;
  width: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideDown: i32;
  strideRight: i32;
  top: i32;
  left: i32;
}

/** Whether any bit of the window is set. */
export function pool(r: Pool): void {
  let to = r.to;
  for (let oy = 0; oy < r.outHeight; oy++) {
    const y = oy * r.strideDown - r.top;
    const fromY = max(y, 0),
      toY = min(y + r.kernelHeight, r.height);
    for (let ox = 0; ox < r.outWidth; ox++) {
      const x = ox * r.strideRight - r.left;
      const fromX = max(x, 0),
        toX = min(x + r.kernelWidth, r.width);
      let byte = 0;
      for (; byte + 4 <= r.pitch; byte += 4) {
        let any: u32 = 0;
        for (let row = fromY; row < toY; row++)
          for (let column = fromX; column < toX; column++)
            any |= load<u32>(r.bits + (row * r.width + column) * r.pitch + byte);
        store<u32>(to + byte, r.flips ? any ^ load<u32>(r.flips + byte) : any);
      }
      for (; byte < r.pitch; byte++) {
        let any: u32 = 0;
        for (let row = fromY; row < toY; row++)
          for (let column = fromX; column < toX; column++)
            any |= load<u8>(r.bits + (row * r.width + column) * r.pitch + byte);
        store<u8>(to + byte, r.flips ? any ^ load<u8>(r.flips + byte) : any);
      }
      to += r.pitch;
    }
  }
}

@unmanaged
export class List {
  kernel: i32;
  /** Of the first channel that is listed. */
  bits: usize;
  /** u8 [256][8]: the places of the bits of a byte, ascending. */
  places: usize;
  events: usize;
  starts: usize;
  height: i32;
  width: i32;
  /** Channels that are listed: the events of a position are x × channels + 0 … channels − 1. */
  channels: i32;
  pitch: i32;
}

/** Lists the bits that are set, each row of positions from 0 anew. */
export function list(r: List): void {
  const places = r.places,
    bytes = (r.channels + 7) >> 3;
  let bits = r.bits,
    to = r.events,
    starts = r.starts;
  for (let y = 0; y < r.height; y++) {
    for (let x = 0; x < r.width; x++) {
      store<i32>(starts, <i32>(to - r.events));
      starts += 4;
      let first = i16x8.splat(<i16>(x * r.channels));
      for (let at = bits, end = bits + bytes; at < end; at++) {
        const byte = <u32>load<u8>(at);
        v128.store(to, i16x8.add(v128.load8x8_u(places + (byte << 3)), first));
        first = i16x8.add(first, i16x8.splat(8));
        to += popcnt(byte) << 1;
      }
      bits += r.pitch;
    }
  }
  store<i32>(starts, <i32>(to - r.events));
}

@unmanaged
export class ListCounts {
  kernel: i32;
  /** Bytes [channel][position], of the first channel that is listed. */
  from: usize;
  events: usize;
  starts: usize;
  height: i32;
  width: i32;
  channels: i32;
}

/** As `list`; a count of n is listed n times. */
export function listCounts(r: ListCounts): void {
  const positions = r.height * r.width;
  let to = r.events,
    position = 0;
  for (let y = 0; y < r.height; y++)
    for (let x = 0; x < r.width; x++) {
      store<i32>(r.starts + (position << 2), <i32>(to - r.events));
      for (let c = 0; c < r.channels; c++)
        for (let n = load<u8>(r.from + c * positions + position); n > 0; n--) {
          store<u16>(to, <u16>(x * r.channels + c));
          to += 2;
        }
      position++;
    }
  store<i32>(r.starts + (position << 2), <i32>(to - r.events));
}
