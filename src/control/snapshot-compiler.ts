/**
 * Makes the snapshot that data threads apply out of what the control thread knows: configuration, endpoints, and where
 * each thing counts. Of the configuration it leaves out what no data thread needs and no user module should see.
 */
import type { EndpointState } from '../cluster/index.ts';
import type { Config, ListenerConfig, SocketAddress } from '../config/index.ts';
import { routeKey, type Snapshot, type SnapshotSlots } from '../data/index.ts';
import { clusterBlock, listenerBlock, routeBlock, type SlotDirectory } from '../telemetry/index.ts';

export interface SnapshotParts {
  readonly version: number;
  readonly config: Config;
  /** Listeners that accept; the configuration's, with real ports, without those that were drained. */
  readonly listeners: readonly ListenerConfig[];
  readonly directory: SlotDirectory;
  readonly endpoints: Readonly<Record<string, readonly EndpointState[]>>;
  readonly breakers: Readonly<Record<string, number>>;
}

export function compileSnapshot(parts: SnapshotParts): Snapshot {
  const { version, config, listeners, directory, endpoints, breakers } = parts;
  return {
    version,
    config: {
      ...config,
      admin: { address: null, token: '' },
      holmes: { ...config.holmes, pyroscope: null },
      mesh: { ...config.mesh, aggregator: null },
      listeners,
    },
    slots: slotsOf(config, directory),
    endpoints,
    breakers,
  };
}

/** Every base slot that the snapshot counts at: what `SlotDirectory.retain` wants to know. */
export function basesOf(snapshot: Snapshot): ReadonlySet<number> {
  const { listeners, routes, clusters } = snapshot.slots;
  const bases = new Set<number>();
  for (const table of [listeners, routes, clusters]) {
    for (const base of Object.values(table)) bases.add(base);
  }
  for (const states of Object.values(snapshot.endpoints)) {
    for (const { slot } of states) bases.add(slot);
  }
  return bases;
}

/** The listeners with port 0 replaced by the port it became. */
export function withPorts(
  listeners: readonly ListenerConfig[],
  ports: ReadonlyMap<string, SocketAddress>,
): readonly ListenerConfig[] {
  return listeners.map((listener) => {
    const address = listener.address.port === 0 ? ports.get(listener.name) : undefined;
    return address === undefined ? listener : { ...listener, address };
  });
}

function slotsOf(config: Config, directory: SlotDirectory): SnapshotSlots {
  const listeners: Record<string, number> = {};
  const routes: Record<string, number> = {};
  const clusters: Record<string, number> = {};
  for (const { name, role, protocol } of config.listeners) {
    listeners[name] = directory.baseOf(listenerBlock, [name, role]);
    if (protocol.kind !== 'http') continue;
    for (const host of protocol.virtualHosts) {
      for (const route of host.routes) {
        routes[routeKey(name, host.name, route.name)] = directory.baseOf(routeBlock, [
          name,
          host.name,
          route.name,
        ]);
      }
    }
  }
  for (const { name } of config.clusters) clusters[name] = directory.baseOf(clusterBlock, [name]);
  return { listeners, routes, clusters };
}
