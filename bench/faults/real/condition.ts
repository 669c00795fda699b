/** What holds in the mesh for a while, as plain data: faults, who is silent, how much is called. */
import type { FilterHarm } from './filter.ts';
import type { PipeHarm } from './pipe.ts';
import type { Hop } from './topology.ts';

/** How a called application behaves; shares are of its calls. */
export interface CalledBehaviour {
  /** Answers 500, in runs of `burst` calls on average. */
  readonly failing: number;
  readonly burst: number;
  /** Breaks the connection instead of answering. */
  readonly dropping: number;
  /** Answers only after `hangMs`. */
  readonly hanging: number;
  readonly hangMs: number;
}

export interface CallingBehaviour {
  /** Calls a second. */
  readonly rate: number;
  /** Leaves before the answer, of all calls. */
  readonly leaving: number;
  /** `Host` of its calls; empty: the address of its node. */
  readonly host: string;
}

export interface PipeFault extends PipeHarm {
  readonly hops: readonly Hop[];
}

type ByNode<T> = Readonly<Record<string, T>>;

export interface Condition {
  readonly filters?: ByNode<FilterHarm>;
  readonly pipes?: readonly PipeFault[];
  readonly called?: ByNode<Partial<CalledBehaviour>>;
  readonly calling?: ByNode<Partial<CallingBehaviour>>;
  /** Of the nodes' routes, such as `1s`. */
  readonly timeouts?: ByNode<string>;
  /** Nodes whose proxy reports nothing, and nodes whose application observes nothing. */
  readonly silentNodes?: readonly string[];
  readonly silentApplications?: readonly string[];
  /** Nodes whose proxy is killed, and nodes whose application does not listen. */
  readonly killed?: readonly string[];
  readonly down?: readonly string[];
}

/** One call in a thousand fails in any application without anybody to blame. */
export const ordinaryCalled: CalledBehaviour = {
  failing: 0.001,
  burst: 1,
  dropping: 0,
  hanging: 0,
  hangMs: 0,
};
export const ordinaryCalling: CallingBehaviour = { rate: 20, leaving: 0, host: 'cart' };

/** Both at once; where both speak of one node's behaviour, the second has the word. */
export function both(first: Condition, second: Condition): Condition {
  return {
    filters: { ...first.filters, ...second.filters },
    pipes: [...(first.pipes ?? []), ...(second.pipes ?? [])],
    called: joined(first.called, second.called),
    calling: joined(first.calling, second.calling),
    timeouts: { ...first.timeouts, ...second.timeouts },
    silentNodes: [...(first.silentNodes ?? []), ...(second.silentNodes ?? [])],
    silentApplications: [...(first.silentApplications ?? []), ...(second.silentApplications ?? [])],
    killed: [...(first.killed ?? []), ...(second.killed ?? [])],
    down: [...(first.down ?? []), ...(second.down ?? [])],
  };
}

/** The same for each of them. */
export function forAll<T>(names: readonly string[], value: T): ByNode<T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

function joined<T extends object>(first: ByNode<T> = {}, second: ByNode<T> = {}): ByNode<T> {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...names].map((name) => [name, { ...first[name], ...second[name] } as T]));
}
