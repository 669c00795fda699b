/** One cluster on the control thread: its membership, and the DNS look-ups that feed it when it is discovered that way. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Random } from '../base/index.ts';
import {
  type CheckResult,
  ClusterMembership,
  type EndpointDescription,
  type MembershipEvent,
} from '../cluster/control.ts';
import { type EndpointState, endpointKey, type OutlierFailure } from '../cluster/index.ts';
import type { ClusterConfig, EndpointConfig } from '../config/index.ts';
import { type NameState, StrictDns } from '../discovery/index.ts';
import type { ControlLog } from './log.ts';

export interface EndpointCount {
  readonly endpoints: number;
  /** Healthy and not ejected. */
  readonly usable: number;
}

export interface ManagedClusterOptions {
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ControlLog;
  slotOf(endpoint: string): number;
  readTotal(slot: number): number;
  onChange(): void;
  onEvent(event: MembershipEvent): void;
  onCheck(result: CheckResult): void;
  /** After every look-up. */
  onLookup(succeeded: boolean): void;
  /** One failed, or succeeded after failures. */
  onNameState(state: NameState): void;
}

export class ManagedCluster {
  readonly #options: ManagedClusterOptions;
  readonly #membership: ClusterMembership;
  #config: ClusterConfig;
  #dns: StrictDns | null = null;
  /** Of now, until something changes; `null`: to be counted again. */
  #count: EndpointCount | null = null;
  /** Its first endpoints are known: from now on a new one is news. */
  #settled = false;

  constructor(options: ManagedClusterOptions) {
    const { config, clock, random, slotOf, readTotal, onChange, onCheck } = options;
    this.#options = options;
    this.#config = config;
    this.#membership = new ClusterMembership({
      config,
      clock,
      random,
      slotOf,
      readTotal,
      onChange: () => {
        this.#count = null;
        onChange();
      },
      onEvent: (event) => this.#report(event),
      onCheck,
    });
    this.#discover();
  }

  get config(): ClusterConfig {
    return this.#config;
  }

  /** True while the first look-ups or health checks have no result. */
  get warming(): boolean {
    if (this.#dns === null) return this.#membership.warming;
    if (!this.#dns.initialized) return true;
    // A name that does not resolve has nothing that could be checked.
    return this.#membership.states().length > 0 && this.#membership.warming;
  }

  /** Takes over what changed; health, ejections and addresses that are known stay. */
  configure(config: ClusterConfig): void {
    const before = this.#config;
    if (isDeepStrictEqual(before, config)) return;
    this.#config = config;
    this.#membership.configure(config);
    if (!isDeepStrictEqual(before.discovery, config.discovery)) this.#discover();
  }

  reportOutlier(endpoint: string, failure: OutlierFailure): void {
    this.#membership.reportOutlier(endpoint, failure);
  }

  states(): readonly EndpointState[] {
    return this.#membership.states();
  }

  /** As `onChange` has told it last; cheap, however many there are. */
  get count(): EndpointCount {
    this.#count ??= countOf(this.#membership.states());
    return this.#count;
  }

  describe(): readonly EndpointDescription[] {
    return this.#membership.describe();
  }

  names(): readonly NameState[] {
    return this.#dns?.describe() ?? [];
  }

  /** The name that an endpoint's address was resolved from; empty for one that was configured as an address. */
  nameOf(endpoint: EndpointState): string {
    return this.names().find(({ addresses }) => addresses.includes(endpoint.address.host))?.name ?? '';
  }

  close(): void {
    this.#dns?.close();
    this.#membership.close();
  }

  #discover(): void {
    this.#dns?.close();
    this.#dns = null;
    const { discovery } = this.#config;
    if (discovery.kind === 'static') {
      this.#setAddresses(discovery.endpoints);
      return;
    }
    const { clock, random, onLookup, onNameState } = this.#options;
    // Until it has an answer, the addresses that were known before stay.
    this.#dns = new StrictDns({
      config: discovery,
      clock,
      random,
      onAddresses: (endpoints) => this.#setAddresses(endpoints),
      onLookup,
      onState: onNameState,
    });
    this.#dns.start();
  }

  #setAddresses(endpoints: readonly EndpointConfig[]): void {
    this.#membership.setAddresses(endpoints);
    this.#settled ||= endpoints.length > 0;
  }

  #report(event: MembershipEvent): void {
    const { log, onEvent } = this.#options;
    const { kind, endpoint, reason } = event;
    const fields = { cluster: this.#config.name, endpoint, reason };
    const message = `cluster ${this.#config.name}: endpoint ${endpoint} ${wordOf(kind)}: ${reason}`;
    if (kind === 'unhealthy' || kind === 'ejected') log.warn(message, fields);
    else if (this.#settled) log.info(message, fields);
    else log.debug(message, fields);
    onEvent(event);
  }
}

function countOf(states: readonly EndpointState[]): EndpointCount {
  const usable = states.filter(({ health, ejected }) => health === 'healthy' && !ejected).length;
  return { endpoints: states.length, usable };
}

function wordOf(kind: MembershipEvent['kind']): string {
  if (kind === 'healthy' || kind === 'unhealthy') return `is ${kind}`;
  return kind === 'returned' ? 'has returned' : `was ${kind}`;
}

/** An endpoint of the snapshot as metrics name it. */
export function endpointName(state: EndpointState): string {
  return endpointKey(state.address);
}
