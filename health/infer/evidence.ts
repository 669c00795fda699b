/**
 * What an inference starts from: the epochs of a window, joined edge by edge. Sums merge by addition, so evidence of two
 * shards is one evidence.
 */

/** Part of a node that may be to blame: the four modules of its proxy, and its application. */
export const ModuleKind = [
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
  'application',
] as const;
export type ModuleKind = (typeof ModuleKind)[number];

/** `node\nkind`. */
export type ModuleKey = string;

export function moduleKey(node: string, kind: ModuleKind): ModuleKey {
  return `${node}\n${kind}`;
}

/** One caller node, one callee node, one window; only edges with a failure at some viewpoint have a row. */
export interface EdgeRow {
  readonly caller: string;
  readonly callee: string;
  readonly calls: number;
  /** By viewpoint in the order of `Viewpoint`; -1: nobody counted there. */
  readonly failures: readonly number[];
  /** Of these, those that the viewpoint itself calls its own (`local`); -1 where nobody counted. */
  readonly local: readonly number[];
  /** By viewpoint, the failures of each epoch squared and summed, which tells a burst from what goes on; -1 likewise. */
  readonly squares: readonly number[];
}

export interface Evidence {
  /** First and last epoch, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly rows: readonly EdgeRow[];
  /** Calls that went through each module, healthy edges included. */
  readonly calls: ReadonlyMap<ModuleKey, number>;
  /** Nodes that should have reported and did not, per epoch summed. */
  readonly missing: ReadonlyMap<string, number>;
}

export interface Suspect {
  readonly node: string;
  readonly kind: ModuleKind;
  /** Set when calls are lost on the way between two nodes and no module explains it better: `node` is the calling one then. */
  readonly link?: { readonly caller: string; readonly callee: string };
  readonly service: string;
  readonly version: string;
  readonly release: string;
  /** Share of its calls that it breaks, 0 to 1, and how many failures that explains. */
  readonly theta: number;
  readonly explained: number;
  /** Gain in log likelihood, in nats, and what was asked for. */
  readonly gain: number;
  readonly threshold: number;
  /** Candidates that explain the same nearly as well (within 3 nats), this one among them; one: it is named. */
  readonly ambiguity: readonly { readonly node: string; readonly kind: ModuleKind; readonly gain: number }[];
  /** Edges that show it best, and healthy ones beside them that speak for the others. */
  readonly edges: readonly {
    readonly caller: string;
    readonly callee: string;
    readonly calls: number;
    readonly excess: number;
  }[];
  readonly contrast: readonly { readonly caller: string; readonly callee: string; readonly calls: number }[];
  /** One sentence for people. */
  readonly sentence: string;
}
