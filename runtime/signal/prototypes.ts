import { add, complex, divide, magnitude, multiply, scale, subtract, type Complex } from './complex.js';
import { cos, exp, log, sin } from './math.js';
import type { ZerosPoles } from './zeros-poles.js';

/** Where a Bessel filter's corner is: half of its phase range, −3 dB, or a group delay of 1 / corner at 0 Hz. */
export type BesselNorm = 'phase' | 'mag' | 'delay';

/** Analogue low-pass with its corner at 1 rad/s: flattest magnitude. */
export function butterworth(order: number): ZerosPoles {
  const poles = Array.from({ length: order }, (_, place) => {
    const angle = (Math.PI * (2 * place - order + 1)) / (2 * order);
    return complex(-cos(angle), -sin(angle));
  });
  return { zeros: [], poles: exactlyReal(poles), gain: 1 };
}

/** Analogue low-pass with its corner at 1 rad/s: flattest group delay. Orders up to 10. */
export function bessel(order: number, norm: BesselNorm): ZerosPoles {
  const coefficients = reverseBessel(order);
  const last = coefficients[0] as number;
  let poles = roots(coefficients);
  let gain = last;
  if (norm !== 'delay') {
    const factor = norm === 'phase' ? exp(-log(last) / order) : 1 / halfPowerFrequency(poles, last);
    poles = poles.map((pole) => scale(pole, factor));
    gain = norm === 'phase' ? 1 : last * factor ** order;
  }
  return { zeros: [], poles: exactlyReal(poles), gain };
}

/** Coefficients of the reverse Bessel polynomial, lowest power first; the highest is 1. */
function reverseBessel(order: number): number[] {
  return Array.from({ length: order + 1 }, (_, k) => {
    let value = 1;
    for (let i = order - k + 1; i <= 2 * order - k; i++) value *= i;
    for (let i = 2; i <= k; i++) value /= i;
    return value / 2 ** (order - k);
  });
}

/** All roots at once by the iteration of Aberth and Ehrlich, which squares its error with each step or better. */
function roots(coefficients: readonly number[]): Complex[] {
  const order = coefficients.length - 1;
  const radius = exp(log(coefficients[0] as number) / order);
  let found = Array.from({ length: order }, (_, place) => {
    const angle = Math.PI / 2 + (Math.PI * (place + 0.5)) / order + 0.01;
    return complex(radius * cos(angle), radius * sin(angle));
  });
  for (let step = 0; step < 60; step++) {
    found = found.map((root, place) => {
      let value = complex(0);
      let slope = complex(0);
      for (let power = order; power >= 0; power--) {
        slope = add(multiply(slope, root), value);
        value = add(multiply(value, root), complex(coefficients[power] as number));
      }
      const newton = divide(value, slope);
      let repulsion = complex(0);
      found.forEach((other, at) => {
        if (at !== place) repulsion = add(repulsion, divide(complex(1), subtract(root, other)));
      });
      return subtract(root, divide(newton, subtract(complex(1), multiply(newton, repulsion))));
    });
  }
  return found;
}

/** Where the magnitude has fallen to √½, by halving the interval: the magnitude falls all the way. */
function halfPowerFrequency(poles: readonly Complex[], gain: number): number {
  const size = (frequency: number): number =>
    poles.reduce((value, pole) => value / magnitude(subtract(complex(0, frequency), pole)), gain);
  let low = 0;
  let high = 100;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (size(middle) > Math.SQRT1_2) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Rounding leaves a trace of an imaginary part on the real pole and unequal halves of pairs: mirror the upper ones. */
function exactlyReal(poles: readonly Complex[]): Complex[] {
  const clean: Complex[] = [];
  for (const pole of poles) {
    if (Math.abs(pole.im) < 1e-9 * magnitude(pole)) clean.push(complex(pole.re));
    else if (pole.im > 0) clean.push(pole, complex(pole.re, -pole.im));
  }
  return clean;
}
