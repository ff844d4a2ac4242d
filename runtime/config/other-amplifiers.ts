/** Amplifiers that have no driver here, by what somebody may write for `use`, and how their signal comes all the same. */
export const otherAmplifiers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ganglion:
      'has no driver here, for it sends by Bluetooth. Let the OpenBCI GUI send it (Networking, LSL), and set use: lsl.',
    brainflow:
      'is no driver here, for it has no package for Node. Let a program of its own send what it reads to LSL, and set use: lsl.',
    muse: 'has no driver here. Let muselsl or BlueMuse send it to LSL, and set use: lsl.',
  }),
);
