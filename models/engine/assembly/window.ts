/** A kernel that slides over [height][width] positions of `channels`; one axis is a height of 1. A dense layer is a kernel of 1 × 1. */
@unmanaged
export class Window {
  kernel: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideDown: i32;
  strideRight: i32;
  top: i32;
  left: i32;
  dilationDown: i32;
  dilationRight: i32;
}
