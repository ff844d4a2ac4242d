/**
 * Names of signals so that each stands after the one it is made from, otherwise in their own order. Signals in a circle,
 * and those made from them, are left out. A signal that is named like what it is made from means the channel.
 */
export function orderSignals(signals: Readonly<Record<string, { readonly from?: string }>>): string[] {
  const ordered: string[] = [];
  let waiting = Object.keys(signals);
  for (;;) {
    const ready = waiting.filter((name) => !waiting.includes(parentOf(signals, name) ?? ''));
    if (ready.length === 0) return ordered;
    ordered.push(...ready);
    waiting = waiting.filter((name) => !ready.includes(name));
  }
}

/** The signal that a signal is made from, if it is one and not channels. */
export function parentOf(
  signals: Readonly<Record<string, { readonly from?: string }>>,
  name: string,
): string | undefined {
  const from = signals[name]?.from;
  return from !== undefined && from !== name && Object.hasOwn(signals, from) ? from : undefined;
}
