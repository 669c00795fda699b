/**
 * The mesh that faults are planted in: six nodes and their six applications, an aggregator, all of them processes, and a
 * pipe on every hop between two of them. It lives through many cases; the aggregator is started afresh for each, so that
 * nobody remembers the case before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalAggregator } from '../../../examples/mesh/local-aggregator.ts';
import type { AggregatorAddress } from '../../../examples/mesh/node-file.ts';
import { BenchNode } from './bench-node.ts';
import type { CallerFigures } from './calling-program.ts';
import type { Condition } from './condition.ts';
import { Pipe } from './pipe.ts';
import { applicationHop, callees, callers, edges, type Hop, networkHop } from './topology.ts';

export interface BenchMeshOptions {
  /** By node; its application has the same clock. */
  readonly clockAheadMs: Readonly<Record<string, number>>;
}

export class BenchMesh {
  readonly #options: BenchMeshOptions;
  readonly #nodes: Map<string, BenchNode> = new Map();
  readonly #pipes: Map<Hop, Pipe> = new Map();
  #folder = '';
  #aggregator: LocalAggregator | null = null;

  constructor(options: BenchMeshOptions) {
    this.#options = options;
  }

  get aggregator(): AggregatorAddress {
    if (this.#aggregator === null) throw new Error('this mesh has not been started');
    return this.#aggregator.address;
  }

  /** Of both calling applications since their start. */
  get figures(): CallerFigures {
    let [calls, failures] = [0, 0];
    for (const { figures } of this.#nodes.values()) {
      calls += figures.calls;
      failures += figures.failures;
    }
    return { calls, failures };
  }

  /** Rejects when a part does not come up, with its log; then nothing is left running. */
  async start(condition: Condition): Promise<void> {
    try {
      this.#folder = await mkdtemp(join(tmpdir(), 'meshlock-faults-'));
      this.#aggregator = new LocalAggregator({ folder: this.#folder, settings: '', output: 'ignore' });
      await this.#aggregator.start();
      // Ports of the called nodes are known once they run.
      await this.#startNodes(callees, condition, async () => []);
      await this.#startNodes(callers, condition, async (caller) => this.#pipesOf(caller));
      this.#tellPipes(condition);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async change(condition: Condition): Promise<void> {
    this.#tellPipes(condition);
    await Promise.all([...this.#nodes.values()].map(async (node) => node.change(condition)));
  }

  /** A new one at the same address, which knows nothing. */
  async restartAggregator(): Promise<void> {
    await this.#aggregator?.startAfresh();
  }

  /** Ends all processes, the callers first. */
  async stop(): Promise<void> {
    for (const names of [callers, callees]) {
      await Promise.all(names.map(async (name) => this.#nodes.get(name)?.stop()));
    }
    this.#nodes.clear();
    await Promise.all([...this.#pipes.values()].map(async (pipe) => pipe.close()));
    this.#pipes.clear();
    await this.#aggregator?.stop();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
  }

  async #startNodes(
    names: readonly string[],
    condition: Condition,
    upstreamsOf: (name: string) => Promise<readonly number[]>,
  ): Promise<void> {
    const starting = names.map(async (name) => {
      const node = new BenchNode({
        name,
        folder: this.#folder,
        aggregator: this.aggregator,
        upstreams: await upstreamsOf(name),
        clockAheadMs: this.#options.clockAheadMs[name] ?? 0,
      });
      this.#nodes.set(name, node);
      await node.start(condition);
    });
    await Promise.all(starting);
  }

  async #pipesOf(caller: string): Promise<readonly number[]> {
    const outgoing = edges.filter(([from]) => from === caller);
    return Promise.all(
      outgoing.map(async (edge) => {
        const pipe = new Pipe(() => this.#nodes.get(edge[1])?.listener ?? 0);
        this.#pipes.set(networkHop(edge), pipe);
        return pipe.listen();
      }),
    );
  }

  #tellPipes({ pipes = [] }: Condition): void {
    const all = new Map(this.#pipes);
    for (const node of this.#nodes.values()) all.set(applicationHop(node.name), node.pipe);
    for (const [hop, pipe] of all) pipe.tell(pipes.find(({ hops }) => hops.includes(hop)) ?? null);
  }
}
