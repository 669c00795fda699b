/**
 * From the authority of a request to whoever owns the domain. The order of preference is Envoy's: an exact name, the
 * longest `*.suffix`, the longest `prefix.*`, then `*`; at each of these steps a domain with the request's own port
 * goes before the same domain without one, which stands for any port.
 */
import { hasUpperCase, hostEnd, NO_PORT, portAfter } from './authority.ts';
import { EMPTY_HASH, extendHash, hashBackward, hashForward } from './rolling-hash.ts';

const DOT = 0x2e;

/** Owners of one host pattern, by port. */
class Owners<T> {
  readonly pattern: string;
  /** Another pattern with the same hash. */
  readonly next: Owners<T> | null;
  #anyPort: T | null = null;
  #byPort: Map<number, T> | null = null;

  constructor(pattern: string, next: Owners<T> | null) {
    this.pattern = pattern;
    this.next = next;
  }

  get portMatters(): boolean {
    return this.#byPort !== null;
  }

  of(port: number): T | null {
    if (this.#byPort !== null && port !== NO_PORT) return this.#byPort.get(port) ?? this.#anyPort;
    return this.#anyPort;
  }

  /** False when the place is taken. */
  claim(port: number, owner: T): boolean {
    if (port === NO_PORT) {
      if (this.#anyPort !== null) return false;
      this.#anyPort = owner;
      return true;
    }
    this.#byPort ??= new Map();
    if (this.#byPort.has(port)) return false;
    this.#byPort.set(port, owner);
    return true;
  }
}

/** Host patterns by their rolling hash; which end of the host they stand at is the caller's to say. */
class PatternTable<T> {
  readonly #byHash = new Map<number, Owners<T>>();
  /** By length: is there a pattern so long? */
  readonly #lengths: boolean[] = [];

  get empty(): boolean {
    return this.#byHash.size === 0;
  }

  /** One more than the length of the longest pattern. */
  get lengthLimit(): number {
    return this.#lengths.length;
  }

  hasLength(length: number): boolean {
    return length < this.#lengths.length && this.#lengths[length] === true;
  }

  first(hash: number): Owners<T> | null {
    return this.#byHash.get(hash) ?? null;
  }

  claim(pattern: string, hash: number, port: number, owner: T): boolean {
    const first = this.first(hash);
    let owners = first;
    while (owners !== null && owners.pattern !== pattern) owners = owners.next;
    if (owners === null) {
      owners = new Owners(pattern, first);
      this.#byHash.set(hash, owners);
      while (this.#lengths.length <= pattern.length) this.#lengths.push(false);
      this.#lengths[pattern.length] = true;
    }
    return owners.claim(port, owner);
  }
}

export class DomainIndex<T> {
  readonly #exact = new PatternTable<T>();
  readonly #suffixes = new PatternTable<T>();
  readonly #prefixes = new PatternTable<T>();
  readonly #any = new Owners<T>('*', null);
  /** Domains that stand for any port, as written in an authority without one. */
  readonly #plain = new Map<string, T>();

  /**
   * Gives `domain` (`example.com`, `*.example.com`, `api.*`, `*`, each with an optional `:port`) to `owner`; false when
   * it is taken.
   */
  claim(domain: string, owner: T): boolean {
    const end = hostEnd(domain);
    const port = portAfter(domain, end);
    const host = domain.slice(0, withoutDot(domain, end)).toLowerCase();
    if (host === '*') return this.#any.claim(port, owner);
    if (host.startsWith('*')) {
      const suffix = host.slice(1);
      return this.#suffixes.claim(suffix, hashBackward(suffix), port, owner);
    }
    if (host.endsWith('*')) {
      const prefix = host.slice(0, -1);
      return this.#prefixes.claim(prefix, hashForward(prefix), port, owner);
    }
    if (!this.#exact.claim(host, hashForward(host), port, owner)) return false;
    if (port === NO_PORT) this.#plain.set(host, owner);
    return true;
  }

  /** True when no authority can change the answer. */
  get ignoresAuthority(): boolean {
    return this.#exact.empty && this.#suffixes.empty && this.#prefixes.empty && !this.#any.portMatters;
  }

  /** The owner of `authority` (`Host` or `:authority` as written; may be empty), or null. */
  find(authority: string): T | null {
    // Most requests name a host in lower case and without a port: one look-up and done.
    const plain = this.#plain.get(authority);
    if (plain !== undefined) return plain;
    const text = hasUpperCase(authority) ? authority.toLowerCase() : authority;
    const colon = hostEnd(text);
    const port = portAfter(text, colon);
    const end = withoutDot(text, colon);
    return (
      this.#findExact(text, end, port) ??
      this.#longestSuffix(text, end, port) ??
      this.#longestPrefix(text, end, port) ??
      this.#any.of(port)
    );
  }

  #findExact(text: string, end: number, port: number): T | null {
    if (!this.#exact.hasLength(end)) return null;
    let hash = EMPTY_HASH;
    for (let i = 0; i < end; i++) hash = extendHash(hash, text.charCodeAt(i));
    for (let owners = this.#exact.first(hash); owners !== null; owners = owners.next) {
      if (owners.pattern.length === end && text.startsWith(owners.pattern)) return owners.of(port);
    }
    return null;
  }

  /** The affix is never the whole host: `*.x` does not match `.x`. The last one found is the longest. */
  #longestSuffix(text: string, end: number, port: number): T | null {
    let found: T | null = null;
    let hash = EMPTY_HASH;
    const limit = Math.min(end, this.#suffixes.lengthLimit);
    for (let length = 1; length < limit; length++) {
      hash = extendHash(hash, text.charCodeAt(end - length));
      if (!this.#suffixes.hasLength(length)) continue;
      for (let owners = this.#suffixes.first(hash); owners !== null; owners = owners.next) {
        if (text.startsWith(owners.pattern, end - length)) found = owners.of(port) ?? found;
      }
    }
    return found;
  }

  #longestPrefix(text: string, end: number, port: number): T | null {
    let found: T | null = null;
    let hash = EMPTY_HASH;
    const limit = Math.min(end, this.#prefixes.lengthLimit);
    for (let length = 1; length < limit; length++) {
      hash = extendHash(hash, text.charCodeAt(length - 1));
      if (!this.#prefixes.hasLength(length)) continue;
      for (let owners = this.#prefixes.first(hash); owners !== null; owners = owners.next) {
        if (owners.pattern.length === length && text.startsWith(owners.pattern)) {
          found = owners.of(port) ?? found;
        }
      }
    }
    return found;
  }
}

/** `example.com.` is the absolute form of `example.com` (RFC 3986 section 3.2.2). */
function withoutDot(text: string, end: number): number {
  return end > 1 && text.charCodeAt(end - 1) === DOT ? end - 1 : end;
}
