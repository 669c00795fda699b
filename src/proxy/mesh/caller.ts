/** Who speaks over one downstream connection; a proxy in between may carry the calls of several nodes over it. */
import type { Connection } from '../../net/index.ts';
import type { Http1Head } from '../../protocol/index.ts';
import type { PeerEntry } from './edge-table.ts';
import { type ListenerMesh, readPeer } from './listener-mesh.ts';
import { peerHeader } from './peer-text.ts';

export class Caller {
  readonly mesh: ListenerMesh;
  /** Whether the last request carried the header; an HTTP/1 connection has one request at a time. */
  carriesHeader = false;
  readonly #believed: boolean;
  #last: PeerEntry | null = null;

  constructor(mesh: ListenerMesh, connection: Connection) {
    this.mesh = mesh;
    this.#believed = mesh.believes(connection);
  }

  /** Who the request comes from; `null`: not known, or not to be believed. */
  read(head: Http1Head): PeerEntry | null {
    const index = head.indexOf(peerHeader);
    this.carriesHeader = index >= 0;
    if (index < 0 || !this.#believed) return null;
    const peer = readPeer(this.mesh.edges, head, index, this.#last);
    if (peer !== null) this.#last = peer;
    return peer;
  }
}
