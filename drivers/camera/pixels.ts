/** What a tool writes for a frame. Of each, only the brightness is kept. */
export const pixelFormats = ['grey', 'yuv420', 'yuyv'] as const;
export type PixelFormat = (typeof pixelFormats)[number];

export interface FrameFormat {
  readonly width: number;
  readonly height: number;
  readonly pixels: PixelFormat;
  /** Bytes from one row to the next where the tool pads rows; else they follow from width and pixels. */
  readonly stride?: number | undefined;
  /** Behind each frame the tool writes when it was exposed: `ExposureText`. */
  readonly exposure?: 'rpicam' | undefined;
}

/** How the brightness lies in a frame of bytes. */
export interface FrameLayout {
  readonly stride: number;
  /** From one brightness to the next in a row. */
  readonly step: 1 | 2;
  readonly frameBytes: number;
}

/** Throws a `RangeError` that says what does not fit. */
export function frameLayout({ width, height, pixels, stride }: FrameFormat): FrameLayout {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1 || width * height > mostPixels)
    throw new RangeError(`width and height: ${width}x${height} is no frame size. Use whole numbers, such as 640x480.`);
  if (pixels === 'yuv420' && height % 2 !== 0)
    throw new RangeError(`height: ${height} is odd, which yuv420 cannot be. Use an even height.`);
  if (pixels !== 'grey' && width % 2 !== 0)
    throw new RangeError(`width: ${width} is odd, which ${pixels} cannot be. Use an even width.`);
  const step = pixels === 'yuyv' ? 2 : 1;
  const rowBytes = stride ?? width * step;
  if (!Number.isInteger(rowBytes) || rowBytes < width * step || (pixels === 'yuv420' && rowBytes % 2 !== 0))
    throw new RangeError(
      `stride: ${rowBytes} bytes a row do not hold ${width} pixels of ${pixels}. Use ${width * step} or what the tool pads to.`,
    );
  // The two colours of yuv420 follow the brightness, each half as wide and half as high.
  return { stride: rowBytes, step, frameBytes: rowBytes * height * (pixels === 'yuv420' ? 1.5 : 1) };
}

/** 4096 × 4096: beyond it a number is a mistake. */
const mostPixels = 4096 * 4096;
