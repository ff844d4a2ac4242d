/** A few seconds of one channel. */
export interface Stretch {
  readonly name: string;
  /** In µV. */
  readonly values: Float64Array;
  /** Share of the samples at the rail of the converter, 0 to 1. */
  readonly railed: number;
}

export interface Judged {
  readonly name: string;
  readonly good: boolean;
  /** What was measured, and what to do about it. */
  readonly text: string;
}

/** One electrode against the reference of the board: whether anything is there. Pure. */
export function judgeElectrode({ name, values, railed }: Stretch): Judged {
  const { span } = extremes(values);
  if (values.length === 0) return { name, good: false, text: 'no samples came' };
  if (railed > 0.01) {
    const share = Math.round(railed * 100);
    return {
      name,
      good: false,
      text: `${share} % at the rail: press it on, add paste; is the reference (SRB2) connected?`,
    };
  }
  if (span < flatUv)
    return {
      name,
      good: false,
      text: `flat (${span.toFixed(2)} µV): its cable is off, or it touches the reference`,
    };
  return { name, good: true, text: 'connected' };
}

/** What decisions will be made on: size, and hum of the mains. Pure. */
export function judgeSignal({ name, values }: Stretch, rate: number): Judged {
  const { mean, span } = extremes(values);
  if (span < flatUv) return { name, good: false, text: `flat (${span.toFixed(2)} µV): both are the same electrode?` };
  let square = 0;
  for (const value of values) square += (value - mean) ** 2;
  const rms = Math.sqrt(square / values.length);
  const hums = [50, 60].map((hertz) => ({ hertz, amplitude: amplitudeAt(values, mean, hertz, rate) }));
  const { hertz, amplitude } = hums.reduce((most, hum) => (hum.amplitude > most.amplitude ? hum : most));
  const size = `${rms.toFixed(0)} µV`;
  if (amplitude > mainsUv)
    return {
      name,
      good: false,
      text: `${size}, of it ${amplitude.toFixed(0)} µV hum of ${hertz} Hz: connect the ground (bias), move away from cables and chargers`,
    };
  if (rms > largeUv) return { name, good: false, text: `${size}: larger than EEG; sit still, press the electrodes on` };
  return { name, good: true, text: size };
}

/** The one of the two that hums more; 50 where nothing hums. */
export function mainsOf(values: Float64Array, rate: number): 50 | 60 {
  const { mean } = extremes(values);
  return amplitudeAt(values, mean, 60, rate) > Math.max(1, 2 * amplitudeAt(values, mean, 50, rate)) ? 60 : 50;
}

function extremes(values: Float64Array): { mean: number; span: number } {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
  }
  return { mean: sum / values.length, span: values.length === 0 ? 0 : high - low };
}

/** Of a sine at this frequency, by one term of the Fourier sum under a Hann window (a drift leaks little into it). */
function amplitudeAt(values: Float64Array, mean: number, hertz: number, rate: number): number {
  let real = 0;
  let imaginary = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const window = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / values.length);
    const angle = (2 * Math.PI * hertz * i) / rate;
    const value = ((values[i] as number) - mean) * window;
    real += value * Math.cos(angle);
    imaginary += value * Math.sin(angle);
    weight += window;
  }
  return weight === 0 ? 0 : (2 * Math.hypot(real, imaginary)) / weight;
}

/** The noise of an open, shorted Cyton input is about 1 µV from peak to peak (0.14 µV RMS, ADS1299 data sheet, table 1). */
const flatUv = 0.5;
/** A notch takes out less than this; more also shifts what the amplifier can still show. */
const mainsUv = 30;
const largeUv = 500;
