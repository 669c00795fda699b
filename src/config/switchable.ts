/** What has a switch: `true` and `false` stand for the whole mapping. */
import type * as z from 'zod';
import { choice } from './block.ts';
import { flag } from './scalar-schema.ts';

/** `mapping` has a key `enabled` and defaults for all others; with `true` or `false` alone these hold. */
export function switchable<Config>(mapping: z.ZodType<Config>): z.ZodType<Config> {
  const switched = flag().transform((enabled): Config => mapping.parse({ enabled }));
  return choice('true, false or a mapping', [switched, mapping]);
}
