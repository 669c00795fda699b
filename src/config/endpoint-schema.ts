/** Endpoints of a cluster: `127.0.0.1:3000`, a port of this machine, or a mapping with weight and priority. */
import * as z from 'zod';
import { endpointAddress } from './address-schema.ts';
import { block, choice, list } from './block.ts';
import { endpointDefaults } from './defaults.ts';
import type { EndpointConfig } from './model.ts';
import { integer, text } from './scalar-schema.ts';

const endpoint = block({
  address: endpointAddress().describe(
    '`ip:port`; a host name only with `type: strict_dns`. A port alone is on 127.0.0.1.',
  ),
  weight: integer(1, 128)
    .prefault(endpointDefaults.weight)
    .describe('Share relative to the other weights of its priority.'),
  priority: integer(0, 127)
    .prefault(endpointDefaults.priority)
    .describe('0 is preferred; higher ones take over as the lower lose health. Without gaps.'),
  metadata: z
    .record(text(256, 1), text(1024), { error: 'a mapping of text to text' })
    .prefault({})
    .describe('Free facts about it, such as version or zone.'),
})
  .transform((value): EndpointConfig => value)
  .meta({
    id: 'endpoint',
    description: 'An address that requests are sent to. Text or a number is `address`.',
  });

const addressAlone = endpointAddress().transform(
  (address): EndpointConfig => ({ address, ...endpointDefaults, metadata: {} }),
);

export const endpointsSchema: z.ZodType<EndpointConfig[]> = list(
  choice('an address such as 10.0.0.1:80, or a mapping', [addressAlone, endpoint]),
  'endpoints',
)
  .min(1, { error: 'at least one endpoint' })
  .refine((endpoints) => hasNoGap(endpoints.map((one) => one.priority)), {
    error: 'priorities that begin at 0 and leave none out',
  });

function hasNoGap(priorities: readonly number[]): boolean {
  const given = new Set(priorities);
  // An empty list is another problem.
  return given.size === 0 || (given.has(0) && Math.max(...given) === given.size - 1);
}
