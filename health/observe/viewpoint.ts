/**
 * From where a call A -> node A -> node B -> B is seen. Six viewpoints in the order in which a request passes them, named
 * by role (of the node on this call) and side (whom it faces).
 */
export const Viewpoint = [
  /** The calling application itself. */
  'caller',
  /** Node A towards its application. */
  'outbound_downstream',
  /** Node A towards node B. */
  'outbound_upstream',
  /** Node B towards node A. */
  'inbound_downstream',
  /** Node B towards its application. */
  'inbound_upstream',
  /** The called application itself. */
  'callee',
] as const;
export type Viewpoint = (typeof Viewpoint)[number];

/** Where the one who counts says that a failure arose. */
export const FailureOrigin = ['client', 'local', 'upstream'] as const;
export type FailureOrigin = (typeof FailureOrigin)[number];

/** Who takes part in a call; empty text where it is not known. */
export interface Peer {
  readonly node: string;
  readonly service: string;
  readonly version: string;
  /** The release order that brought this version there. */
  readonly release: string;
}

/** An epoch is ten seconds of wall-clock time: the same for all nodes, so that their counts can be subtracted. */
export const epochMs = 10_000;

export function epochOf(wallMs: number): number {
  return Math.floor(wallMs / epochMs);
}
