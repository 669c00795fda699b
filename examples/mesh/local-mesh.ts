/**
 * A mesh on one machine, of real processes that report to one aggregator: what demonstrations, benches and tests of the
 * whole roll out to, break and mend.
 *
 *   caller -> node web-1 -> node cart-1 -> application
 *                        -> node cart-2 -> application
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallerFigures } from './caller.ts';
import { LocalAggregator } from './local-aggregator.ts';
import { LocalNode } from './local-node.ts';
import type { AggregatorAddress } from './node-file.ts';
import type { MeshPlan, NodeChange, NodePlan } from './plan.ts';

export class LocalMesh {
  readonly #plan: MeshPlan;
  readonly #nodes: Map<string, LocalNode> = new Map();
  /** Listeners of the inbound nodes. */
  readonly #ports: Map<string, number> = new Map();
  #folder = '';
  #aggregator: LocalAggregator | null = null;
  /** It may be stopped while it starts; then nothing further may begin to run. */
  #isOver = false;

  constructor(plan: MeshPlan) {
    this.#plan = plan;
  }

  /** An address at which nobody answers before the mesh was started. */
  get aggregator(): AggregatorAddress {
    return this.#aggregator?.address ?? { url: 'http://127.0.0.1:0', token: '' };
  }

  get aggregatorLog(): string {
    return this.#aggregator?.log ?? '';
  }

  get nodes(): readonly LocalNode[] {
    return [...this.#nodes.values()];
  }

  /** Where its files are, until it stops. */
  get folder(): string {
    return this.#folder;
  }

  /** Of all calling applications, since their start. */
  get figures(): CallerFigures {
    return this.nodes.reduce(
      (sum, { figures }) => ({
        calls: sum.calls + figures.calls,
        failures: sum.failures + figures.failures,
      }),
      { calls: 0, failures: 0 },
    );
  }

  node(name: string): LocalNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`this mesh has no node ${name}`);
    return node;
  }

  /** Starts everything and waits until it is ready. Rejects when a part is not, with its log; then nothing is left running. */
  async start(): Promise<void> {
    try {
      this.#folder = await mkdtemp(join(tmpdir(), 'meshlock-mesh-'));
      this.#refuseWhenOver();
      const { aggregatorPort: port, aggregatorSettings: settings = '', output } = this.#plan;
      this.#aggregator = new LocalAggregator({ folder: this.#folder, port, settings, output });
      await this.#aggregator.start();
      // First those that are called: their ports stand in the files of those that call.
      for (const role of ['inbound', 'outbound'] as const) {
        const plans = this.#plan.nodes.filter((node) => node.role === role);
        const nodes = plans.map((plan) => this.#add(plan));
        await Promise.all(nodes.map(async (node) => node.start()));
        for (const node of nodes) if (role === 'inbound') this.#ports.set(node.plan.name, node.listener);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Changes a node, its application, or both, while calls go on. */
  async change(name: string, change: NodeChange): Promise<void> {
    await this.node(name).change(change);
  }

  /**
   * Tells the aggregator of a release as a pipeline does that begins one: versions that it sees for the first time
   * together it does not take for old and new by itself.
   */
  async announce(release: {
    readonly service: string;
    readonly release: string;
    readonly version: string;
  }): Promise<void> {
    const { url, token: bearer } = this.aggregator;
    const { service, ...named } = release;
    const answer = await fetch(`${url}/hooks/flagger/event`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: service, namespace: 'local', phase: 'Progressing', metadata: named }),
    });
    if (!answer.ok) throw new Error(`the aggregator answered ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
  }

  /** Ends all processes, those that call first, and removes the files. Also while it starts: `start` rejects then. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const role of ['outbound', 'inbound'] as const) {
      const nodes = this.nodes.filter(({ plan }) => plan.role === role);
      await Promise.all(nodes.map(async (node) => node.stop()));
    }
    await this.#aggregator?.stop();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #add(plan: NodePlan): LocalNode {
    this.#refuseWhenOver();
    const node = new LocalNode({
      plan,
      folder: this.#folder,
      aggregator: this.aggregator,
      ports: this.#ports,
      rate: this.#plan.rate,
      output: this.#plan.output,
    });
    this.#nodes.set(plan.name, node);
    return node;
  }

  #refuseWhenOver(): void {
    if (this.#isOver) throw new Error('this mesh was stopped while it started');
  }
}
