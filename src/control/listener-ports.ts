/**
 * Which real address each listener has. Claims the addresses of a new configuration before any data thread binds them,
 * and remembers what port 0 became, so that a reload and a replaced thread listen where clients already are.
 */
import type { ListenerConfig, SocketAddress } from '../config/index.ts';
import { type Reservation, reserve } from './port-reservation.ts';

export interface PortClaim {
  /** By listener, for those configured with port 0. */
  readonly assigned: ReadonlyMap<string, SocketAddress>;
  /** Gives up the hold on new ports; call it when the data threads have them, or the claim is dropped. */
  release(): void;
}

export class ListenerPorts {
  #current: readonly ListenerConfig[] = [];
  #assigned: ReadonlyMap<string, SocketAddress> = new Map();

  /** What port 0 became, by listener. */
  get assigned(): ReadonlyMap<string, SocketAddress> {
    return this.#assigned;
  }

  /** Rejects with ADDRESS_IN_USE or ADDRESS_UNAVAILABLE for the first address that cannot be had. */
  async claim(listeners: readonly ListenerConfig[]): Promise<PortClaim> {
    const assigned = new Map<string, SocketAddress>();
    const reservations: Reservation[] = [];
    const release = () => {
      for (const reservation of reservations) reservation.release();
    };
    // One after the other, so that two listeners on one port of different addresses are not in each other's way.
    for (const listener of listeners) {
      const { name, address } = listener;
      let own = this.#known(listener);
      if (own === undefined) {
        try {
          const reservation = await reserve(`listener ${name}`, address);
          reservations.push(reservation);
          own = reservation.address;
        } catch (error) {
          release();
          throw error;
        }
      }
      if (address.port === 0) assigned.set(name, own);
    }
    return { assigned, release };
  }

  /** The configuration with this claim is in force. */
  commit(listeners: readonly ListenerConfig[], claim: PortClaim): void {
    this.#current = listeners;
    this.#assigned = claim.assigned;
  }

  /**
   * The address a listener has already; `undefined` when it must be claimed. A port that another listener of ours has
   * on another address cannot be tested with an exclusive bind, so it is taken as had: the data threads will see.
   */
  #known(listener: ListenerConfig): SocketAddress | undefined {
    const { name, address } = listener;
    if (address.port !== 0) {
      const isOurs =
        this.#current.some((other) => other.address.port === address.port) ||
        [...this.#assigned.values()].some((other) => other.port === address.port);
      return isOurs ? address : undefined;
    }
    const before = this.#current.find((other) => other.name === name);
    const isSame = before?.address.port === 0 && before.address.host === address.host;
    return isSame ? this.#assigned.get(name) : undefined;
  }
}
