import { z } from 'zod';

/** What figures depend on, and nothing that tells one board, its owner or its network from another of its kind. */
export const machineSchema = z.strictObject({
  /** As the board's firmware names its kind. */
  board: z.string().nullable(),
  processor: z.string().nullable(),
  cores: z.number().int().positive(),
  /** Of the first core. */
  maximumMHz: z.number().positive().nullable(),
  governor: z.string().nullable(),
  memoryMiB: z.number().int().positive(),
  architecture: z.string(),
  kernel: z.string(),
  /** PREEMPT_RT, PREEMPT, …: how the kernel was built, by its own words. */
  preemption: z.string().nullable(),
  fifoPermitted: z.boolean(),
  distribution: z.string().nullable(),
  cLibrary: z.string().nullable(),
});
export type Machine = z.infer<typeof machineSchema>;

/** What the running Node says of the machine it is on. */
export interface MachineFacts {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly architecture: string;
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  readonly fifoPermitted: boolean;
  readonly cLibrary: string | undefined;
}

/** `read` gives a file's text, or undefined where there is none. */
export function describeMachine(read: (path: string) => string | undefined, facts: MachineFacts): Machine {
  const line = (path: string): string | null => read(path)?.replaceAll('\0', '').trim() || null;
  const cpuinfo = read('/proc/cpuinfo') ?? '';
  const khz = Number(line('/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq') ?? NaN);
  return {
    board: line('/proc/device-tree/model') ?? line('/sys/class/dmi/id/product_name'),
    // ARM kernels give numbers for implementer and part instead of a name.
    processor: /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? armPart(cpuinfo),
    cores: facts.cores,
    maximumMHz: khz > 0 ? khz / 1000 : null,
    governor: line('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    memoryMiB: Math.round(facts.memoryBytes / 2 ** 20),
    architecture: facts.architecture,
    kernel: facts.kernelRelease,
    preemption: /\bPREEMPT\w*/.exec(facts.kernelVersion)?.[0] ?? null,
    fifoPermitted: facts.fifoPermitted,
    distribution: /^PRETTY_NAME="?(.*?)"?$/m.exec(read('/etc/os-release') ?? '')?.[1] ?? null,
    cLibrary: facts.cLibrary ?? null,
  };
}

function armPart(cpuinfo: string): string | null {
  const of = (name: string): string | undefined => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(cpuinfo)?.[1];
  const part = of('CPU part');
  return part === undefined ? null : `implementer ${of('CPU implementer') ?? '?'} part ${part}`;
}
