/** Questions to DNS servers for the addresses of a name, by family, with TTL and errors that people can read. */
import { Resolver } from 'node:dns/promises';
import { type AddressFamily, type NameAnswer, NameLookupError } from './name-answer.ts';

export interface DnsClientOptions {
  readonly family: AddressFamily;
  /** `ip:port`; empty means the system's servers. */
  readonly resolvers: readonly string[];
  readonly queryTimeoutMs: number;
  readonly tries: number;
}

interface TimedAddress {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** The name is known not to have such an address; not a fault of the servers. */
const absentCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name (NXDOMAIN)',
  ENODATA: 'the name has no address of this family',
  ESERVFAIL: 'the DNS server failed (SERVFAIL)',
  EREFUSED: 'the DNS server refused the question (REFUSED)',
  ECONNREFUSED: 'no DNS server answers',
  ETIMEOUT: 'the DNS server did not answer in time',
  EBADNAME: 'not a name that DNS can be asked for',
  EBADRESP: 'the DNS server answered nonsense',
  EFORMERR: 'the DNS server did not understand the question (FORMERR)',
  ENOTIMP: 'the DNS server does not answer such questions (NOTIMP)',
  ECANCELLED: 'the look-up was given up',
};

export class DnsClient {
  readonly #resolver: Resolver;
  readonly #family: AddressFamily;

  constructor({ family, resolvers, queryTimeoutMs, tries }: DnsClientOptions) {
    this.#family = family;
    this.#resolver = new Resolver({ timeout: queryTimeoutMs, tries });
    if (resolvers.length > 0) this.#resolver.setServers(resolvers);
  }

  /** At least one address, or a rejection with `NameLookupError`. */
  async resolve(name: string): Promise<NameAnswer> {
    switch (this.#family) {
      case 'v4':
        return answerOf(await this.#ask(name, 'A'));
      case 'v6':
        return answerOf(await this.#ask(name, 'AAAA'));
      case 'auto':
        return answerOf((await this.#askOrNone(name, 'A')) ?? (await this.#ask(name, 'AAAA')));
      case 'all':
        return this.#resolveAll(name);
    }
  }

  cancel(): void {
    this.#resolver.cancel();
  }

  /** A server's failure for one family fails the whole: half an answer would drop the other half's endpoints. */
  async #resolveAll(name: string): Promise<NameAnswer> {
    const [v4, v6] = await Promise.all([this.#askOrNone(name, 'A'), this.#askOrNone(name, 'AAAA')]);
    if (v4 === null && v6 === null) throw new NameLookupError('ENOTFOUND', reasons['ENOTFOUND']!);
    return answerOf([...(v4 ?? []), ...(v6 ?? [])]);
  }

  /** `null` when the name has no such address. */
  async #askOrNone(name: string, type: 'A' | 'AAAA'): Promise<TimedAddress[] | null> {
    try {
      return await this.#ask(name, type);
    } catch (error) {
      if (error instanceof NameLookupError && absentCodes.has(error.code)) return null;
      throw error;
    }
  }

  async #ask(name: string, type: 'A' | 'AAAA'): Promise<TimedAddress[]> {
    try {
      const records = await (type === 'A'
        ? this.#resolver.resolve4(name, { ttl: true })
        : this.#resolver.resolve6(name, { ttl: true }));
      if (records.length > 0) return records;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
      throw new NameLookupError(code, `${type} ${name}: ${reasons[code] ?? code}`);
    }
    throw new NameLookupError('ENODATA', `${type} ${name}: ${reasons['ENODATA']}`);
  }
}

function answerOf(records: readonly TimedAddress[]): NameAnswer {
  const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Number.POSITIVE_INFINITY);
  return { addresses: records.map(({ address }) => address), ttlMs: ttl * 1000 };
}
