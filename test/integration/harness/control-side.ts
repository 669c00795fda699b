/**
 * What the control thread does for clusters, beside the data plane of a test: membership with active health checks and
 * outlier detection, and DNS, on the proxy's own clock. It acts when the test says so (`catchUp`).
 */
import { onTestFinished } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { ClusterMembership, type MembershipEvent } from '../../../src/cluster/control.ts';
import type { EndpointState } from '../../../src/cluster/index.ts';
import type { ClusterConfig } from '../../../src/config/index.ts';
import { StrictDns } from '../../../src/discovery/index.ts';
import { EndpointSlot } from '../../../src/telemetry/index.ts';
import { settle, until } from './patience.ts';
import { type ProxyOptions, TestProxy } from './proxy.ts';

interface Managed {
  readonly membership: ClusterMembership;
  dns: StrictDns | null;
}

export class ControlSide {
  readonly events: MembershipEvent[] = [];
  readonly #clusters = new Map<string, Managed>();
  /** Endpoint keys by the base slot of their counters. */
  readonly #keys = new Map<number, string>();
  readonly #random = seededRandom(7);
  #proxy: TestProxy | null = null;
  #delivered = 0;
  #isDue = false;

  /** Endpoints as a snapshot wants them. */
  statesOf(cluster: ClusterConfig, slotOf: (endpointKey: string) => number): readonly EndpointState[] {
    const known = this.#clusters.get(cluster.name);
    if (known !== undefined) {
      known.membership.configure(cluster);
      if (cluster.discovery.kind === 'static') known.membership.setAddresses(cluster.discovery.endpoints);
      return known.membership.states();
    }
    const managed = this.#create(cluster, (key) => {
      const slot = slotOf(key);
      this.#keys.set(slot, key);
      return slot;
    });
    this.#clusters.set(cluster.name, managed);
    this.#discover(cluster, managed);
    return managed.membership.states();
  }

  attach(proxy: TestProxy): void {
    this.#proxy = proxy;
  }

  /** The one membership, or that of the named cluster. */
  membership(cluster = 'app'): ClusterMembership {
    return this.#clusters.get(cluster)!.membership;
  }

  dns(cluster = 'app'): StrictDns {
    return this.#clusters.get(cluster)!.dns!;
  }

  /** Reports of the data plane reach the memberships, and what they decide reaches the data plane. */
  async catchUp(): Promise<void> {
    const proxy = this.#attached;
    for (const message of proxy.messages.slice(this.#delivered)) {
      if (message.kind !== 'outlier') continue;
      this.#clusters.get(message.cluster)?.membership.reportOutlier(message.endpoint, message.failure);
    }
    this.#delivered = proxy.messages.length;
    // Changes are announced a moment later, many at once.
    await proxy.advance(20);
    if (!this.#isDue) return;
    this.#isDue = false;
    await proxy.refresh();
  }

  /** Waits for the next event of this kind about this endpoint, and until the data plane knows. */
  async hears(kind: MembershipEvent['kind'], endpoint: string, count = 1): Promise<void> {
    await until(
      () => this.count(kind, endpoint) >= count,
      () => `${count} x ${kind} ${endpoint}, got ${JSON.stringify(this.events)}`,
    );
    await this.catchUp();
  }

  count(kind: MembershipEvent['kind'], endpoint?: string): number {
    return this.events.filter(
      (event) => event.kind === kind && (endpoint === undefined || event.endpoint === endpoint),
    ).length;
  }

  /** Waits until no cluster waits for its first checks or look-ups. */
  async warm(): Promise<void> {
    const isWarming = (): boolean =>
      [...this.#clusters.values()].some(({ membership }) => membership.warming);
    await until(
      () => !isWarming(),
      () => 'first checks to have a result',
    );
    await settle();
    await this.catchUp();
  }

  close(): void {
    for (const { membership, dns } of this.#clusters.values()) {
      dns?.close();
      membership.close();
    }
  }

  get #attached(): TestProxy {
    if (this.#proxy === null) throw new Error('no proxy is attached');
    return this.#proxy;
  }

  #create(config: ClusterConfig, slotOf: (key: string) => number): Managed {
    const membership = new ClusterMembership({
      config,
      clock: this.#attached.clock,
      random: this.#random,
      slotOf,
      readTotal: (slot) => this.#total(config.name, slot),
      onChange: () => {
        this.#isDue = true;
      },
      onEvent: (event) => this.events.push(event),
    });
    return { membership, dns: null };
  }

  #discover({ discovery }: ClusterConfig, managed: Managed): void {
    if (discovery.kind === 'static') {
      managed.membership.setAddresses(discovery.endpoints);
      return;
    }
    managed.dns = new StrictDns({
      config: discovery,
      clock: this.#attached.clock,
      random: this.#random,
      onAddresses: (endpoints) => managed.membership.setAddresses(endpoints),
    });
    managed.dns.start();
  }

  #total(cluster: string, slot: number): number {
    for (const [offset, name] of [
      [EndpointSlot.successes, 'meshlock_endpoint_successes_total'],
      [EndpointSlot.failures, 'meshlock_endpoint_failures_total'],
    ] as const) {
      const endpoint = this.#keys.get(slot - offset);
      if (endpoint !== undefined) return this.#attached.counter(name, { cluster, endpoint });
    }
    throw new Error(`slot ${slot} belongs to no endpoint`);
  }
}

/** A proxy with a control side, until the test is over. */
export async function startManagedProxy(
  text: string,
  options: ProxyOptions = {},
): Promise<{ readonly proxy: TestProxy; readonly control: ControlSide }> {
  const control = new ControlSide();
  const proxy = new TestProxy(text, {
    ...options,
    endpoints: (cluster, slotOf) => control.statesOf(cluster, slotOf),
  });
  control.attach(proxy);
  onTestFinished(async () => {
    control.close();
    await proxy.close();
  });
  await proxy.start();
  return { proxy, control };
}
