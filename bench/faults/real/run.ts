/** Runs cases in meshes side by side: each lane has one mesh, and takes the next case that its mesh is made for. */
import { availableParallelism, loadavg } from 'node:os';
import { seeded } from '../synthetic/random.ts';
import { BenchMesh } from './bench-mesh.ts';
import { type Case, type Clocks, truthOf } from './case.ts';
import type { RealOptions } from './options.ts';
import type { RunResults } from './results.ts';
import { runCase } from './run-case.ts';
import type { Trial } from './trial.ts';

/** A second ahead and a second behind: two seconds between some callers and some called nodes, and between callers. */
const skew: Readonly<Record<string, number>> = {
  'web-1': 1000,
  'web-2': -1000,
  'cart-2': -1000,
  'cart-3': 1000,
  'cart-4': -1000,
};
/** Until a mesh has made its connections and its code is warm. */
const attempts = 2;

interface Task {
  readonly one: Case;
  readonly round: number;
}

export interface RunOptions extends Pick<RealOptions, 'rounds' | 'lanes' | 'seed'> {
  readonly cases: readonly Case[];
  readonly command: string;
  readonly signal: AbortSignal;
  readonly onTrial: (trial: Trial, one: Case) => void;
}

/** Rejects on abort, with no process left. A case that breaks is tried once more in another mesh. */
export async function runAll(options: RunOptions): Promise<RunResults> {
  const { cases, rounds, lanes, signal } = options;
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const tasks = Array.from({ length: rounds }, (_, round) =>
    cases.map((one): Task => ({ one, round })),
  ).flat();
  const trials: Trial[] = [];
  const broken: { name: string; reason: string }[] = [];
  const load = [loadavg()[0] ?? 0];
  const lane = async (index: number): Promise<void> => {
    const random = seeded(options.seed + index);
    let mesh: BenchMesh | null = null;
    let clocks: Clocks | null = null;
    try {
      for (let task = nextOf(tasks, clocks); task !== null; task = nextOf(tasks, clocks)) {
        for (let left = attempts; left > 0; left--) {
          try {
            if (mesh === null || clocks !== task.one.clocks) {
              await mesh?.stop();
              clocks = task.one.clocks;
              mesh = new BenchMesh({ clockAheadMs: clocks === 'even' ? {} : skew });
              await mesh.start({});
            }
            const trial = await runCase(task.one, { mesh, round: task.round, random, signal });
            trials.push(trial);
            options.onTrial(trial, task.one);
            break;
          } catch (error) {
            signal.throwIfAborted();
            // What is left of it may be in any state.
            await mesh?.stop();
            mesh = null;
            if (left === 1) broken.push({ name: task.one.name, reason: String(error) });
          }
        }
        load.push(loadavg()[0] ?? 0);
      }
    } finally {
      await mesh?.stop();
    }
  };
  await settled(Array.from({ length: lanes }, (_, index) => lane(index)));
  return {
    format: 1,
    startedAt,
    seconds: Math.round((performance.now() - began) / 1000),
    command: options.command,
    machine: {
      cores: availableParallelism(),
      node: process.version,
      loads: [load[0] ?? 0, Math.max(...load), load.at(-1) ?? 0],
    },
    lanes,
    cases: cases.map((one) => ({ case: one, truth: truthOf(one) })),
    trials,
    broken,
  };
}

/** Takes one for the mesh that is there, if any is left, because another one takes its time to start. */
function nextOf(tasks: Task[], clocks: Clocks | null): Task | null {
  const same = tasks.findIndex(({ one }) => one.clocks === clocks);
  const [task] = tasks.splice(Math.max(0, same), 1);
  return task ?? null;
}

/** All of them end, in whatever way, before the first failure is told. */
async function settled(lanes: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(lanes)) if (end.status === 'rejected') throw end.reason;
}
