/**
 * From a request to its route: the authority chooses a virtual host, the virtual host's first matching route is taken.
 * Built anew for each snapshot; immutable; a match allocates nothing of its own.
 */
import { MeshlockError, type Problem } from '../base/index.ts';
import type { VirtualHostConfig } from '../config/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { DomainIndex } from './domain-index.ts';
import { Route } from './route.ts';
import { VirtualHost } from './virtual-host.ts';

export interface RouteTableOptions {
  readonly virtualHosts: readonly VirtualHostConfig[];
  /** Base of a route's counters. */
  readonly slotOf: (virtualHost: string, route: string) => number;
}

export class RouteTable {
  readonly #domains = new DomainIndex<VirtualHost>();
  /** Set when every request gets the same virtual host, so that its authority need not be read. */
  readonly #only: VirtualHost | null;

  /** Throws `CONFIG_INVALID` with every problem at once: a bad regular expression, a domain owned twice, no weight. */
  constructor(options: RouteTableOptions) {
    const problems: Problem[] = [];
    for (const [index, config] of options.virtualHosts.entries()) {
      const path = `virtual_hosts[${index}]`;
      const host = compileHost(config, path, options.slotOf, problems);
      for (const [position, domain] of config.domains.entries()) {
        if (this.#domains.claim(domain, host)) continue;
        problems.push({
          path: `${path}.domains[${position}]`,
          expected: 'a domain that no other entry has',
          got: domain,
        });
      }
    }
    if (problems.length > 0) throw new MeshlockError('CONFIG_INVALID', 'the routes cannot be used', problems);
    this.#only = this.#domains.ignoresAuthority ? this.#domains.find('') : null;
  }

  /** The route of a request, or null when no virtual host or no route matches. `head` is borrowed for the call. */
  match(head: RequestHead): Route | null {
    const { method } = head;
    if (method === 'CONNECT') return this.#matchConnect(head, method);
    const host = this.#only ?? this.#domains.find(head.authority);
    return host === null ? null : host.match(head, method);
  }

  #matchConnect(head: RequestHead, method: string): Route | null {
    const { target } = head;
    // The target of a CONNECT is its authority (RFC 9112 section 3.2.3); `Host` can only repeat it.
    const authority = target.startsWith('/') ? head.authority : target;
    const host = this.#only ?? this.#domains.find(authority);
    return host === null ? null : host.matchConnect(head, method, target);
  }
}

function compileHost(
  config: VirtualHostConfig,
  path: string,
  slotOf: RouteTableOptions['slotOf'],
  problems: Problem[],
): VirtualHost {
  const routes = config.routes.map(
    (route, index) =>
      new Route({
        config: route,
        virtualHost: config.name,
        slot: slotOf(config.name, route.name),
        host: config,
        path: `${path}.routes[${index}]`,
        problems,
      }),
  );
  return new VirtualHost(routes);
}
