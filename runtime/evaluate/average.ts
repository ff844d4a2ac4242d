/**
 * Figures of several runs, each a tree of the same shape, as one tree of their means. Null counts as absent: a mean is
 * over the runs that have the figure, null if none has. What is no number is that of the first run.
 */
export function meanOf<Tree>(trees: readonly [Tree, ...Tree[]]): Tree {
  return combine(trees, (values) => values.reduce((sum, value) => sum + value, 0) / values.length) as Tree;
}

/** The same tree of standard deviations (n − 1), null where fewer than two runs have the figure. */
export function spreadOf<Tree>(trees: readonly [Tree, ...Tree[]]): Tree {
  return combine(trees, (values) => {
    if (values.length < 2) return null;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  }) as Tree;
}

function combine(trees: readonly unknown[], of: (values: readonly number[]) => number | null): unknown {
  const present = trees.filter((tree) => tree !== null && tree !== undefined);
  const [first] = present;
  if (first === undefined) return null;
  if (typeof first === 'number') return of(present.filter((value) => typeof value === 'number'));
  if (typeof first !== 'object') return first;
  const at = (key: string) =>
    combine(
      present.map((tree) => (tree as Record<string, unknown>)[key]),
      of,
    );
  const keys = [...new Set(present.flatMap((tree) => Object.keys(tree as object)))];
  return Array.isArray(first) ? keys.map(at) : Object.fromEntries(keys.map((key) => [key, at(key)]));
}
