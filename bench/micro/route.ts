/**
 * Nanoseconds per `RouteTable.match`, for tables of growing size. Heads decode their strings from bytes at each read,
 * as those of a codec do: the first column reads method, authority and target and does nothing else. A table with the
 * one domain `*` never reads the authority, so its match may take less than that.
 * Run: `node bench/micro/route.ts`.
 */
import type { RouteConfig, RouteMatch, VirtualHostConfig } from '../../src/config/index.ts';
import type { RequestHead } from '../../src/protocol/index.ts';
import { RouteTable } from '../../src/route/index.ts';

const ROUNDS = 7;
const BATCH_MS = 60;
const NO_HEADERS = { remove: [], set: [], add: [] };

class BytesHead implements RequestHead {
  readonly headerCount: number = 1;
  readonly #authority: Buffer;
  readonly #target: Buffer;
  readonly #version: Buffer = Buffer.from('v2');

  constructor(authority: string, target: string) {
    this.#authority = Buffer.from(authority);
    this.#target = Buffer.from(target);
  }

  get method(): string {
    return 'GET';
  }

  get target(): string {
    return this.#target.toString('latin1');
  }

  get authority(): string {
    return this.#authority.toString('latin1');
  }

  header(name: string): string | undefined {
    return name === 'x-version' ? this.#version.toString('latin1') : undefined;
  }

  headerName(): string {
    return 'X-Version';
  }

  headerValue(): string {
    return 'v2';
  }
}

interface Case {
  readonly name: string;
  readonly hosts: readonly VirtualHostConfig[];
  readonly heads: readonly RequestHead[];
}

function route(name: string, match: Partial<RouteMatch>): RouteConfig {
  return {
    name,
    match: {
      path: { kind: 'prefix', value: '/' },
      methods: [],
      headers: [],
      query: [],
      connect: false,
      ...match,
    },
    action: { kind: 'reply', status: 204, body: '', contentType: '' },
    requestHeaders: NO_HEADERS,
    responseHeaders: NO_HEADERS,
  };
}

function host(name: string, domains: readonly string[], routes: readonly RouteConfig[]): VirtualHostConfig {
  return { name, domains, routes, requestHeaders: NO_HEADERS, responseHeaders: NO_HEADERS };
}

/** 64 requests spread evenly over the table. */
function spread(size: number, head: (index: number) => RequestHead): readonly RequestHead[] {
  return Array.from({ length: 64 }, (_, index) => head(Math.floor((index * size) / 64)));
}

function routesCase(size: number, kind: 'prefix' | 'exact' | 'regex'): Case {
  const value = (index: number): string =>
    kind === 'regex'
      ? `/service-${index}/[a-z]+/[0-9]+`
      : kind === 'exact'
        ? `/service-${index}/item/42`
        : `/service-${index}/`;
  const routes = Array.from({ length: size }, (_, index) =>
    route(`r${index}`, { path: { kind, value: value(index) } }),
  );
  return {
    name: `${size} ${kind} routes`,
    hosts: [host('all', ['*'], routes)],
    heads: spread(size, (index) => new BytesHead('shop.example.com', `/service-${index}/item/42?a=1`)),
  };
}

function hostsCase(size: number, kind: 'exact' | 'suffix', port: string): Case {
  const hosts = Array.from({ length: size }, (_, index) =>
    host(`h${index}`, [`${kind === 'suffix' ? '*.' : ''}shop-${index}.example.com`], [route('all', {})]),
  );
  const name = (index: number): string => `${kind === 'suffix' ? 'eu.' : ''}shop-${index}.example.com${port}`;
  return {
    name: `${size} ${kind} hosts${port === '' ? '' : ', port given'}`,
    hosts,
    heads: spread(size, (index) => new BytesHead(name(index), '/item/42?a=1')),
  };
}

function conditionsCase(): Case {
  const headers = [{ name: 'x-version', value: { kind: 'exact', value: 'v2' }, invert: false }] as const;
  const query = [{ name: 'a', value: { kind: 'exact', value: '1' }, invert: false }] as const;
  return {
    name: 'header and query match',
    hosts: [host('all', ['*'], [route('v2', { headers, query, methods: ['GET'] }), route('rest', {})])],
    heads: [new BytesHead('shop.example.com', '/item/42?a=1')],
  };
}

/** Best of some rounds: what else runs on the machine only ever adds. */
function nanoseconds(run: (index: number) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    let count = 0;
    const start = process.hrtime.bigint();
    let elapsed = 0;
    do {
      for (let i = 0; i < 1000; i++) sink = run(count + i);
      count += 1000;
      elapsed = Number(process.hrtime.bigint() - start);
    } while (elapsed < BATCH_MS * 1e6);
    best = Math.min(best, elapsed / count);
  }
  return best;
}

function measure({ name, hosts, heads }: Case): void {
  const table = new RouteTable({ virtualHosts: hosts, slotOf: () => 0 });
  const mask = heads.length - 1;
  for (const head of heads)
    if (table.match(head) === null) throw new Error(`${name}: a request has no route`);
  const floor = nanoseconds((index) => {
    const head = heads[index & mask]!;
    return head.method.length + head.authority.length + head.target.length;
  });
  const match = nanoseconds((index) => table.match(heads[index & mask]!));
  const cells = [floor, match, match - floor].map((ns) => ns.toFixed(0).padStart(10));
  console.log(`${name.padEnd(34)}${cells.join('')}`);
}

let sink: unknown;
console.log(
  `${'table'.padEnd(34)}${['read ns', 'match ns', 'added ns'].map((head) => head.padStart(10)).join('')}`,
);
for (const kind of ['prefix', 'exact', 'regex'] as const) {
  for (const size of kind === 'regex' ? [1, 10, 100] : [1, 10, 100, 1000]) measure(routesCase(size, kind));
}
for (const size of [1, 10, 100, 1000]) measure(hostsCase(size, 'exact', ''));
for (const size of [1, 1000]) measure(hostsCase(size, 'exact', ':8080'));
for (const size of [1, 10, 100, 1000]) measure(hostsCase(size, 'suffix', ''));
measure(conditionsCase());
if (sink === undefined) throw new Error('nothing was measured');
