import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './quantiles.js';
import { axondContender, expectFloorRight, expectRight, passOf, takeTurns, type Engine, type SnnRun } from './snn.js';
import { compileFloor } from './snn-floor.js';
import { generateNetwork, shapes } from './snn-networks.js';

/** A step of a generated single-timestep network, beside the same sums in C. */
export interface EngineShape {
  readonly name: string;
  readonly axondUs: number;
  readonly cUs: number;
  /** Median over the rounds of axond's time over C's. */
  readonly ratioC: number;
  readonly rounds: { readonly axond: readonly number[]; readonly c: readonly number[] };
}

/** What `benchSnn` measures, without the peers that it installs. */
export function benchEngine(run: SnnRun, engine: Engine): EngineShape[] {
  const folder = mkdtempSync(join(tmpdir(), 'axond-bench-'));
  try {
    const floor = compileFloor(folder, 'ordinary');
    if (floor === undefined) throw new Error('the floor in C is written for x86-64 with AVX2 and for arm64.');
    return shapes.map((shape) => {
      const network = generateNetwork(shape, 0.15, 1);
      const axond = axondContender(network, engine);
      const inC = floor(network);
      expectRight(network, 'axond', axond, 0);
      expectFloorRight(network, inC);
      const times = takeTurns({ axond: passOf(network, axond), c: () => inC.run(network.examples.length) }, run);
      const rounds = { axond: times['axond'] ?? [], c: times['c'] ?? [] };
      return {
        name: shape.name,
        axondUs: median(rounds.axond),
        cUs: median(rounds.c),
        ratioC: median(rounds.axond.map((us, round) => us / (rounds.c[round] ?? NaN))),
        rounds,
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
