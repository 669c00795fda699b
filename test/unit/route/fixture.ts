/** A request head in memory, and short ways to write virtual hosts and routes. */
import type {
  ForwardAction,
  HeaderMutations,
  RedirectAction,
  RouteAction,
  RouteConfig,
  RouteMatch,
  VirtualHostConfig,
} from '../../../src/config/index.ts';
import type { RequestHead } from '../../../src/protocol/index.ts';
import { type Route, RouteTable } from '../../../src/route/index.ts';

export interface HeadOptions {
  readonly method?: string;
  readonly target?: string;
  readonly authority?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export class MemoryHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly #headers: readonly (readonly [string, string])[];

  constructor(options: HeadOptions = {}) {
    this.method = options.method ?? 'GET';
    this.target = options.target ?? '/';
    this.authority = options.authority ?? 'shop.example.com';
    this.#headers = options.headers ?? [];
  }

  get headerCount(): number {
    return this.#headers.length;
  }

  header(name: string): string | undefined {
    return this.#headers.find(([fieldName]) => fieldName.toLowerCase() === name)?.[1];
  }

  headerName(index: number): string {
    return this.#headers[index]![0];
  }

  headerValue(index: number): string {
    return this.#headers[index]![1];
  }
}

export const noHeaders: HeaderMutations = { remove: [], set: [], add: [] };

export function mutations(part: Partial<HeaderMutations>): HeaderMutations {
  return { ...noHeaders, ...part };
}

export function forwardTo(cluster: string, part: Partial<ForwardAction> = {}): ForwardAction {
  return {
    kind: 'forward',
    clusters: [{ cluster, weight: 1 }],
    prefixRewrite: null,
    hostRewrite: null,
    timeoutMs: 15_000,
    maxDurationMs: 0,
    retry: {
      on: [],
      statusCodes: [],
      attempts: 0,
      perTryTimeoutMs: 0,
      backoffBaseMs: 25,
      backoffMaxMs: 250,
      maxBodyBytes: 65_536,
    },
    hashPolicy: [],
    upgrades: [],
    ...part,
  };
}

export function redirectTo(part: Partial<RedirectAction>): RedirectAction {
  return {
    kind: 'redirect',
    status: 301,
    scheme: null,
    host: null,
    port: null,
    path: null,
    prefixRewrite: null,
    stripQuery: false,
    ...part,
  };
}

function matching(part: Partial<RouteMatch> = {}): RouteMatch {
  return {
    path: { kind: 'prefix', value: '/' },
    methods: [],
    headers: [],
    query: [],
    connect: false,
    ...part,
  };
}

export function route(name: string, match: Partial<RouteMatch> = {}, action?: RouteAction): RouteConfig {
  return {
    name,
    match: matching(match),
    action: action ?? forwardTo(name),
    requestHeaders: noHeaders,
    responseHeaders: noHeaders,
  };
}

export function virtualHost(
  name: string,
  domains: readonly string[],
  routes: readonly RouteConfig[] = [route(name)],
): VirtualHostConfig {
  return { name, domains, routes, requestHeaders: noHeaders, responseHeaders: noHeaders };
}

export function tableOf(...virtualHosts: readonly VirtualHostConfig[]): RouteTable {
  return new RouteTable({ virtualHosts, slotOf: () => 0 });
}

/** `config` compiled, as the table hands it out for `probe`. */
export function compiled(config: RouteConfig, probe: HeadOptions = {}): Route {
  const found = tableOf(virtualHost('all', ['*'], [config])).match(new MemoryHead(probe));
  if (found === null) throw new Error(`the probe does not reach route ${config.name}`);
  return found;
}
