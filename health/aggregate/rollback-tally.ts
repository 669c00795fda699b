/** Versions that a pipeline was told to roll back lately: together they may only touch so much of a service's nodes. */
import type { ReleaseCatalog } from './release-catalog.ts';

/** An hour: by then a rollback is through. */
const keepEpochs = 360;
const maxKept = 1000;

export class RollbackTally {
  /** `service\nversion` to the epoch of the last answer. */
  readonly #told = new Map<string, number>();

  add(service: string, version: string, epoch: number): void {
    const key = `${service}\n${version}`;
    this.#told.delete(key);
    this.#told.set(key, epoch);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= maxKept) return;
      this.#told.delete(oldest);
    }
  }

  /** Nodes of the service's other versions that are being rolled back. */
  nodes(service: string, except: string, catalog: ReleaseCatalog, now: number): number {
    let nodes = 0;
    for (const known of catalog.ofService(service)) {
      const told = this.#told.get(`${service}\n${known.version}`);
      if (known.version !== except && told !== undefined && told > now - keepEpochs)
        nodes += known.nodes.size;
    }
    return nodes;
  }
}
