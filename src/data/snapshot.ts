/**
 * What the control thread hands to every data thread: one immutable, complete state. A thread that has applied version
 * n needs nothing of n-1. Also the few messages that go the other way. All of it is structured-cloneable plain data.
 */
import type { EndpointState } from '../cluster/index.ts';
import type { Config, SocketAddress } from '../config/index.ts';
import type { EdgeEpoch } from '../proxy/index.ts';
import type { SpanRecord } from '../telemetry/index.ts';

export interface Snapshot {
  /** Rises by one with each change, also of endpoints or health. */
  readonly version: number;
  readonly config: Config;
  /** Base slots in the thread's `CounterStore`. */
  readonly slots: SnapshotSlots;
  /** By cluster name: what discovery and health know at this moment. */
  readonly endpoints: Readonly<Record<string, readonly EndpointState[]>>;
  /** By cluster name: index of its first gauge in the memory shared by all threads' circuit breakers. */
  readonly breakers: Readonly<Record<string, number>>;
}

export interface SnapshotSlots {
  readonly listeners: Readonly<Record<string, number>>;
  /** Key: `routeKey(listener, virtual host, route)`. */
  readonly routes: Readonly<Record<string, number>>;
  readonly clusters: Readonly<Record<string, number>>;
}

export function routeKey(listener: string, virtualHost: string, route: string): string {
  return `${listener}\n${virtualHost}\n${route}`;
}

/** Handed to a data thread as `workerData`. */
export interface ThreadData {
  /** 1-based, stable over replacements. */
  readonly thread: number;
  /** How many there are: each takes its share of a listener's connections. */
  readonly threads: number;
  readonly counters: SharedArrayBuffer;
  /** One `BreakerGauges` array for all threads. */
  readonly breakers: SharedArrayBuffer;
}

export type ToData =
  /** Apply this state; answered with `applied` once its listeners accept (or failed to). */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** Stop accepting, finish what runs, then answer `drained`; at the deadline cut what is left. */
  | { readonly kind: 'drain'; readonly deadlineMs: number }
  /** So many bytes of `access-log` messages of this path were written or dropped: the thread may send as many more. */
  | { readonly kind: 'access-log-written'; readonly path: string; readonly bytes: number }
  /** One message `edges` was dealt with. */
  | { readonly kind: 'edges-taken' }
  /** Close and reopen nothing, answer nothing: ask every keep-alive connection to go elsewhere from now on. */
  | { readonly kind: 'discourage'; readonly on: boolean };

export type FromData =
  | {
      readonly kind: 'applied';
      readonly version: number;
      /** Listeners that could not be opened, each with the reason. */
      readonly failures: readonly ListenerFailure[];
      /** Where each listener accepts; a configured port 0 is answered with the real one. */
      readonly listening: readonly { readonly listener: string; readonly address: SocketAddress }[];
    }
  | { readonly kind: 'drained'; readonly cut: number }
  | {
      readonly kind: 'outlier';
      readonly cluster: string;
      readonly endpoint: string;
      readonly failure: 'consecutive-5xx' | 'consecutive-gateway' | 'consecutive-local-origin';
    }
  /** Finished lines for one access-log path. The buffer is transferred. Answered with `access-log-written`. */
  | { readonly kind: 'access-log'; readonly path: string; readonly lines: Uint8Array<ArrayBuffer> }
  /** A closed epoch, or what there is of the running one when the thread drains. Answered with `edges-taken`. */
  | ({ readonly kind: 'edges' } & EdgeEpoch)
  | { readonly kind: 'spans'; readonly spans: readonly SpanRecord[] }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

export interface ListenerFailure {
  readonly listener: string;
  readonly address: SocketAddress;
  /** Errno name such as `EADDRINUSE`. */
  readonly code: string;
  readonly message: string;
}
