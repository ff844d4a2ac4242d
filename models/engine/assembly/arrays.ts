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
