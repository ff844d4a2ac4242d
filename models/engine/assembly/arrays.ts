// Arrays of values as the reference has them: [channel][position].

@unmanaged
export class Clamp {
  kernel: i32;
  /** Bytes, of which 16 more may be changed. */
  at: usize;
  count: i32;
  most: i32;
}

export function clamp(r: Clamp): void {
  const most = i8x16.splat(<i8>r.most);
  for (let at = r.at, end = at + r.count; at < end; at += 16) v128.store(at, i8x16.min_u(v128.load(at), most));
}

@unmanaged
export class Copy {
  kernel: i32;
  from: usize;
  to: usize;
  bytes: i32;
}

export function copy(r: Copy): void {
  memory.copy(r.to, r.from, r.bytes);
}

@unmanaged
export class AddSums {
  kernel: i32;
  /** i32, up to three more of which may be read and written. */
  a: usize;
  b: usize;
  out: usize;
  count: i32;
}

export function addSums(r: AddSums): void {
  const bytes: usize = (<usize>r.count) << 2;
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(r.out + at, i32x4.add(v128.load(r.a + at), v128.load(r.b + at)));
}

@unmanaged
export class Fire {
  kernel: i32;
  /** i32 [channel][position] */
  from: usize;
  /** Of each channel what a sum must be above, i32, and whether the spike is the opposite of that, a byte. */
  limits: usize;
  flips: usize;
  /** Bytes. */
  out: usize;
  channels: i32;
  positions: i32;
}

export function fire(r: Fire): void {
  let from = r.from,
    out = r.out;
  for (let channel = 0; channel < r.channels; channel++) {
    const limit = load<i32>(r.limits + ((<usize>channel) << 2));
    const flip = load<u8>(r.flips + channel);
    for (let position = 0; position < r.positions; position++, from += 4, out++)
      store<u8>(out, (<u8>(load<i32>(from) > limit)) ^ flip);
  }
}

@unmanaged
export class Delay {
  kernel: i32;
  from: usize;
  to: usize;
  /** Of a tick. */
  bytes: i32;
  /** Bytes of `depth` ticks, one after the other, and the place of the next one, i32. */
  ring: usize;
  position: usize;
  depth: i32;
}

/** The oldest tick of a ring that the present one joins first: depth − 1 ticks ago. */
export function delay(r: Delay): void {
  const now = load<i32>(r.position);
  const next = now + 1 == r.depth ? 0 : now + 1;
  memory.copy(r.ring + now * r.bytes, r.from, r.bytes);
  memory.copy(r.to, r.ring + next * r.bytes, r.bytes);
  store<i32>(r.position, next);
}
