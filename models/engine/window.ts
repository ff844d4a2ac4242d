/**
 * A window that slides over the last axes of [channels, length] or [channels, height, width]; one axis counts as a height
 * of 1.
 */
export interface Window {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideDown: number;
  readonly strideRight: number;
  readonly dilationDown: number;
  readonly dilationRight: number;
  readonly top: number;
  readonly left: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** `padding`: [before, after] or [top, left, bottom, right]. */
export function slidingWindow(
  shape: readonly number[],
  kernel: readonly number[],
  stride: readonly number[],
  padding: readonly number[],
  dilation: readonly number[] = [1, 1],
): Window {
  const [channels = 1, ...extents] = shape;
  const [height = 1, width = 1] = twoAxes(extents);
  const [kernelHeight = 1, kernelWidth = 1] = twoAxes(kernel);
  const [strideDown = 1, strideRight = 1] = twoAxes(stride);
  const [dilationDown = 1, dilationRight = 1] = twoAxes(dilation);
  const [top = 0, left = 0, bottom = 0, right = 0] =
    padding.length > 2 ? padding : [0, padding[0] ?? 0, 0, padding[1] ?? 0];
  return {
    channels,
    height,
    width,
    kernelHeight,
    kernelWidth,
    strideDown,
    strideRight,
    dilationDown,
    dilationRight,
    top,
    left,
    outHeight: Math.floor((height + top + bottom - dilationDown * (kernelHeight - 1) - 1) / strideDown) + 1,
    outWidth: Math.floor((width + left + right - dilationRight * (kernelWidth - 1) - 1) / strideRight) + 1,
  };
}

function twoAxes(extents: readonly number[]): readonly number[] {
  return extents.length > 1 ? extents : [1, ...extents];
}
