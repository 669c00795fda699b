/** Whether and how nodes introduce themselves to one another and count their calls, and who collects the counts. */
import * as z from 'zod';
import { block, list, reading } from './block.ts';
import { readRange } from './cidr.ts';
import { meshDefaults as defaults } from './defaults.ts';
import type { MeshAggregatorConfig, MeshConfig } from './model.ts';
import { flag, integer } from './scalar-schema.ts';
import { switchable } from './switchable.ts';
import { type FileToken, fileToken, oneToken, tokenFields } from './token-schema.ts';
import { baseUrl } from './url-schema.ts';

/** The aggregator with the token still in its file. */
export interface FileAggregator extends MeshAggregatorConfig, FileToken {}

export interface FileMesh extends Omit<MeshConfig, 'aggregator'> {
  readonly aggregator: FileAggregator | null;
}

const aggregatorSchema: z.ZodType<FileAggregator> = block({
  url: baseUrl('http://aggregator:9921').describe(
    'Where closed epochs are pushed to, such as `http://aggregator:9921`.',
  ),
  ...tokenFields('Bearer token for the aggregator.'),
})
  .check(oneToken())
  .transform((value): FileAggregator => ({ url: value.url, ...fileToken(value) }))
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

export const meshSchema: z.ZodType<FileMesh> = switchable(meshBlock);
