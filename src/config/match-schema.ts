/** What a route matches: path, methods, headers, query; with short forms for the common cases. */
import * as z from 'zod';
import { block, choice, exclusive, list, reading, rule } from './block.ts';
import { isToken } from './http-grammar.ts';
import type { NamedMatch, PathMatch, RouteMatch, ValueMatch } from './model.ts';
import { headerName, path, regex } from './name-schema.ts';
import { type Reading, read, refuse } from './reading.ts';
import { flag, text } from './scalar-schema.ts';

type Condition = Omit<NamedMatch, 'name'>;

const conditionShape = {
  present: flag().optional().describe('It is there (true) or not (false), whatever its value.'),
  exact: text(8192).optional().describe('The whole value.'),
  prefix: text(8192, 1).optional().describe('The value begins with this.'),
  suffix: text(8192, 1).optional().describe('The value ends with this.'),
  contains: text(8192, 1).optional().describe('The value has this in it.'),
  regex: regex().optional().describe('RE2 expression that the whole value matches.'),
  invert: flag().prefault(false).describe('The match holds where the condition does not.'),
};
const conditionKeys = ['present', 'exact', 'prefix', 'suffix', 'contains', 'regex'] as const;

const condition = block(conditionShape).check(exclusive(conditionKeys)).transform(toCondition).meta({
  id: 'value_match',
  description:
    'A condition on the value of a header or query parameter. Text means `exact`, true means `present`.',
});

const shortCondition = choice('text (exact), true (present), false (absent) or a mapping', [
  z.string().transform((value): Condition => ({ value: { kind: 'exact', value }, invert: false })),
  z.boolean().transform((isPresent): Condition => ({ value: { kind: 'present' }, invert: !isPresent })),
  condition,
]);

function namedMatches(name: z.ZodType<string>, id: string, title: string): z.ZodType<NamedMatch[]> {
  const named = block({ name: name.describe('Its name.'), ...conditionShape })
    .check(exclusive(conditionKeys))
    .transform((value): NamedMatch => ({ name: value.name, ...toCondition(value) }))
    .meta({ id, description: `A condition on one ${title}; for two conditions on the same one.` });
  const byName = z
    .record(name, shortCondition, { error: 'a mapping' })
    .transform((conditions) =>
      Object.entries(conditions).map(([key, value]): NamedMatch => ({ name: key, ...value })),
    );
  return choice(`a mapping of ${title} names to conditions, or a list of conditions`, [
    byName,
    list(named, 'conditions'),
  ]);
}

const lowerHeaderName = headerName().transform((name) => name.toLowerCase());

const matchBlock = block({
  prefix: path().optional().describe('The path begins with this, to the letter: /api also matches /apis.'),
  path: path().optional().describe('The path is exactly this.'),
  regex: regex().optional().describe('RE2 expression that the whole path, without the query, matches.'),
  methods: choice('a method or a list of methods', [method(), list(method(), 'methods')])
    .optional()
    .describe('One of these methods; without it any.'),
  headers: namedMatches(lowerHeaderName, 'header_match', 'header')
    .optional()
    .describe('Conditions on header fields; all must hold.'),
  query: namedMatches(text(1024, 1), 'query_match', 'query parameter')
    .optional()
    .describe('Conditions on query parameters; all must hold.'),
  connect: flag().prefault(false).describe('Matches CONNECT requests, and only those. They have no path.'),
})
  .check(exclusive(['prefix', 'path', 'regex'], false))
  .check(rule(connectHasNoPath))
  .transform(
    (value): RouteMatch => ({
      path: toPath(value),
      methods: value.methods === undefined ? [] : [value.methods].flat(),
      headers: value.headers ?? [],
      query: value.query ?? [],
      connect: value.connect,
    }),
  )
  .meta({ id: 'match', description: 'Which requests a route takes. Text means `prefix`.' });

export const matchSchema: z.ZodType<RouteMatch> = choice('a path prefix such as /api, or a mapping', [
  path().transform((value): RouteMatch => ({ ...anyRequest, path: { kind: 'prefix', value } })),
  matchBlock,
]);

const anyRequest = { methods: [], headers: [], query: [], connect: false };

function toPath(value: {
  prefix?: string | undefined;
  path?: string | undefined;
  regex?: string | undefined;
}): PathMatch {
  if (value.path !== undefined) return { kind: 'exact', value: value.path };
  if (value.regex !== undefined) return { kind: 'regex', value: value.regex };
  return { kind: 'prefix', value: value.prefix ?? '/' };
}

function toCondition(value: z.output<z.ZodObject<typeof conditionShape>>): Condition {
  return { value: toValueMatch(value), invert: value.invert !== (value.present === false) };
}

function toValueMatch(value: z.output<z.ZodObject<typeof conditionShape>>): ValueMatch {
  for (const kind of ['exact', 'prefix', 'suffix', 'contains', 'regex'] as const) {
    const expected = value[kind];
    if (expected !== undefined) return { kind, value: expected };
  }
  return { kind: 'present' };
}

function method(): z.ZodType<string> {
  return reading(z.string({ error: 'a method such as GET' }), readMethod);
}

function readMethod(value: string): Reading<string> {
  if (!isToken(value)) return refuse('a method such as GET');
  if (value === 'CONNECT') return refuse('a method other than CONNECT', 'write `connect: true`');
  const upper = value.toUpperCase();
  return value === upper ? read(value) : refuse('a method in capitals', `write ${upper}`);
}

function connectHasNoPath(value: Readonly<Record<string, unknown>>): { path: string[]; expected: string }[] {
  if (value['connect'] !== true) return [];
  const given = ['prefix', 'path', 'regex', 'methods'].filter((key) => value[key] !== undefined);
  return given.map((key) => ({ path: [key], expected: `no ${key} beside \`connect: true\`` }));
}
