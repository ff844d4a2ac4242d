import { warmUp } from '../../models/engine/warm-up.js';
import { ModelError } from '../../models/format/model-error.js';
import type { Network } from '../../models/format/graph.js';
import { inferValues } from '../../models/format/values.js';
import { portOf, valueOf } from '../../models/engine/ports.js';
import { createPortiloop } from '../../models/int8/portiloop.js';
import { loadModel } from '../../models/load-model.js';
import { readModelFile } from '../../models/model-file.js';
import type { Detector, Model, SignalShape } from '../contracts.js';
import { createDetector, type DetectorPlan } from '../detect/detector-plan.js';
import { PortiloopDetector, type PortiloopPlan } from '../detect/portiloop.js';
import { SpindleFeatures } from '../detect/spindle-t1/features.js';
import { pointOf, type SpindlePoint } from '../detect/spindle-t1/runs.js';
import { SpindleT1, checkPorts, type SpindleT1Plan } from '../detect/spindle-t1/spindle-t1.js';

export interface LoadedDetector {
  readonly detector: Detector;
  /** SHA-256 of its model's file; absent where no network decides. */
  readonly model?: string;
}

/** A detector of any plan, for so many signals. Where a network decides, its file is read and its code made fast here. */
export async function loadDetector(plan: DetectorPlan, signals: number): Promise<LoadedDetector> {
  if (plan.use === 'portiloop') return loadPortiloop(plan);
  if (plan.use !== 'spindle-t1') return { detector: createDetector(plan) };
  const { network, sha256, point } = readSpindleModel(plan);
  const models: Model[] = [];
  for (let place = 0; place < signals; place++) models.push(await loadModel(network));
  // The others run the same code.
  if (models[0]) warmUp(models[0], { now: () => performance.now() });
  return { detector: new SpindleT1(models, point), model: sha256 };
}

/** Throws a `RangeError` for a plan that cannot work on such a signal, or whose model cannot. */
export function checkDetector(plan: DetectorPlan, shape: SignalShape): void {
  if (plan.use !== 'spindle-t1') {
    const detector = plan.use === 'portiloop' ? loadPortiloop(plan).detector : createDetector(plan);
    detector.prepare(shape);
    return;
  }
  readSpindleModel(plan);
  new SpindleFeatures().prepare(shape);
}

function loadPortiloop(plan: PortiloopPlan): LoadedDetector {
  return namingModel(() => {
    const { network, sha256 } = readModelFile(plan.model);
    return { detector: new PortiloopDetector(createPortiloop(network, plan.beyond), plan), model: sha256 };
  });
}

/** What a plan for `spindle-t1` names, read and judged. Throws a `RangeError` that names `model` or `point`. */
export function readSpindleModel(plan: SpindleT1Plan): { network: Network; sha256: string; point: SpindlePoint } {
  return namingModel(() => {
    const { network, sha256 } = readModelFile(plan.model);
    const { inputs, outputs, points } = network.graph;
    const values = inferValues(network);
    checkPorts({
      inputs: inputs.map(({ name }) => portOf(name, valueOf(values, name))),
      outputs: outputs.map(({ name, node }) => portOf(name, valueOf(values, node))),
    });
    return { network, sha256, point: pointOf(plan.point, points) };
  });
}

function namingModel<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof ModelError ? new RangeError(`model: ${error.message}`) : error;
  }
}
