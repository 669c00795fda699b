/** Header changes: `{ remove: [...], set: {...}, add: {...} }`. */
import * as z from 'zod';
import { block, choice, list, reading, rule } from './block.ts';
import { framingFields, isToken } from './http-grammar.ts';
import type { HeaderMutations, HeaderPair } from './model.ts';
import { headerValue } from './name-schema.ts';
import { type Reading, read, refuse } from './reading.ts';

/** A field that the configuration may change. */
const changeable = reading(z.string({ error: 'a header name' }), readChangeable);

const valueOrValues = choice('a header value, or a list of them', [
  headerValue(),
  list(headerValue(), 'header values'),
]);

export const noMutations: HeaderMutations = { remove: [], set: [], add: [] };

export const headerMutationsSchema: z.ZodType<HeaderMutations> = block({
  remove: list(changeable, 'header names').optional().describe('Fields to take away; applied first.'),
  set: z
    .record(changeable, headerValue(), { error: 'a mapping of header names to values' })
    .optional()
    .describe('Fields to replace, or add where missing; applied second. The value is taken as it stands.'),
  add: z
    .record(changeable, valueOrValues, { error: 'a mapping of header names to values' })
    .optional()
    .describe('Fields to add beside what is there; applied last. A list adds one field for each value.'),
})
  .check(rule(({ set }) => duplicateNames(set)))
  .transform(({ remove, set, add }) => ({
    remove: remove ?? [],
    set: Object.entries(set ?? {}).map(([name, value]) => ({ name, value })),
    add: Object.entries(add ?? {}).flatMap(([name, value]) => pairs(name, value)),
  }))
  .meta({ id: 'headers', description: 'Changes to the header fields of a message.' });

function pairs(name: string, value: string | readonly string[]): HeaderPair[] {
  return (typeof value === 'string' ? [value] : value).map((single) => ({ name, value: single }));
}

function readChangeable(name: string): Reading<string> {
  const lower = name.toLowerCase();
  if (!isToken(name)) return refuse('a header name (letters, digits and - are safe)');
  if (lower === 'host') return refuse('a header that may be changed', 'use host_rewrite');
  return framingFields.has(lower)
    ? refuse('a header that may be changed', `${lower} belongs to the connection; the proxy writes it`)
    : read(name);
}

function duplicateNames(set: unknown): { path: string[]; expected: string; got: string }[] {
  if (typeof set !== 'object' || set === null) return [];
  const seen = new Set<string>();
  const again = Object.keys(set).filter((name) => {
    const lower = name.toLowerCase();
    return seen.has(lower) || !seen.add(lower);
  });
  return again.map((name) => ({
    path: ['set', name],
    expected: 'each header once (names ignore case)',
    got: `${name} again`,
  }));
}
