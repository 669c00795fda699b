/**
 * An endpoint as one data thread sees it: an address that requests are sent to, with this thread's own running
 * figures. Identity is the address: when the set of endpoints changes, an endpoint that stays keeps its figures and
 * its connections.
 */
import { formatAddress } from '../base/index.ts';
import type { SocketAddress } from '../config/index.ts';

/** What the control thread knows of an endpoint; plain data, part of the snapshot. */
export interface EndpointState {
  readonly address: SocketAddress;
  /** 1..128. */
  readonly weight: number;
  readonly priority: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Base of its counters. */
  readonly slot: number;
  /** By active health checks; without any, `healthy`. */
  readonly health: 'healthy' | 'unhealthy';
  /** By outlier detection. */
  readonly ejected: boolean;
  /** Unix milliseconds since when it has been usable (slow start counts from here); 0 means "for ever". */
  readonly usableSinceMs: number;
}

/** `1.2.3.4:80` or `[::1]:80`: the name of an endpoint in metrics, logs and messages. */
export function endpointKey(address: SocketAddress): string {
  return formatAddress(address);
}

export class Endpoint {
  readonly key: string;
  readonly address: SocketAddress;
  readonly slot: number;
  state: EndpointState;
  /** Requests in flight on this thread. */
  active = 0;
  /** Consecutive failures on this thread, for outlier detection. */
  consecutive5xx = 0;
  consecutiveGateway = 0;
  consecutiveLocalOrigin = 0;
  /** Monotonic ms at which each of the three was last reported. */
  reported5xxAtMs: number = Number.NEGATIVE_INFINITY;
  reportedGatewayAtMs: number = Number.NEGATIVE_INFINITY;
  reportedLocalOriginAtMs: number = Number.NEGATIVE_INFINITY;
  /** Moving latency of peak EWMA in ms (0: nothing heard yet), and since when it fades; unused by other balancers. */
  latencyMs = 0;
  latencyAtMs = 0;
  /** False once discovery has dropped it: nothing new is sent, what runs may finish. */
  live = true;

  constructor(state: EndpointState) {
    this.key = endpointKey(state.address);
    this.address = state.address;
    this.slot = state.slot;
    this.state = state;
  }

  get usable(): boolean {
    return this.state.health === 'healthy' && !this.state.ejected;
  }
}
