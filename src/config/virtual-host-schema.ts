/** A virtual host: the domains it answers for, and its routes. */
import * as z from 'zod';
import { isHostName, isIpLiteral } from './address.ts';
import { block, choice, list, reading } from './block.ts';
import { headerMutationsSchema, noMutations } from './header-schema.ts';
import type { RouteConfig, VirtualHostConfig } from './model.ts';
import { type Reading, read, refuse } from './reading.ts';
import { routeSchema } from './route-schema.ts';
import { text } from './scalar-schema.ts';

const domain = reading(z.string({ error: 'a domain such as example.com' }), readDomain);

export const routesSchema: z.ZodType<RouteConfig[]> = list(routeSchema, 'routes').transform(withUniqueNames);

export const virtualHostSchema: z.ZodType<VirtualHostConfig> = block({
  name: text(128, 1).optional().describe('Its label in metrics; by default the first domain.'),
  domains: choice('a domain or a list of domains', [
    domain,
    list(domain, 'domains').min(1, { error: 'a domain' }),
  ]).describe(
    'Exact (`example.com`), suffix (`*.example.com`), prefix (`api.*`) or all (`*`), each with an optional port.',
  ),
  routes: routesSchema.describe('Tried in order; the first that matches decides.'),
  request_headers: headerMutationsSchema
    .prefault({})
    .describe("Changes to every forwarded request of this host, applied before the route's own."),
  response_headers: headerMutationsSchema
    .prefault({})
    .describe("Changes to every answer of this host, applied before the route's own."),
})
  .transform((value): VirtualHostConfig => {
    const domains = [value.domains].flat();
    return {
      name: value.name ?? domains[0] ?? '*',
      domains,
      routes: value.routes,
      requestHeaders: value.request_headers,
      responseHeaders: value.response_headers,
    };
  })
  .meta({ id: 'virtual_host', description: 'Routes for some domains. The most specific domain wins.' });

/** What `routes` directly on a listener means. */
export function catchAllHost(routes: readonly RouteConfig[]): VirtualHostConfig {
  return { name: '*', domains: ['*'], routes, requestHeaders: noMutations, responseHeaders: noMutations };
}

/** Lower case. */
export function readDomain(value: string): Reading<string> {
  const expected = 'a domain such as example.com, *.example.com, api.* or *';
  const lower = value.toLowerCase();
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(lower) ?? [];
  if (host === undefined || Number(port ?? 0) > 65_535) return refuse(expected);
  if (host === '*' || isIpLiteral(host.replace(/^\[(.*)\]$/, '$1'))) return read(lower);
  const bare = host.replace(/^\*\./, '').replace(/\.\*$/, '');
  const isTwice = host.startsWith('*.') && host.endsWith('.*');
  return isHostName(bare) && !isTwice ? read(lower) : refuse(expected);
}

/** Two routes may match the same path under different conditions; the later one's label gets a number. */
function withUniqueNames(routes: readonly RouteConfig[]): RouteConfig[] {
  const count = new Map<string, number>();
  return routes.map((route) => {
    const seen = (count.get(route.name) ?? 0) + 1;
    count.set(route.name, seen);
    return seen === 1 ? route : { ...route, name: `${route.name}#${seen}` };
  });
}
