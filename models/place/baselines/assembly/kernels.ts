// AssemblyScript: built to WebAssembly by models/build-kernels.mjs, not by tsc.

/** Steps of 16 bytes whose differences 16 bits can sum: each adds at most 2 · 255 to a lane. */
const STEPS = 128;

/** sums[row] (u32) = Σ |row − frame| over `size` bytes, a multiple of 16; the rows lie one after the other. */
export function absoluteDifferences(frame: usize, rows: usize, count: i32, size: i32, sums: usize): void {
  for (let row = 0; row < count; row++) {
    let total = i32x4.splat(0);
    for (let from = 0; from < size; from += STEPS * 16) {
      const end = rows + <usize>min(size - from, STEPS * 16);
      let at = frame + <usize>from;
      let part = i16x8.splat(0);
      for (; rows < end; rows += 16, at += 16) {
        const a = v128.load(at);
        const b = v128.load(rows);
        const difference = v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
        part = i16x8.add(part, i16x8.extadd_pairwise_i8x16_u(difference));
      }
      total = i32x4.add(total, i32x4.extadd_pairwise_i16x8_u(part));
    }
    store<u32>(
      sums + ((<usize>row) << 2),
      i32x4.extract_lane(total, 0) +
        i32x4.extract_lane(total, 1) +
        i32x4.extract_lane(total, 2) +
        i32x4.extract_lane(total, 3),
    );
  }
}
