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
  /** For an end that does not wait. Nothing that is asked to go writes any more, but it may take a moment to be gone. */
  readonly #endAtOnce = (): void => {
    for (const daemon of this.monitoring.daemons) daemon.kill();
    for (const folder of [this.#folder, this.mesh.folder])
      if (folder !== '') rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };

  constructor(plan: MeshPlan) {
    this.mesh = new LocalMesh(plan);
  }

  /** Rejects when a part does not start, with its log, or when `signal` is aborted meanwhile; call `stop` then, too. */
  async start(signal: AbortSignal): Promise<void> {
    process.on('exit', this.#endAtOnce);
    this.#folder = await mkdtemp(join(tmpdir(), 'meshlock-demo-'));
    // What is being waited for ends, and with it the wait; `stop` afterwards sees to what this could not do.
    const abandon = (): void => void Promise.allSettled([this.monitoring.stop(), this.mesh.stop()]);
    signal.addEventListener('abort', abandon, { once: true });
    try {
      signal.throwIfAborted();
      await this.mesh.start();
      await this.monitoring.start(this.mesh, this.#folder);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  /** Ends all processes and removes all files. */
  async stop(): Promise<void> {
    await this.monitoring.stop();
    await this.mesh.stop();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    process.off('exit', this.#endAtOnce);
  }

  async fallen(): Promise<readonly Fallen[]> {
    const { nodes } = this.mesh;
    const daemons = this.monitoring.daemons.filter(({ hasEnded }) => hasEnded);
    const isThere = (await statusOf(`${this.mesh.aggregator.url}/livez`)) !== 0;
    return [
      ...nodes
        .filter(({ hasEnded }) => hasEnded)
        .map((node) => ({ name: `node ${node.plan.name}`, log: node.log() })),
      ...nodes
        .filter(({ applicationHasEnded }) => applicationHasEnded)
        .map((node) => ({ name: `the application of ${node.plan.name}`, log: node.log() })),
      ...daemons.map(({ name, log }) => ({ name, log })),
      ...(isThere ? [] : [{ name: 'the aggregator', log: this.mesh.aggregatorLog }]),
    ];
  }
}
