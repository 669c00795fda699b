/** What a request is hashed by, for the ring-hash and Maglev balancers. */
import * as z from 'zod';
import { block, choice, exclusive } from './block.ts';
import type { HashPolicy } from './model.ts';
import { headerName } from './name-schema.ts';
import { flag, text } from './scalar-schema.ts';

const sourceIp = z
  .literal('source_ip', { error: 'source_ip or a mapping' })
  .transform((): HashPolicy => ({ kind: 'source-ip', terminal: false }));

const policy = block({
  header: headerName().optional().describe('Hash this request header.'),
  cookie: text(256, 1).optional().describe('Hash this cookie.'),
  query: text(1024, 1).optional().describe('Hash this query parameter.'),
  source_ip: z.literal(true, { error: 'true' }).optional().describe("Hash the caller's address."),
  terminal: flag()
    .prefault(false)
    .describe('When this one yields a hash, the policies behind it are not asked.'),
})
  .check(exclusive(['header', 'cookie', 'query', 'source_ip']))
  .transform(({ header, cookie, query, terminal }): HashPolicy => {
    if (header !== undefined) return { kind: 'header', name: header.toLowerCase(), terminal };
    if (cookie !== undefined) return { kind: 'cookie', name: cookie, terminal };
    return query === undefined ? { kind: 'source-ip', terminal } : { kind: 'query', name: query, terminal };
  })
  .meta({ id: 'hash_policy', description: 'One part of the hash of a request.' });

export const hashPolicySchema: z.ZodType<HashPolicy> = choice('source_ip or a mapping', [sourceIp, policy]);
