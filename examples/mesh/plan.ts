/** What a local mesh consists of: plain data, so that a case of a bench or a story of a demonstration can be written down. */

/** The application of a node: what answers behind an inbound node, what calls before an outbound one. */
export interface ApplicationPlan {
  /**
   * Share of calls that it breaks itself, 0 to 1: a called application answers 500, a calling one leaves before the answer.
   */
  readonly failing: number;
  /** How long a called application takes to answer; a calling one does not look at it. */
  readonly delayMs: number;
  /** Counts its own calls and reports them to the aggregator. */
  readonly observed: boolean;
}

export interface NodePlan {
  /** Its `node.id`, too. */
  readonly name: string;
  readonly service: string;
  readonly version: string;
  readonly release: string;
  readonly role: 'inbound' | 'outbound';
  /** Of an outbound node: names of the inbound nodes that it calls. */
  readonly to?: readonly string[];
  readonly application: ApplicationPlan;
  /** Of its listener, a YAML flow list: `[{ name: faulty, module: ... }]`. */
  readonly filters?: string;
  /** Pushes its epochs to the aggregator; `true` when left out. */
  readonly reports?: boolean;
  /** By how much the wall clock of the node and of its application is ahead of the others'. */
  readonly clockAheadMs?: number;
  /** Retries of its only route, a YAML flow mapping: `{ on: [5xx], attempts: 2 }`. */
  readonly retry?: string;
  /** Time limit of its only route: `500ms`. */
  readonly timeout?: string;
  /** Further top-level keys of its file, YAML. */
  readonly settings?: string;
  /** Further keys of its only cluster, YAML of one line each: `outlier_detection: {}`. */
  readonly clusterSettings?: string;
  /** Port of its admin API; any free one when left out. */
  readonly adminPort?: number;
}

export interface MeshPlan {
  readonly nodes: readonly NodePlan[];
  /** Calls a second of each calling application. */
  readonly rate: number;
  /** Further keys of the aggregator's file, YAML. */
  readonly aggregatorSettings?: string;
  /** Port of the aggregator; any free one when left out. */
  readonly aggregatorPort?: number;
  /** Where the output of all processes goes besides what is kept of it. */
  readonly output: 'inherit' | 'ignore';
}

/** What may change while the mesh runs. */
export type NodeChange = Partial<
  Pick<NodePlan, 'filters' | 'settings' | 'clusterSettings' | 'application' | 'retry' | 'to'>
>;

/** An application that is well. */
export const wellApplication: ApplicationPlan = { failing: 0, delayMs: 0, observed: true };
