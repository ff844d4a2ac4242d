/** As much complex arithmetic as filter design needs. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
export const subtract = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);
export const multiply = (a: Complex, b: Complex): Complex =>
  complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
export const scale = (a: Complex, by: number): Complex => complex(a.re * by, a.im * by);
export const conjugate = (a: Complex): Complex => complex(a.re, -a.im);
export const magnitude = (a: Complex): number => Math.sqrt(a.re * a.re + a.im * a.im);

export function divide(a: Complex, b: Complex): Complex {
  const square = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / square, (a.im * b.re - a.re * b.im) / square);
}

/** The root with a positive real part. */
export function squareRoot(a: Complex): Complex {
  const size = magnitude(a);
  const re = Math.sqrt((size + Math.abs(a.re)) / 2);
  if (re === 0) return complex(0);
  const im = Math.abs(a.im) / (2 * re);
  if (a.re >= 0) return complex(re, a.im < 0 ? -im : im);
  return complex(im, a.im < 0 ? -re : re);
}

export const product = (values: readonly Complex[]): Complex => values.reduce(multiply, complex(1));
