/** A machine for which a package is made, in the words of those who have to know. */
export interface Architecture {
  readonly debian: 'amd64' | 'arm64';
  readonly node: 'x64' | 'arm64';
  /** Prefix of its compiler and binutils where they are cross tools. */
  readonly triple: string;
  /** `e_machine` of its ELF files. */
  readonly elf: number;
  /** Folder of its dynamic loader, as the loader's own path has it. */
  readonly loader: string;
}

export const architectures: readonly Architecture[] = [
  { debian: 'amd64', node: 'x64', triple: 'x86_64-linux-gnu', elf: 62, loader: '/lib64/ld-linux-x86-64.so.2' },
  { debian: 'arm64', node: 'arm64', triple: 'aarch64-linux-gnu', elf: 183, loader: '/lib/ld-linux-aarch64.so.1' },
];

export function architectureOf(name: string): Architecture {
  const found = architectures.find(({ debian, node }) => name === debian || name === node);
  if (found === undefined) throw new RangeError(`--arch: ${name} is none of amd64 and arm64.`);
  return found;
}

/** The compiler's and binutils' own names where they make code for this machine, the cross tools' otherwise. */
export function tool(name: string, { node, triple }: Architecture): string {
  return process.arch === node ? name : `${triple}-${name}`;
}

/** `e_machine` of an ELF file; undefined for everything else. */
export function elfMachine(bytes: Uint8Array): number | undefined {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  if (bytes.length < 20 || magic.some((byte, place) => bytes[place] !== byte)) return undefined;
  const [low = 0, high = 0] = bytes.subarray(18, 20);
  const littleEndian = bytes[5] === 1;
  return littleEndian ? low | (high << 8) : high | (low << 8);
}
