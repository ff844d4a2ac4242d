import { InvalidArgumentError } from 'commander';
import { parseQuantity } from '../config/units.js';

/** A number above 0, as an option's value. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError(`${text} is not a number above 0.`);
  return value;
}

/** A whole number from 1, as an option's value. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1))
    throw new InvalidArgumentError(`${text} is not a whole number above 0.`);
  return value;
}

/** A whole number from `least`, as an option's value. */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`${text} is not a whole number from ${least}.`);
  };
}

/** A time with its unit, as an option's value: seconds. */
export function timeOption(text: string): number {
  const value = parseQuantity(text, 'time');
  if (typeof value === 'number' && value > 0) return value;
  throw new InvalidArgumentError(`${text} is not a time above 0. Write for example 20m.`);
}
