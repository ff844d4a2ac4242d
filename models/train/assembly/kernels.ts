// AssemblyScript: built to WebAssembly by models/build-kernels.mjs, not by tsc.
// Float32 kernels of training. Pointers and strides are in bytes; matrices have their rows one after the other.

/** Columns of a panel, and rows that the inner loop keeps in registers. */
const WIDE = 8;
/** Products summed in registers before they are added to the result: a panel of this depth stays in the first cache. */
const DEPTH = 256;

/** Reorders b [depth][columns] into panels of 8 columns, [panel][depth][8], the last one filled up with zeros. */
export function packPanels(depth: i32, columns: i32, b: usize, packed: usize): void {
  const row = (<usize>columns) << 2;
  for (let first = 0; first < columns; first += WIDE) {
    let from = b + ((<usize>first) << 2);
    if (first + WIDE <= columns) {
      for (let k = 0; k < depth; k++) {
        v128.store(packed, v128.load(from));
        v128.store(packed, v128.load(from, 16), 16);
        packed += 32;
        from += row;
      }
      continue;
    }
    for (let k = 0; k < depth; k++) {
      for (let j = 0; j < WIDE; j++) {
        store<f32>(packed + ((<usize>j) << 2), first + j < columns ? load<f32>(from + ((<usize>j) << 2)) : 0);
      }
      packed += 32;
      from += row;
    }
  }
}

/**
 * c [rows][columns] = (add ? c : 0) + a · b, with b packed. Element (i, k) of a lies at a + i·aRow + k·aStep, so a may be
 * read transposed.
 */
export function multiply(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  packed: usize,
  c: usize,
  add: bool,
): void {
  const cRow = (<usize>columns) << 2;
  for (let from = 0; from < depth; from += DEPTH) {
    const steps = min(DEPTH, depth - from);
    const aBlock = a + <usize>from * aStep;
    const addHere = add || from > 0;
    for (let first = 0; first < columns; first += WIDE) {
      const panel = packed + ((<usize>first * <usize>depth) << 2) + ((<usize>from) << 5);
      const wide = min(WIDE, columns - first);
      let target = c + ((<usize>first) << 2);
      let source = aBlock;
      let i = 0;
      for (; i + 4 <= rows; i += 4) {
        fourRows(steps, source, aRow, aStep, panel, target, cRow, wide, addHere);
        source += aRow << 2;
        target += cRow << 2;
      }
      for (; i < rows; i++) {
        oneRow(steps, source, aStep, panel, target, wide, addHere);
        source += aRow;
        target += cRow;
      }
    }
  }
}

function fourRows(
  steps: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  panel: usize,
  c: usize,
  cRow: usize,
  wide: i32,
  add: bool,
): void {
  let a0 = a;
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = panel + ((<usize>steps) << 5);
  while (panel < end) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    let x = v128.load_splat<f32>(a0);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a0 += aStep;
    a1 += aStep;
    a2 += aStep;
    a3 += aStep;
    panel += 32;
  }
  put(c, c00, c01, wide, add);
  put(c + cRow, c10, c11, wide, add);
  put(c + 2 * cRow, c20, c21, wide, add);
  put(c + 3 * cRow, c30, c31, wide, add);
}

function oneRow(steps: i32, a: usize, aStep: usize, panel: usize, c: usize, wide: i32, add: bool): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  const end = panel + ((<usize>steps) << 5);
  while (panel < end) {
    const x = v128.load_splat<f32>(a);
    c0 = f32x4.add(c0, f32x4.mul(x, v128.load(panel)));
    c1 = f32x4.add(c1, f32x4.mul(x, v128.load(panel, 16)));
    a += aStep;
    panel += 32;
  }
  put(c, c0, c1, wide, add);
}

function put(c: usize, low: v128, high: v128, wide: i32, add: bool): void {
  if (wide == WIDE) {
    if (add) {
      low = f32x4.add(v128.load(c), low);
      high = f32x4.add(v128.load(c, 16), high);
    }
    v128.store(c, low);
    v128.store(c, high, 16);
    return;
  }
  for (let j = 0; j < wide; j++) {
    const at = c + ((<usize>j) << 2);
    const sum = lane(j < 4 ? low : high, j & 3);
    store<f32>(at, add ? load<f32>(at) + sum : sum);
  }
}

function lane(four: v128, at: i32): f32 {
  if (at == 0) return f32x4.extract_lane(four, 0);
  if (at == 1) return f32x4.extract_lane(four, 1);
  return at == 2 ? f32x4.extract_lane(four, 2) : f32x4.extract_lane(four, 3);
}

/**
 * One image [height][width][channels] to the rows of a convolution: [outHeight·outWidth][kernelHeight·kernelWidth·channels],
 * 0 where the window leaves the image.
 */
export function imageToRows(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  rows: usize,
): void {
  const bytes = (<usize>channels) << 2;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        const iy = y * strideY - top + ky;
        for (let kx = 0; kx < kernelWidth; kx++) {
          const ix = x * strideX - left + kx;
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) zero(rows, bytes);
          else copy(rows, image + <usize>(iy * width + ix) * bytes, bytes);
          rows += bytes;
        }
      }
    }
  }
}

/** The transpose of imageToRows: adds each element of the rows to the element of the image that it came from. */
export function rowsToImage(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  rows: usize,
): void {
  const bytes = (<usize>channels) << 2;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        const iy = y * strideY - top + ky;
        for (let kx = 0; kx < kernelWidth; kx++) {
          const ix = x * strideX - left + kx;
          if (iy >= 0 && iy < height && ix >= 0 && ix < width) {
            addTo(image + <usize>(iy * width + ix) * bytes, rows, bytes);
          }
          rows += bytes;
        }
      }
    }
  }
}

function zero(to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.splat(0));
  for (; at < bytes; at += 4) store<f32>(to + at, 0);
}

function copy(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}

function addTo(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
}

/** values [rows][columns] = values × scale[column] + bias[column], product and sum rounded. */
export function scaleColumns(rows: i32, columns: i32, values: usize, scale: usize, bias: usize): void {
  const bytes = (<usize>columns) << 2;
  for (let i = 0; i < rows; i++) {
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      const product = f32x4.mul(v128.load(values + at), v128.load(scale + at));
      v128.store(values + at, f32x4.add(product, v128.load(bias + at)));
    }
    for (; at < bytes; at += 4) {
      store<f32>(values + at, load<f32>(values + at) * load<f32>(scale + at) + load<f32>(bias + at));
    }
    values += bytes;
  }
}

/** sums[column] += Σ over the rows of values [rows][columns]. */
export function addRows(rows: i32, columns: i32, values: usize, sums: usize): void {
  const bytes = (<usize>columns) << 2;
  for (let i = 0; i < rows; i++) {
    addTo(sums, values, bytes);
    values += bytes;
  }
}

/**
 * The largest of windows that do not overlap, of images [height][width][channels]; of equals the first. `winners` gets the
 * distance of each from the start of the images, in bytes.
 */
export function maxPool(
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  windowRows: i32,
  windowColumns: i32,
  source: usize,
  target: usize,
  winners: usize,
): void {
  const outHeight = height / windowRows;
  const outWidth = width / windowColumns;
  const place = (<usize>channels) << 2;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const first = <usize>((image * height + y * windowRows) * width + x * windowColumns) * place;
        let at: usize = 0;
        for (; at + 16 <= place; at += 16) {
          let best = v128.load(source + first + at);
          let winner = i32x4.splat(<i32>(first + at));
          for (let wy = 0; wy < windowRows; wy++) {
            for (let wx = 0; wx < windowColumns; wx++) {
              const from = first + <usize>(wy * width + wx) * place + at;
              const value = v128.load(source + from);
              const larger = f32x4.gt(value, best);
              best = v128.bitselect(value, best, larger);
              winner = v128.bitselect(i32x4.splat(<i32>from), winner, larger);
            }
          }
          v128.store(target + at, best);
          v128.store(winners + at, i32x4.add(winner, i32x4(0, 4, 8, 12)));
        }
        for (; at < place; at += 4) {
          let winner = first + at;
          for (let wy = 0; wy < windowRows; wy++) {
            for (let wx = 0; wx < windowColumns; wx++) {
              const from = first + <usize>(wy * width + wx) * place + at;
              if (load<f32>(source + from) > load<f32>(source + winner)) winner = from;
            }
          }
          store<f32>(target + at, load<f32>(source + winner));
          store<i32>(winners + at, <i32>winner);
        }
        target += place;
        winners += place;
      }
    }
  }
}

/** target, of `bytes`, becomes 0 but for the elements that won, which get the `count` values of source. */
export function scatter(count: i32, source: usize, winners: usize, target: usize, bytes: usize): void {
  memory.fill(target, 0, bytes);
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    store<f32>(target + <usize>load<i32>(winners + at), load<f32>(source + at));
  }
}

export { dropOut, fire, fireBack, moments, normalise, normaliseBack, normaliseSums } from './sequence';
