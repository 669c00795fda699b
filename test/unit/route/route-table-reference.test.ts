/** The table against a naive implementation of the documented rules, over random tables and requests. */
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/index.ts';
import type {
  NamedMatch,
  PathMatch,
  RouteConfig,
  ValueMatch,
  VirtualHostConfig,
} from '../../../src/config/index.ts';
import { MemoryHead, route, tableOf, virtualHost } from './fixture.ts';

const LABELS = ['a', 'b', 'ab', 'api', 'eu'];
const SEGMENTS = ['a', 'b', 'ab', 'abc', '', 'A'];
const VALUES = ['', 'a', 'b', 'ab', 'abc'];
const PORTS = ['', '', ':80', ':81'];
const METHODS = ['GET', 'POST', 'CONNECT'];

class Generator {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  host(): string {
    return [this.oneOf(LABELS), ...this.list(2, () => this.oneOf(LABELS))].join('.');
  }

  domain(): string {
    const host = this.host();
    return this.oneOf([host, host, `*.${host}`, `*-${host}`, `${host}.*`, '*']) + this.oneOf(PORTS);
  }

  authority(): string {
    const host = this.oneOf([this.host(), this.host().toUpperCase(), `x-${this.host()}`, `${this.host()}.`]);
    return this.oneOf(['', host, host, host, host]) + this.oneOf([...PORTS, ':', ':x']);
  }

  path(): string {
    return `/${[this.oneOf(SEGMENTS), ...this.list(2, () => this.oneOf(SEGMENTS))].join('/')}`;
  }

  target(): string {
    const query = this.list(3, () => `${this.oneOf(VALUES)}${this.oneOf(['', '='])}${this.oneOf(VALUES)}`);
    return this.oneOf(['*', this.path(), this.path(), `${this.path()}?${query.join('&')}`]);
  }

  pathMatch(): PathMatch {
    const kind = this.oneOf(['prefix', 'prefix', 'exact', 'exact', 'regex'] as const);
    const value =
      kind === 'regex' ? this.path().replace(/[aA]/g, '[ab]*') : this.oneOf([this.path(), '/', '']);
    return { kind, value };
  }

  valueMatch(): ValueMatch {
    const kind = this.oneOf(['present', 'exact', 'prefix', 'suffix', 'contains', 'regex'] as const);
    if (kind === 'present') return { kind };
    return { kind, value: kind === 'regex' ? `${this.oneOf(VALUES)}b?` : this.oneOf(VALUES) };
  }

  named(names: readonly string[]): NamedMatch {
    return { name: this.oneOf(names), value: this.valueMatch(), invert: this.below(3) === 0 };
  }

  route(name: string): RouteConfig {
    const plain = this.below(2) === 0;
    return route(name, {
      path: this.pathMatch(),
      methods: plain ? [] : this.list(2, () => this.oneOf(METHODS)),
      headers: plain ? [] : this.list(1, () => this.named(['x-a', 'x-b', ':method'])),
      query: plain ? [] : this.list(1, () => this.named(['a', 'ab'])),
      connect: this.below(8) === 0,
    });
  }

  virtualHosts(): VirtualHostConfig[] {
    const taken = new Set<string>();
    return Array.from({ length: 1 + this.below(6) }, (_, index) => {
      const domains = this.list(4, () => this.domain()).filter((domain) => {
        const fresh = !taken.has(domain);
        taken.add(domain);
        return fresh;
      });
      const size = this.oneOf([3, 12, 40]);
      const routes = Array.from({ length: size }).map((_route, at) => this.route(`${index}/${at}`));
      return virtualHost(`host-${index}`, domains, routes);
    });
  }

  head(): MemoryHead {
    const method = this.oneOf(METHODS);
    const headers = this.list(2, () => [this.oneOf(['X-A', 'x-b']), this.oneOf(VALUES)] as const);
    const target = method === 'CONNECT' && this.below(4) > 0 ? this.authority() : this.target();
    const authority = this.authority();
    // The asterisk is for OPTIONS alone.
    return new MemoryHead({ method: target === '*' ? 'OPTIONS' : method, target, authority, headers });
  }
}

/** 0 for no match, else the higher the better. */
function domainRank(domain: string, authority: string): number {
  const [, pattern, domainPort] = /^(.*?)(?::(\d+))?$/.exec(domain)!;
  const [, rawHost, port] = /^(.*?)(?::(\d*))?$/.exec(authority.toLowerCase())!;
  const host = rawHost!.length > 1 ? rawHost!.replace(/\.$/, '') : rawHost!;
  if (domainPort !== undefined && domainPort !== port) return 0;
  const portRank = domainPort === undefined ? 0 : 1;
  if (pattern === '*') return 1 + portRank;
  if (!pattern!.includes('*')) return pattern === host ? 1e6 + portRank : 0;
  const affix = pattern!.replace('*', '');
  const suffix = pattern!.startsWith('*');
  const fits = host.length > affix.length && (suffix ? host.endsWith(affix) : host.startsWith(affix));
  return fits ? (suffix ? 1e5 : 1e4) + affix.length * 10 + portRank : 0;
}

function valueHolds({ value, invert }: NamedMatch, given: string | undefined): boolean {
  if (given === undefined) return invert && value.kind === 'present';
  const holds = {
    present: () => true,
    exact: (text: string) => given === text,
    prefix: (text: string) => given.startsWith(text),
    suffix: (text: string) => given.endsWith(text),
    contains: (text: string) => given.includes(text),
    regex: (text: string) => new RegExp(`^(?:${text})$`).test(given),
  }[value.kind](value.kind === 'present' ? '' : value.value);
  return holds !== invert;
}

function routeHolds({ match }: RouteConfig, head: MemoryHead): boolean {
  const isConnect = head.method === 'CONNECT';
  if (match.connect !== isConnect) return false;
  const [path, ...rest] = head.target.split('?');
  const pathHolds = {
    prefix: (text: string) => path!.startsWith(text),
    exact: (text: string) => path === text,
    regex: (text: string) => new RegExp(`^(?:${text})$`).test(path!),
  }[match.path.kind](match.path.value);
  if (!isConnect && !pathHolds) return false;
  if (match.methods.length > 0 && !match.methods.includes(head.method)) return false;
  const parameters = rest.join('?').split('&');
  const parameter = (name: string): string | undefined => {
    const found = parameters.find((text) => text === name || text.startsWith(`${name}=`));
    return found?.slice(name.length + 1);
  };
  const field = (name: string): string | undefined => (name === ':method' ? head.method : head.header(name));
  return (
    match.headers.every((condition) => valueHolds(condition, field(condition.name))) &&
    match.query.every((condition) => valueHolds(condition, parameter(condition.name)))
  );
}

function reference(hosts: readonly VirtualHostConfig[], head: MemoryHead): string | undefined {
  const named = head.method === 'CONNECT' && !head.target.startsWith('/');
  const authority = named ? head.target : head.authority;
  let best: VirtualHostConfig | undefined;
  let bestRank = 0;
  for (const host of hosts) {
    for (const domain of host.domains) {
      const rank = domainRank(domain, authority);
      if (rank > bestRank) {
        best = host;
        bestRank = rank;
      }
    }
  }
  return best?.routes.find((config) => routeHolds(config, head))?.name;
}

describe('route table', () => {
  test('answers what trying every domain and every route in order would', () => {
    let examined = 0;
    let matched = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const generator = new Generator(seed);
      const hosts = generator.virtualHosts();
      const table = tableOf(...hosts);
      for (let i = 0; i < 100; i++) {
        const head = generator.head();
        const expected = reference(hosts, head);
        const got = table.match(head)?.name;
        if (got !== expected) {
          const request = `${head.method} ${head.target} host=${head.authority}`;
          throw new Error(`seed ${seed}, request ${i} (${request}): expected ${expected}, got ${got}`);
        }
        examined++;
        if (got !== undefined) matched++;
      }
    }
    expect(examined).toBe(30_000);
    // The generator must reach both outcomes often, or the comparison proves nothing.
    expect(matched).toBeGreaterThan(5_000);
    expect(matched).toBeLessThan(25_000);
  });
});
