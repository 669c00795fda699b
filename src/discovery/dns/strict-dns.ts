/**
 * The endpoints of a cluster that is discovered by DNS: every address of every name is one. Names are resolved again by
 * their TTL; a failed look-up keeps the addresses of the last answer. Addresses need no look-up.
 */
import { isIP } from 'node:net';
import type { Clock, Random } from '../../base/index.ts';
import type { DnsDiscovery, EndpointConfig } from '../../config/index.ts';
import { type NameLookup, nameLookup } from './name-lookup.ts';
import { WatchedName } from './watched-name.ts';

export interface StrictDnsOptions {
  readonly config: DnsDiscovery;
  readonly clock: Clock;
  readonly random: Random;
  /** The addresses of all names that have any, in the order of the configuration; only called when they changed. */
  onAddresses(endpoints: readonly EndpointConfig[]): void;
  /** A look-up failed, or succeeded after failures. For the log and for health. */
  onState?(state: NameState): void;
  /** After every look-up. */
  onLookup?(succeeded: boolean): void;
  /** Default: what the configuration asks for. */
  readonly lookup?: NameLookup;
  /** Default 15 s. */
  readonly lookupTimeoutMs?: number;
  /** Of one name; further ones are not used, and reported. Default 1024. */
  readonly maxAddresses?: number;
}

/** What is known of one name. Times are Unix milliseconds. */
export interface NameState {
  readonly name: string;
  /** `stale`: the last look-up failed, the addresses of an earlier one are used. `failed`: there never were any. */
  readonly state: 'resolving' | 'resolved' | 'stale' | 'failed';
  readonly addresses: readonly string[];
  readonly lastSuccessMs: number | null;
  /** Of the last look-up, for people. */
  readonly error: string | null;
  readonly failuresInRow: number;
  readonly nextLookupMs: number | null;
  /** Addresses beyond the limit. */
  readonly dropped: number;
}

export class StrictDns {
  readonly #options: StrictDnsOptions;
  readonly #lookup: NameLookup;
  readonly #names = new Map<string, WatchedName>();
  #emitted = '';
  #closed = false;

  constructor(options: StrictDnsOptions) {
    this.#options = options;
    const { family, resolvers } = options.config;
    this.#lookup = options.lookup ?? nameLookup({ family, resolvers });
    for (const { address } of options.config.endpoints) {
      if (isIP(address.host) === 0 && !this.#names.has(address.host)) {
        this.#names.set(address.host, this.#watch(address.host));
      }
    }
  }

  /** Starts all look-ups; addresses that need none are given at once. */
  start(): void {
    this.#emit();
    for (const name of this.#names.values()) name.start();
  }

  /** Looks every name up now, whatever its TTL. */
  refresh(): void {
    if (!this.#closed) for (const name of this.#names.values()) name.start();
  }

  /** True once every name has been looked up, with success or not. */
  get initialized(): boolean {
    return [...this.#names.values()].every((name) => name.answered);
  }

  describe(): NameState[] {
    return [...this.#names.values()].map(stateOf);
  }

  close(): void {
    this.#closed = true;
    for (const name of this.#names.values()) name.close();
    this.#lookup.cancel();
  }

  #watch(name: string): WatchedName {
    const { config, clock, random } = this.#options;
    let failing = false;
    return new WatchedName({
      name,
      lookup: this.#lookup,
      clock,
      random,
      refreshMs: config.refreshMs,
      respectTtl: config.respectTtl,
      lookupTimeoutMs: this.#options.lookupTimeoutMs ?? 15_000,
      maxAddresses: this.#options.maxAddresses ?? 1024,
      onResult: (watched, changed) => {
        if (changed) this.#emit();
        this.#options.onLookup?.(watched.lastError === null);
        if (failing || watched.lastError !== null) this.#options.onState?.(stateOf(watched));
        failing = watched.lastError !== null;
      },
    });
  }

  #emit(): void {
    const endpoints = this.#options.config.endpoints.flatMap((endpoint) => this.#expand(endpoint));
    const text = JSON.stringify(endpoints);
    if (text === this.#emitted || (this.#emitted === '' && endpoints.length === 0)) return;
    this.#emitted = text;
    this.#options.onAddresses(endpoints);
  }

  #expand(endpoint: EndpointConfig): EndpointConfig[] {
    const { host, port } = endpoint.address;
    const addresses = this.#names.get(host)?.addresses ?? [host];
    return addresses.map((address) => ({ ...endpoint, address: { host: address, port } }));
  }
}

function stateOf(name: WatchedName): NameState {
  const { addresses, lastError } = name;
  const known = addresses.length > 0;
  const state = lastError !== null ? (known ? 'stale' : 'failed') : known ? 'resolved' : 'resolving';
  return {
    name: name.name,
    state,
    addresses,
    lastSuccessMs: name.lastSuccessMs,
    error: lastError,
    failuresInRow: name.failures,
    nextLookupMs: name.nextMs,
    dropped: name.dropped,
  };
}
