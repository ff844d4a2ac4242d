import { createDevice, type DevicePlan } from '../../drivers/devices.js';
import { openLine, openTransport } from '../../drivers/transports.js';
import { FrameFlag, type SampleBlock, type StreamInfo } from '../contracts.js';
import { blockCapacity } from '../loop/build.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { monotonicUs } from '../monotonic.js';

/** What came from a device within some seconds. */
export interface Measurement {
  readonly info: StreamInfo;
  /** By channel, in its unit. Gaps are left out. */
  readonly values: readonly Float64Array[];
  /** By channel: samples at the rail. */
  readonly railed: readonly number[];
  /** Empty if it streamed. */
  readonly problem: string;
}

/**
 * Opens the port, starts the device, takes `seconds` of samples (0: only whether it streams), or fewer where it `isOver`
 * before, and lets go of it.
 */
export async function measureDevice(
  port: string,
  baudRate: number,
  plan: DevicePlan,
  seconds: number,
  isOver: () => boolean = () => false,
): Promise<Measurement> {
  const line = await openLine(plan, port, baudRate);
  try {
    const device = createDevice(plan);
    const { info } = device;
    const wanted = Math.round(seconds * info.rate);
    const values = info.channels.map(() => new Float64Array(wanted));
    const railed = info.channels.map(() => 0);
    const transport = openTransport(plan, port);
    const bytes = new Uint8Array(4096);
    const block = createSampleBlock(info.channels.length, blockCapacity);
    const deadlineUs = monotonicUs() + patienceUs + seconds * 1.5e6;
    let taken = 0;
    device.open(monotonicUs());
    while (!(device.state === 'streaming' && taken >= wanted) && monotonicUs() < deadlineUs && !isOver()) {
      let length = transport.read(bytes, 10);
      if (length < 0) {
        transport.close();
        return { info, values, railed, problem: 'the device was unplugged.' };
      }
      do {
        device.push(bytes, length, monotonicUs(), block);
        taken = keep(block, info, values, railed, taken);
        length = 0;
      } while (device.pending);
      if (device.outgoingLength > 0) transport.write(device.outgoing, device.outgoingLength);
      device.outgoingLength = 0;
      // Ctrl-C is heard between two reads.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const streams = device.state === 'streaming' && taken >= wanted;
    transport.write(device.goodbye, device.goodbye.length);
    transport.close();
    const kept = values.map((all) => all.subarray(0, taken));
    return { info, values: kept, railed, problem: streams ? '' : device.notice || 'no samples came.' };
  } finally {
    await line.close();
  }
}

function keep(
  { frames, counts, flags }: SampleBlock,
  { channels }: StreamInfo,
  values: readonly Float64Array[],
  railed: number[],
  taken: number,
): number {
  let next = taken;
  for (let frame = 0; frame < frames; frame++) {
    if (((flags[frame] as number) & FrameFlag.gap) !== 0 || next >= (values[0]?.length ?? 0)) continue;
    channels.forEach(({ scale, railCounts }, channel) => {
      const count = counts[frame * channels.length + channel] as number;
      (values[channel] as Float64Array)[next] = count * scale;
      if (Math.abs(count) >= railCounts) railed[channel] = (railed[channel] as number) + 1;
    });
    next++;
  }
  return next;
}

/** A board that is off is asked four times within this. */
const patienceUs = 8e6;
