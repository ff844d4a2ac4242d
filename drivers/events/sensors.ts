import type { SensorSize } from './record-decoder.js';

/** Sizes of the sensors that AEDAT headers name, by a part of the name. */
const sensors: readonly (readonly [part: string, width: number, height: number])[] = [
  ['DVS128', 128, 128],
  ['DAVIS128', 128, 128],
  ['DAVIS208', 208, 192],
  ['DAVIS240', 240, 180],
  ['DAVIS346', 346, 260],
  ['DAVIS640', 640, 480],
  ['DVXPLORER', 640, 480],
  ['DVS132', 132, 104],
];

/** The sensor that is named in a line of text. */
export function sensorIn(text: string): (SensorSize & { readonly name: string }) | undefined {
  const upper = text.toUpperCase();
  const found = sensors.find(([part]) => upper.includes(part));
  return found && { name: found[0].toLowerCase(), width: found[1], height: found[2] };
}
