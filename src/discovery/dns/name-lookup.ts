/**
 * One look-up of a name, with the TTL of the answer. The system's way asks the hosts file, then DNS, and then, for what
 * DNS does not know, the system's own resolver, which has search domains and other name services but tells no TTL.
 * Where servers are configured, only those are asked.
 */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { DnsClient } from './dns-client.ts';
import { lookupInHostsFile } from './hosts-file.ts';
import { type AddressFamily, type NameAnswer, NameLookupError } from './name-answer.ts';

export interface NameLookup {
  /** Rejects with `NameLookupError`. An answer has at least one address. */
  resolve(name: string): Promise<NameAnswer>;
  /** Ends what runs; its promises reject. */
  cancel(): void;
}

export interface NameLookupOptions {
  readonly family: AddressFamily;
  /** `ip:port` of the servers to ask; empty means the system's way. */
  readonly resolvers: readonly string[];
  /** For one query to one server. Default 2 s. */
  readonly queryTimeoutMs?: number;
  /** Queries for one question, all servers taken together. Default 3. */
  readonly tries?: number;
}

export function nameLookup(options: NameLookupOptions): NameLookup {
  const { family, resolvers, queryTimeoutMs = 2000, tries = 3 } = options;
  const client = new DnsClient({ family, resolvers, queryTimeoutMs, tries });
  return resolvers.length > 0 ? client : systemLookup(family, client);
}

/** Where the system knows names from, besides DNS. */
export interface SystemSources {
  /** What the hosts file says. */
  pinned(name: string): Promise<readonly string[]>;
  /** What the system's own resolver says; empty when it does not know the name. */
  system(name: string): Promise<readonly string[]>;
}

const thisMachine: SystemSources = {
  pinned: lookupInHostsFile,
  system: (name) =>
    lookup(name, { all: true }).then(
      (found) => found.map(({ address }) => address),
      () => [],
    ),
};

/**
 * Answers of DNS after which the system's resolver may still know the name. Not when the servers are slow or broken: the
 * system would ask the same ones, and block one of the few threads that Node has for such calls.
 */
const unknownToDns: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'ENODATA',
  'EREFUSED',
  'ECONNREFUSED',
  'EBADNAME',
]);

/** The hosts file, then DNS (`client`), then the system's resolver. */
export function systemLookup(
  family: AddressFamily,
  client: NameLookup,
  sources: SystemSources = thisMachine,
): NameLookup {
  const resolve = async (name: string): Promise<NameAnswer> => {
    const pinned = ofFamily(await sources.pinned(name), family);
    if (pinned.length > 0) return { addresses: pinned, ttlMs: null };
    try {
      return await client.resolve(name);
    } catch (error) {
      if (!(error instanceof NameLookupError) || !unknownToDns.has(error.code)) throw error;
      const addresses = ofFamily(await sources.system(name), family);
      // What DNS said tells more than the system's "not found".
      if (addresses.length === 0) throw error;
      return { addresses, ttlMs: null };
    }
  };
  return { resolve, cancel: () => client.cancel() };
}

/** Those that the family admits. `auto`: the IPv4 ones if there are any, else the IPv6 ones. */
function ofFamily(addresses: readonly string[], family: AddressFamily): string[] {
  const v4 = addresses.filter((address) => isIPv4(address));
  const v6 = addresses.filter((address) => !isIPv4(address));
  if (family === 'v4') return v4;
  if (family === 'v6') return v6;
  if (family === 'all') return [...v4, ...v6];
  return v4.length > 0 ? v4 : v6;
}
