/** A filter of an http listener: a built-in one by name, or a module of the user's own. */
import * as z from 'zod';
import { block, choice } from './block.ts';
import type { FilterConfig } from './model.ts';
import { name } from './name-schema.ts';
import { text } from './scalar-schema.ts';

const filter = block({
  name: name().describe('Of a built-in filter, or, with `module`, what it is called in logs and metrics.'),
  module: text(4096, 1)
    .optional()
    .describe('Path of a module with a filter of your own, relative to the directory of this file.'),
  options: z.unknown().optional().describe("The filter's own options; the filter checks them."),
})
  .transform(
    (value): FilterConfig => ({
      name: value.name,
      module: value.module ?? null,
      options: value.options ?? {},
    }),
  )
  .meta({
    id: 'filter',
    description: 'Something that looks at requests and answers. A name alone has no options.',
  });

const nameAlone = name().transform((value): FilterConfig => ({ name: value, module: null, options: {} }));

export const filterSchema: z.ZodType<FilterConfig> = choice('the name of a filter, or a mapping', [
  nameAlone,
  filter,
]);
