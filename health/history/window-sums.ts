/** Calls and failures of a service, summed by window and stratum while the series of an answer go by. */
import type { NodeCount, StratumCount } from '../verdict/release-input.ts';
import type { NodeNames } from './node-names.ts';
import { targetOf } from './node-names.ts';

export interface Increment {
  /** Of the series that grew. */
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly count: number;
  readonly kind: 'calls' | 'failures';
}

interface WindowSumsOptions {
  readonly names: NodeNames;
  readonly service: string;
  readonly viewpoint: 'outbound_upstream' | 'inbound_downstream';
}

interface Stratum {
  readonly callerService: string;
  readonly version: string;
  calls: number;
  failures: number;
  readonly nodes: Map<string, { calls: number; failures: number }>;
}

export class WindowSums {
  readonly names: NodeNames;
  readonly #service: string;
  readonly #seesOwnNode: boolean;
  readonly #windows = new Map<number, Map<string, Stratum>>();

  constructor({ names, service, viewpoint }: WindowSumsOptions) {
    this.names = names;
    this.#service = service;
    this.#seesOwnNode = viewpoint === 'inbound_downstream';
  }

  add({ labels, atMs, count, kind }: Increment): void {
    const own = this.names.of(targetOf(labels), atMs);
    const peerNode = labels['peer_node'] ?? '';
    const stratum = this.#stratum(atMs, {
      callerService: this.#seesOwnNode ? (labels['peer_service'] ?? '') : own.service,
      version: this.#seesOwnNode ? own.version : (labels['peer_version'] ?? ''),
    });
    stratum[kind] += count;
    const node = this.#seesOwnNode ? own.node : peerNode;
    if (node === '' || node === '_other') return;
    const sum = stratum.nodes.get(node) ?? { calls: 0, failures: 0 };
    sum[kind] += count;
    stratum.nodes.set(node, sum);
  }

  /** By time, ascending; only strata that had calls. */
  windows(): readonly { readonly atMs: number; readonly strata: readonly StratumCount[] }[] {
    return [...this.#windows]
      .sort(([a], [b]) => a - b)
      .map(([atMs, strata]) => ({
        atMs,
        strata: [...strata.values()]
          .filter(({ calls }) => calls > 0)
          .map((stratum) => this.#count(stratum, atMs)),
      }))
      .filter(({ strata }) => strata.length > 0);
  }

  #count({ callerService, version, calls, failures, nodes }: Stratum, atMs: number): StratumCount {
    return {
      callerService,
      calleeService: this.#service,
      version,
      calls,
      // Both come from one scrape; but a node that counted a failure before its first scrape may have more of them.
      failures: Math.min(calls, failures),
      nodes: this.#seesOwnNode ? exact(nodes) : this.#shared({ version, calls, nodes }, atMs),
    };
  }

  /** A caller counts its calls by version, not by node: each node of it has an equal share. */
  #shared(
    { version, calls, nodes }: Pick<Stratum, 'version' | 'calls' | 'nodes'>,
    atMs: number,
  ): NodeCount[] {
    const serving = new Set([...this.names.nodesOf(this.#service, version, atMs), ...nodes.keys()]);
    return [...serving].map((node) => ({
      node,
      calls: calls / serving.size,
      failures: nodes.get(node)?.failures ?? 0,
    }));
  }

  #stratum(atMs: number, { callerService, version }: Pick<Stratum, 'callerService' | 'version'>): Stratum {
    let window = this.#windows.get(atMs);
    if (window === undefined) this.#windows.set(atMs, (window = new Map()));
    const key = `${callerService}\n${version}`;
    let stratum = window.get(key);
    if (stratum === undefined) {
      stratum = { callerService, version, calls: 0, failures: 0, nodes: new Map() };
      window.set(key, stratum);
    }
    return stratum;
  }
}

function exact(nodes: Stratum['nodes']): NodeCount[] {
  return [...nodes].map(([node, { calls, failures }]) => ({
    node,
    calls,
    failures: Math.min(calls, failures),
  }));
}
