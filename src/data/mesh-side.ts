/**
 * The mesh on one data thread: one table of calls for all listeners, kept over reloads, and what each listener needs to
 * take part. Without a mesh there is none of it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/index.ts';
import type { AddressRange, Config, ListenerRole, MeshConfig } from '../config/index.ts';
import {
  type Answerers,
  type EdgeEpoch,
  EdgeTable,
  formatPeer,
  ListenerMesh,
  TrustedRanges,
} from '../proxy/index.ts';

export class MeshSide {
  readonly #clock: Clock;
  readonly #post: (epoch: EdgeEpoch) => void;
  #answerers: Answerers = new WeakMap();
  #edges: EdgeTable | null = null;
  /** The same object as long as the ranges are the same. */
  #trust: { readonly ranges: readonly AddressRange[]; readonly set: TrustedRanges } | null = null;

  constructor(clock: Clock, post: (epoch: EdgeEpoch) => void) {
    this.#clock = clock;
    this.#post = post;
  }

  /** For a listener of this role under this configuration; `null`: not in a mesh. */
  of(role: ListenerRole, { mesh, node }: Pick<Config, 'mesh' | 'node'>): ListenerMesh | null {
    if (!mesh.enabled) return null;
    this.#edges ??= new EdgeTable({ clock: this.#clock, maxPeers: mesh.maxPeers, post: this.#post });
    return new ListenerMesh({
      role,
      edges: this.#edges,
      trust: this.#trustOf(mesh.trust),
      introduction: formatPeer({ ...node, node: node.id }),
      answerers: this.#answerers,
    });
  }

  /** That configuration is in force now. */
  commit(mesh: MeshConfig): void {
    if (!mesh.enabled) {
      this.close();
      return;
    }
    if (this.#edges === null) return;
    this.#edges.maxPeers = mesh.maxPeers;
    this.#edges.start();
  }

  /** The control thread has dealt with one epoch. */
  taken(): void {
    this.#edges?.taken();
  }

  /** Hands over what has been counted. */
  close(): void {
    this.#edges?.close();
    this.#edges = null;
    // What is known of endpoints refers to the table.
    this.#answerers = new WeakMap();
  }

  #trustOf(ranges: readonly AddressRange[]): TrustedRanges {
    if (this.#trust === null || !isDeepStrictEqual(this.#trust.ranges, ranges)) {
      this.#trust = { ranges, set: new TrustedRanges(ranges) };
    }
    return this.#trust.set;
  }
}
