/** Whether and how nodes introduce themselves to one another and count their calls, and who collects the counts. */
import * as z from 'zod';
import { block, choice, exclusive, list, reading } from './block.ts';
import { readRange } from './cidr.ts';
import { meshDefaults as defaults } from './defaults.ts';
import type { MeshAggregatorConfig, MeshConfig } from './model.ts';
import { readToken } from './process-schema.ts';
import { type Reading, read, refuse } from './reading.ts';
import { flag, integer, text } from './scalar-schema.ts';

/** The aggregator with the token still in its file. */
export interface FileAggregator extends MeshAggregatorConfig {
  readonly tokenFile: string | null;
}

export interface FileMesh extends Omit<MeshConfig, 'aggregator'> {
  readonly aggregator: FileAggregator | null;
}

const aggregatorSchema: z.ZodType<FileAggregator> = block({
  url: reading(z.string({ error: 'a URL such as http://aggregator:9921' }), readUrl).describe(
    'Where closed epochs are pushed to, such as `http://aggregator:9921`.',
  ),
  token: reading(z.string({ error: 'a token as text' }).meta({ minLength: 1 }), readToken)
    .optional()
    .describe('Bearer token for the aggregator. Prefer `token_file`.'),
  token_file: text(4096, 1)
    .optional()
    .describe(
      'File that holds the token, relative to the directory of this file. Read when the configuration is loaded.',
    ),
})
  .check(exclusive(['token', 'token_file'], false))
  .transform(
    (value): FileAggregator => ({
      url: value.url,
      token: value.token ?? '',
      tokenFile: value.token_file ?? null,
    }),
  )
  .meta({ id: 'mesh_aggregator', description: 'The aggregator that joins the counts of all nodes.' });

const range = reading(
  z.string({ error: 'a range of addresses such as 10.0.0.0/8 or fd00::/8' }).meta({ minLength: 1 }),
  readRange,
);

const meshBlock = block({
  enabled: flag()
    .prefault(defaults.enabled)
    .describe('Whether this node introduces itself and counts its calls.'),
  trust: list(range, 'address ranges')
    .max(256, { error: 'a list of at most 256 address ranges' })
    .prefault([...defaults.trust])
    .describe(
      'Peers whose introductions are believed, by the address of the connection; by default loopback and private ranges.',
    ),
  max_peers: integer(1, 100_000)
    .prefault(defaults.max_peers)
    .describe('Peers that are told apart in one epoch; calls with further ones are counted together.'),
  aggregator: aggregatorSchema.optional().describe('Who collects the counts; by default nobody.'),
})
  .transform(
    (value): FileMesh => ({
      enabled: value.enabled,
      trust: value.trust,
      maxPeers: value.max_peers,
      aggregator: value.aggregator ?? null,
    }),
  )
  .meta({
    id: 'mesh',
    description:
      'Nodes introduce themselves to one another (`x-meshlock-peer`) and count calls and failures per peer and epoch. ' +
      '`true` switches it on with its defaults.',
  });

const switchedOff: FileMesh = meshBlock.parse({ enabled: false });

export const meshSchema: z.ZodType<FileMesh> = choice('true, false or a mapping', [
  flag().transform((enabled): FileMesh => ({ ...switchedOff, enabled })),
  meshBlock,
]);

function readUrl(value: string): Reading<string> {
  const expected = 'a URL such as http://aggregator:9921';
  const url = URL.parse(value);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return refuse(expected, /^[^/]+:\d+$/.test(value) ? 'put http:// in front' : undefined);
  if (url.username !== '' || url.password !== '')
    return refuse(`${expected}, without user and password`, 'use token_file');
  const isBare = url.search === '' && url.hash === '';
  return isBare ? read(value.replace(/\/$/, '')) : refuse(`${expected}, without query and fragment`);
}
