import { createDevice, withTestCurrent, type DevicePlan } from '../../drivers/devices.js';
import { openLine, openTransport } from '../../drivers/transports.js';
import type { DeviceSession, Transport } from '../contracts.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { monotonicUs } from '../monotonic.js';
import { ImpedanceMeter, hearable, testHertz, type MeterSetting } from './meter.js';

export interface ImpedanceOptions {
  readonly device: DevicePlan;
  readonly port: string;
  readonly baudRate: number;
  /** Names of channels with an electrode. */
  readonly electrodes: readonly string[];
  readonly seriesOhms: number;
  /** Windows of a second that are measured; Infinity: until `isOver`. */
  readonly windows: number;
}

export interface Watching {
  readonly notice: (text: string) => void;
  /** Ohms in the order of the electrodes, once a window; Infinity at the rail, NaN where no test current was heard. */
  readonly measured: (ohms: ArrayLike<number>) => void;
  readonly isOver: () => boolean;
}

export interface ImpedanceResult {
  /** The median of the windows, in the order of the electrodes, as `measured`; none where no window was whole. */
  readonly ohms: readonly number[];
  /** Electrodes on which the tone was still found after the current had been switched off. */
  readonly stillOn: readonly string[];
}

/**
 * Sends the test current through these electrodes, all at once, and listens. However that ends, the amplifier is started
 * anew without it, and a second of signal must show that it is off. No guardian runs meanwhile: nothing can fire. Throws
 * one line where the amplifier does not start, or is gone.
 */
export async function measureImpedance(options: ImpedanceOptions, watching: Watching): Promise<ImpedanceResult> {
  const { device, port, baudRate, electrodes } = options;
  const { info } = createDevice(device);
  const places = electrodes.map((name) => info.channels.findIndex((channel) => channel.name === name));
  const testing = withTestCurrent(
    device,
    places.map((place) => place + 1),
  );
  if (!testing) throw new Error(`${device.use}: has no test current, so that it measures no impedance.`);
  const setting: MeterSetting = {
    rate: info.rate,
    channels: places.map((place) => {
      const { scale = NaN, railCounts = NaN } = info.channels[place] ?? {};
      return { place, scale, railCounts };
    }),
    seriesOhms: options.seriesOhms,
    toneGain: toneGainOf(device),
  };
  const line = await openLine(device, port, baudRate);
  const transport = openTransport(device, port);
  try {
    const windows: number[][] = [];
    let tone: number[] = [];
    let failure: Error | undefined;
    try {
      await listen(createDevice(testing), transport, setting, watching, (meter) => {
        // It has to settle: the first window does not count.
        if (meter.windows < 2) return false;
        windows.push([...meter.ohms]);
        tone = [...meter.tone];
        watching.measured(meter.ohms);
        return windows.length >= options.windows;
      });
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // After an error too: whoever is connected must not be left with it.
    let stillOn: number[] = [];
    try {
      stillOn = await toneAfter(createDevice(device), transport, setting, watching, tone);
    } catch (error) {
      throw failure ?? error;
    }
    if (failure !== undefined) throw failure;
    return { ohms: medians(windows), stillOn: stillOn.map((place) => electrodes[place] ?? '') };
  } finally {
    transport.close();
    await line.close();
  }
}

/** Places of the electrodes that sound as they did with the current on, second after second. */
async function toneAfter(
  device: DeviceSession,
  transport: Transport,
  setting: MeterSetting,
  watching: Watching,
  before: readonly number[],
): Promise<number[]> {
  let sounding: number[] = [];
  await listen(device, transport, setting, { ...watching, isOver: () => false }, (meter) => {
    sounding = stillSounding(before, meter.tone);
    return sounding.length === 0 || meter.windows >= mostChecks;
  });
  return sounding;
}

/** Places where the tone, in microvolts, has not fallen as it must when the current ends. */
export function stillSounding(before: ArrayLike<number>, after: ArrayLike<number>): number[] {
  const places: number[] = [];
  for (let place = 0; place < before.length; place++) {
    const now = after[place] as number;
    // What is no number was not seen to end.
    if (!(now <= hearable || now <= (before[place] as number) / leastDrop)) places.push(place);
  }
  return places;
}

/** From the start of the session to its goodbye. `heard` is called after each window; true ends it. */
async function listen(
  device: DeviceSession,
  transport: Transport,
  setting: MeterSetting,
  { notice, isOver }: Watching,
  heard: (meter: ImpedanceMeter) => boolean,
): Promise<void> {
  const meter = new ImpedanceMeter(setting);
  const block = createSampleBlock(device.info.channels.length, blockFrames);
  const bytes = new Uint8Array(4096);
  let windows = 0;
  let told = '';
  let lateUs = monotonicUs() + startUs;
  device.open(monotonicUs());
  try {
    for (;;) {
      if (device.outgoingLength > 0) transport.write(device.outgoing, device.outgoingLength);
      device.outgoingLength = 0;
      const length = transport.read(bytes, readMs);
      if (length < 0) throw new Error('the amplifier is gone. Plug it in, and begin again.');
      const nowUs = monotonicUs();
      device.push(bytes, length, nowUs, block);
      meter.push(block);
      while (device.pending) {
        device.push(bytes, 0, nowUs, block);
        meter.push(block);
      }
      if (device.notice !== told) notice((told = device.notice));
      if (meter.windows > windows) {
        windows = meter.windows;
        lateUs = nowUs + startUs;
        if (heard(meter)) return;
      }
      if (isOver()) return;
      if (nowUs > lateUs) throw new Error(told === '' ? 'no signal came for 15 s. Is the amplifier on?' : told);
      await new Promise((resolve) => setImmediate(resolve)); // for Ctrl-C
    }
  } finally {
    transport.write(device.goodbye, device.goodbye.length);
    device.close(monotonicUs());
  }
}

/** A board with a Daisy sends the means of two samples, 4 ms apart. */
function toneGainOf(device: DevicePlan): number {
  return device.use === 'cyton' && device.options.daisy ? Math.cos((Math.PI * testHertz) / 250) : 1;
}

function medians(windows: readonly (readonly number[])[]): number[] {
  const [first = []] = windows;
  return first.map((_, place) => {
    const values = windows.map((window) => window[place] ?? NaN).sort((a, b) => rankOf(a) - rankOf(b));
    return values[values.length >> 1] ?? NaN;
  });
}

/** No current is less than any electrode. */
const rankOf = (ohms: number): number => (Number.isNaN(ohms) ? -1 : Math.min(ohms, Number.MAX_VALUE));

const blockFrames = 256;
const readMs = 10;
/** A start takes a few seconds, a board that is asked again several more. */
const startUs = 15e6;
const leastDrop = 4;
/** Muscles sound too, but not for so long. */
const mostChecks = 5;
