/** Everything that runs in the demonstration: the mesh, what watches it, and a folder for their files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalMesh } from '../../mesh/local-mesh.ts';
import type { MeshPlan } from '../../mesh/plan.ts';
import { statusOf } from './fetched.ts';
import { Monitoring } from './monitoring.ts';

/** A process that is not there any more although nobody has ended it. */
export interface Fallen {
  readonly name: string;
  readonly log: string;
}

export class Stage {
  readonly mesh: LocalMesh;
  readonly monitoring: Monitoring = new Monitoring();
  #folder = '';
  /** For an end that does not wait. */
  readonly #removeFolders = (): void => {
    for (const folder of [this.#folder, this.mesh.folder])
      if (folder !== '') rmSync(folder, { recursive: true, force: true });
  };

  constructor(plan: MeshPlan) {
    this.mesh = new LocalMesh(plan);
  }

  /** Rejects when a part does not start, with its log; call `stop` then, too. */
  async start(): Promise<void> {
    process.on('exit', this.#removeFolders);
    this.#folder = await mkdtemp(join(tmpdir(), 'meshlock-demo-'));
    await this.mesh.start();
    await this.monitoring.start(this.mesh, this.#folder);
  }

  /** Ends all processes and removes all files. */
  async stop(): Promise<void> {
    await this.monitoring.stop();
    await this.mesh.stop();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
    process.off('exit', this.#removeFolders);
  }

  async fallen(): Promise<readonly Fallen[]> {
    const nodes = this.mesh.nodes.filter(({ hasEnded }) => hasEnded);
    const daemons = this.monitoring.daemons.filter(({ hasEnded }) => hasEnded);
    const isThere = (await statusOf(`${this.mesh.aggregator.url}/livez`)) !== 0;
    return [
      ...nodes.map((node) => ({ name: `node ${node.plan.name}`, log: node.log() })),
      ...daemons.map(({ name, log }) => ({ name, log })),
      ...(isThere ? [] : [{ name: 'the aggregator', log: this.mesh.aggregatorLog }]),
    ];
  }
}
