/** A tree is walked with an `await` for each leaf: nothing ever waits, so the event loop does not turn until it is done. */
import { type Culprit, type CulpritOptions, defaultBlockMs } from './culprit.ts';

interface Branch {
  readonly name: string;
  readonly branches: readonly Branch[];
}

async function countBranches(branch: Branch): Promise<number> {
  let count = 1;
  for (const below of branch.branches) count += await countBranches(below);
  return count;
}

async function walkFor(tree: Branch, blockMs: number): Promise<void> {
  const end = performance.now() + blockMs;
  do await countBranches(tree);
  while (performance.now() < end);
}

export function promiseStorm(options: CulpritOptions = {}): Culprit {
  let tree: Branch | null = null;
  return {
    name: 'promise-storm',
    summary: 'awaits each leaf of a large tree, none of which has anything to wait for',
    capture: 'cpu',
    guilty: 'countBranches',
    file: 'promise-storm.ts',
    statement: 'await countBranches(below)',
    strike() {
      tree ??= grow(5);
      void walkFor(tree, options.blockMs ?? defaultBlockMs);
    },
    stop() {
      tree = null;
    },
  };
}

function grow(depth: number): Branch {
  const branches = depth === 0 ? [] : Array.from({ length: 6 }, () => grow(depth - 1));
  return { name: `depth ${depth}`, branches };
}
