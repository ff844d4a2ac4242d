import { encodeAllocation } from '../runtime/study/allocation.js';
import { writeSealed } from '../runtime/study/sealed-files.js';

/** The sealed file of a study of one participant, all of whose nights are sham. */
export async function writeShamAllocation(
  path: string,
  { study, participant, nights }: { study: string; participant: string; nights: number },
): Promise<void> {
  await writeSealed(
    path,
    encodeAllocation({
      ...{ study, made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) },
      ...{ participants: [participant], nights, blocks: 1, blockSeconds: null },
      rows: Array.from({ length: nights }, (_, n) => {
        return { participant, night: n + 1, block: 1, condition: 'sham' as const };
      }),
    }),
  );
}
