/** A listener: an address, the protocol spoken there, and where its traffic goes. */
import * as z from 'zod';
import { listenAddress } from './address-schema.ts';
import { accessLogsSchema } from './access-log-schema.ts';
import { block, choice, exclusive, list } from './block.ts';
import { forwardedDefaults, listenerDefaults as defaults } from './defaults.ts';
import { filterSchema } from './filter-schema.ts';
import { httpLimitsSchema } from './limits-schema.ts';
import type { ForwardedConfig, ListenerConfig, SocketAddress, VirtualHostConfig } from './model.ts';
import { name, pseudonym } from './name-schema.ts';
import { routeToClusters } from './route-schema.ts';
import { durationOrZero, flag, integer, word } from './scalar-schema.ts';
import { targetShape, targetsOf } from './target-schema.ts';
import { catchAllHost, routesSchema, virtualHostSchema } from './virtual-host-schema.ts';

const commonShape = {
  name: name().optional().describe('Its label in metrics and logs; by default `listener-` and the port.'),
  address: listenAddress('0.0.0.0').describe(
    'IP address and port to listen on; a port alone means every IPv4 interface.',
  ),
  role: word(['inbound', 'outbound', 'gateway'])
    .prefault(defaults.role)
    .describe(
      'Whose calls these are: to the application beside it (inbound), of it (outbound), or anybody through a gateway.',
    ),
  proxy_protocol: word(['off', 'accept', 'require'])
    .prefault(defaults.proxy_protocol)
    .describe('PROXY header at the start of each connection: none, allowed, or obligatory.'),
  max_connections: integer(0)
    .prefault(defaults.max_connections)
    .describe('Connections at once over all data threads; more are closed. 0: no limit.'),
  backlog: integer(1, 65_535)
    .prefault(defaults.backlog)
    .describe('Connections that the kernel keeps until they are accepted.'),
  access_logs: accessLogsSchema.prefault([]).describe('A file, or a list of access logs.'),
};

const forwardedMode = word(['append', 'replace', 'off']);

const forwarded = block({
  mode: forwardedMode
    .prefault(forwardedDefaults.mode)
    .describe('`append` to the `X-Forwarded-*` that came, `replace` it (an edge), or leave it `off`.'),
  keep_request_id: flag()
    .prefault(forwardedDefaults.keep_request_id)
    .describe("Keep a caller's `X-Request-Id`. One is made where none came."),
})
  .transform((value): ForwardedConfig => ({ mode: value.mode, keepRequestId: value.keep_request_id }))
  .meta({ id: 'forwarded', description: 'What is told to the upstream about the caller.' });

const modeAlone = forwardedMode.transform(
  (mode): ForwardedConfig => ({ mode, keepRequestId: forwardedDefaults.keep_request_id }),
);

const httpListener = block({
  protocol: z.literal('http').prefault(defaults.protocol).describe('HTTP/1.1.'),
  ...commonShape,
  virtual_hosts: list(virtualHostSchema, 'virtual hosts')
    .optional()
    .describe('Routes for each of several domains.'),
  routes: routesSchema.optional().describe('Short for one virtual host `*` with these routes.'),
  ...targetShape,
  filters: list(filterSchema, 'filters')
    .prefault([])
    .describe('Run in this order before a request is routed.'),
  limits: httpLimitsSchema.prefault({}).describe('Bounds on what a caller may send, and how slowly.'),
  via: pseudonym().prefault(defaults.via).describe('Name in `Via`. Empty: none is added.'),
  forwarded: choice('append, replace, off, or a mapping', [modeAlone, forwarded])
    .prefault({})
    .describe('What is told to the upstream about the caller; a word is `mode`.'),
})
  .check(exclusive(['virtual_hosts', 'routes', 'cluster', 'clusters']))
  .transform(
    (value): ListenerConfig => ({
      ...commonOf(value),
      protocol: {
        kind: 'http',
        virtualHosts: virtualHostsOf(value),
        filters: value.filters,
        limits: value.limits,
        via: value.via,
        forwarded: value.forwarded,
      },
    }),
  )
  .meta({ id: 'http_listener', description: 'A listener that speaks HTTP.' });

const tcpListener = block({
  protocol: z.literal('tcp').describe('Bytes, whatever they mean.'),
  ...commonShape,
  ...targetShape,
  idle_timeout: durationOrZero()
    .prefault(defaults.tcp_idle_timeout)
    .describe('Neither side sent anything for this long: closed. 0: never.'),
})
  .check(exclusive(['cluster', 'clusters']))
  .transform(
    (value): ListenerConfig => ({
      ...commonOf(value),
      protocol: { kind: 'tcp', clusters: targetsOf(value) ?? [], idleTimeoutMs: value.idle_timeout },
    }),
  )
  .meta({ id: 'tcp_listener', description: 'A listener that passes bytes through.' });

export const listenerSchema: z.ZodType<ListenerConfig> = z.discriminatedUnion(
  'protocol',
  [httpListener, tcpListener],
  {
    error: 'a mapping',
  },
);

export function listenerNameOf(address: SocketAddress): string {
  return `listener-${address.port}`;
}

function commonOf(value: z.output<z.ZodObject<typeof commonShape>>): Omit<ListenerConfig, 'protocol'> {
  return {
    name: value.name ?? listenerNameOf(value.address),
    address: value.address,
    role: value.role,
    proxyProtocol: value.proxy_protocol,
    maxConnections: value.max_connections,
    backlog: value.backlog,
    accessLogs: value.access_logs,
  };
}

function virtualHostsOf(value: {
  virtual_hosts?: VirtualHostConfig[] | undefined;
  routes?: VirtualHostConfig['routes'] | undefined;
  cluster?: string | undefined;
  clusters?: Parameters<typeof targetsOf>[0]['clusters'];
}): readonly VirtualHostConfig[] {
  if (value.virtual_hosts !== undefined) return value.virtual_hosts;
  return [catchAllHost(value.routes ?? [routeToClusters(targetsOf(value) ?? [])])];
}
