/** What a look-up of a name gives: addresses, or why there are none. */
import type { DnsDiscovery } from '../../config/index.ts';

export type AddressFamily = DnsDiscovery['family'];

export interface NameAnswer {
  readonly addresses: readonly string[];
  /** Of the shortest-lived record; `null` when the source tells none. */
  readonly ttlMs: number | null;
}

/** Why a look-up gave no addresses, in words; `code` as DNS or the system names it (`ENOTFOUND`, `ESERVFAIL`). */
export class NameLookupError extends Error {
  override readonly name = 'NameLookupError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
