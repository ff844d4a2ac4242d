import type { Network } from '../../models/format/graph.js';
import { median } from './quantiles.js';
import { generateNetwork, hiddenLayer } from './snn-networks.js';
import { axondContender, expectRight, passOf, takeTurns, type Engine, type SnnRun } from './snn.js';

/** One layer of 512 binary inputs and 512 outputs, by the share of active inputs. */
export interface CurvePoint {
  readonly activity: number;
  /** As the engine runs it: by events. */
  readonly us: number;
  /** Synaptic operations that count (active inputs × outputs), in thousand millions a second. */
  readonly gsops: number;
  /** The same inputs as 8-bit codes, which the engine multiplies whatever they are. */
  readonly denseUs: number;
}

export interface SnnCurve {
  readonly curve: readonly CurvePoint[];
  /** Activity from which the dense pass is the faster one, between points by a straight line; null if at none of them. */
  readonly crossover: number | null;
}

export function benchCurve(run: SnnRun, engine: Engine): SnnCurve {
  const curve = activities.map((activity) => {
    const network = generateNetwork(hiddenLayer, activity, 1);
    const events = axondContender(network, engine);
    const dense = axondContender({ ...network, network: withCodes(network.network) }, engine);
    for (const contender of [events, dense]) expectRight(network, 'axond', contender, 0);
    const rounds = takeTurns({ events: passOf(network, events), dense: passOf(network, dense) }, run);
    const us = median(rounds['events'] ?? []);
    const operations = (network.inputActivity ?? 0) * 512 * 512;
    return {
      activity: network.inputActivity ?? 0,
      us,
      gsops: operations / us / 1000,
      denseUs: median(rounds['dense'] ?? []),
    };
  });
  return { curve, crossover: crossoverOf(curve) };
}

export function crossoverOf(curve: readonly Pick<CurvePoint, 'activity' | 'us' | 'denseUs'>[]): number | null {
  const place = curve.findIndex(({ us, denseUs }) => us > denseUs);
  const after = curve[place];
  if (after === undefined) return null;
  const before = curve[place - 1];
  if (before === undefined) return after.activity;
  const [gain, loss] = [before.denseUs - before.us, after.us - after.denseUs];
  return before.activity + ((after.activity - before.activity) * gain) / (gain + loss);
}

function withCodes({ graph, tensors }: Network): Network {
  const kind = { domain: 'codes', type: 'u8', scale: 1, zeroPoint: 0 } as const;
  return { graph: { ...graph, inputs: graph.inputs.map((input) => ({ ...input, kind })) }, tensors };
}

const activities = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1];
