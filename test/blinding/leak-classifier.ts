/**
 * Can two conditions be told apart? Gradient-boosted trees of depth 1 on all features, judged on stimuli that they have
 * not learned from. Test code: it knows the truth.
 */

export interface Labelled {
  readonly features: readonly number[];
  readonly isReal: boolean;
  /** Stimuli of one group were given close together: they are learned from or judged together, never both. */
  readonly group: number;
}

export interface Judgement {
  /** 0.5: cannot be told apart; 1: always. */
  readonly auc: number;
  /** Upper end of the 95 % interval: the larger of DeLong's and of one that draws whole groups. */
  readonly upper: number;
  /** Features by how much they helped, best first. */
  readonly used: readonly number[];
}

export function tellApart(stimuli: readonly Labelled[], random: () => number): Judgement {
  const scores = new Float64Array(stimuli.length);
  const gains = new Map<number, number>();
  for (let fold = 0; fold < folds; fold++) {
    const learned = stimuli.filter(({ group }) => group % folds !== fold);
    const score = boost(learned, gains);
    // Ranks within a fold: folds have scales of their own.
    const judged = stimuli.flatMap(({ group, features }, place) =>
      group % folds === fold ? [{ place, score: score(features) }] : [],
    );
    const ranks = midranks(judged.map((one) => one.score));
    judged.forEach(({ place }, i) => (scores[place] = ((ranks[i] as number) - 0.5) / judged.length));
  }
  const order = Array.from(scores, (_, i) => i).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  const auc = areaInOrder(order, scores, () => 1, stimuli);
  const upper = Math.max(auc + z * deLongError(stimuli, scores), bootstrapUpper(stimuli, scores, order, random));
  const used = [...gains].sort((a, b) => b[1] - a[1]).map(([feature]) => feature);
  return { auc, upper, used };
}

const folds = 5;
const z = 1.96;

// ── Boosting ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Stump {
  readonly feature: number;
  readonly bin: number;
  readonly below: number;
  readonly above: number;
}

/** Learns logistic regression over stumps; returns the score of a stimulus. */
function boost(learned: readonly Labelled[], gains: Map<number, number>): (features: readonly number[]) => number {
  const width = learned[0]?.features.length ?? 0;
  const edges = Array.from({ length: width }, (_, feature) =>
    edgesOf(learned.map(({ features }) => features[feature] ?? NaN)),
  );
  const useful = edges.flatMap((own, feature) => (own.length > 0 ? [feature] : []));
  const binned = useful.map((feature) =>
    Uint8Array.from(learned, ({ features }) => binOf(features[feature] ?? NaN, edges[feature] ?? [])),
  );
  const scores = new Float64Array(learned.length);
  const gradient = new Float64Array(learned.length);
  const curvature = new Float64Array(learned.length);
  const stumps: Stump[] = [];
  for (let round = 0; round < rounds; round++) {
    learned.forEach(({ isReal }, i) => {
      const p = 1 / (1 + Math.exp(-(scores[i] as number)));
      gradient[i] = (isReal ? 1 : 0) - p;
      curvature[i] = p * (1 - p);
    });
    const { stump, place, gain } = bestStump(useful, binned, gradient, curvature);
    if (!stump) break;
    stumps.push(stump);
    gains.set(stump.feature, (gains.get(stump.feature) ?? 0) + gain);
    const bins = binned[place] as Uint8Array;
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] as number) + ((bins[i] as number) <= stump.bin ? stump.below : stump.above);
    }
  }
  return (features) =>
    stumps.reduce((sum, { feature, bin, below, above }) => {
      const is = binOf(features[feature] ?? NaN, edges[feature] ?? []);
      return sum + (is <= bin ? below : above);
    }, 0);
}

function bestStump(
  useful: readonly number[],
  binned: readonly Uint8Array[],
  gradient: Float64Array,
  curvature: Float64Array,
): { stump: Stump | undefined; place: number; gain: number } {
  let found: { stump: Stump | undefined; place: number; gain: number } = { stump: undefined, place: 0, gain: 1e-9 };
  const sums = new Float64Array(2 * (mostEdges + 1));
  useful.forEach((feature, place) => {
    const bins = binned[place] as Uint8Array;
    sums.fill(0);
    for (let i = 0; i < bins.length; i++) {
      const at = 2 * (bins[i] as number);
      sums[at] = (sums[at] as number) + (gradient[i] as number);
      sums[at + 1] = (sums[at + 1] as number) + (curvature[i] as number);
    }
    let [totalG, totalH] = [0, 0];
    for (let at = 0; at < sums.length; at += 2) {
      totalG += sums[at] as number;
      totalH += sums[at + 1] as number;
    }
    let [g, h] = [0, 0];
    for (let bin = 0; bin < mostEdges; bin++) {
      g += sums[2 * bin] as number;
      h += sums[2 * bin + 1] as number;
      const gain = g ** 2 / (h + ridge) + (totalG - g) ** 2 / (totalH - h + ridge) - totalG ** 2 / (totalH + ridge);
      if (!(gain > found.gain)) continue;
      const below = (rate * g) / (h + ridge);
      const above = (rate * (totalG - g)) / (totalH - h + ridge);
      found = { stump: { feature, bin, below, above }, place, gain };
    }
  });
  return found;
}

/** Values between which a feature is cut: none for one that never changes. What is missing lies above all. */
function edgesOf(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  const edges = new Set<number>();
  for (let n = 1; n <= mostEdges - 1; n++) {
    edges.add(sorted[Math.floor((n * sorted.length) / mostEdges)] as number);
  }
  const [least, most] = [sorted[0] as number, sorted.at(-1) as number];
  edges.delete(most);
  // A rare value too.
  if (least < most) edges.add(least);
  if (sorted.length > 0 && sorted.length < values.length) edges.add(most);
  return [...edges].sort((a, b) => a - b);
}

function binOf(value: number, edges: readonly number[]): number {
  if (Number.isNaN(value)) return edges.length;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const rounds = 80;
const rate = 0.2;
const ridge = 1;
const mostEdges = 64;

// ── The area under the curve ────────────────────────────────────────────────────────────────────────────────────────

/** Ranks from 1; equal values share theirs. */
function midranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const ranks = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + to + 1) / 2;
  }
  return ranks;
}

/** DeLong, DeLong and Clarke-Pearson 1988, by ranks (Sun and Xu 2014). */
function deLongError(stimuli: readonly Labelled[], scores: Float64Array): number {
  const all = midranks(scores);
  const variance = (isReal: boolean): number => {
    const places = stimuli.flatMap((one, place) => (one.isReal === isReal ? [place] : []));
    const own = midranks(places.map((place) => scores[place] as number));
    const others = stimuli.length - places.length;
    const parts = places.map((place, i) => ((all[place] as number) - (own[i] as number)) / others);
    const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
    return parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / (parts.length - 1) / parts.length;
  };
  return Math.sqrt(variance(true) + variance(false));
}

/** What lies close together may share its noise: whole groups are drawn. */
function bootstrapUpper(
  stimuli: readonly Labelled[],
  scores: Float64Array,
  order: readonly number[],
  random: () => number,
): number {
  const names = [...new Set(stimuli.map(({ group }) => group))];
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const groupOf = stimuli.map(({ group }) => placeOf.get(group) ?? 0);
  const areas = Array.from({ length: draws }, () => {
    const times = new Int32Array(names.length);
    for (let n = 0; n < names.length; n++) {
      const drawn = Math.floor(random() * names.length);
      times[drawn] = (times[drawn] as number) + 1;
    }
    return areaInOrder(order, scores, (i) => times[groupOf[i] as number] as number, stimuli);
  });
  return areas.sort((a, b) => a - b)[Math.ceil(0.975 * draws) - 1] ?? NaN;
}

/** With each stimulus `times(i)` times over; `order` is that of the scores. */
function areaInOrder(
  order: readonly number[],
  scores: Float64Array,
  times: (i: number) => number,
  stimuli: readonly Labelled[],
): number {
  let [wins, reals, shams] = [0, 0, 0];
  for (let from = 0, to = 0; from < order.length; from = to) {
    let [tiedReals, tiedShams] = [0, 0];
    for (; to < order.length && scores[order[to] as number] === scores[order[from] as number]; to++) {
      const i = order[to] as number;
      if (stimuli[i]?.isReal) tiedReals += times(i);
      else tiedShams += times(i);
    }
    wins += tiedReals * (shams + tiedShams / 2);
    reals += tiedReals;
    shams += tiedShams;
  }
  return wins / (reals * shams);
}

const draws = 200;
