/** Answers that need no upstream: a redirect, or a reply written in the configuration. */
import * as z from 'zod';
import { authority } from './address-schema.ts';
import { block, choice, exclusive, reading, rule } from './block.ts';
import { directResponseDefaults, redirectDefaults } from './defaults.ts';
import type { DirectReplyAction, RedirectAction } from './model.ts';
import { headerValue } from './name-schema.ts';
import { read, refuse } from './reading.ts';
import { flag, integer, word } from './scalar-schema.ts';

const longestBody = 65_536;
const redirectStatuses = [301, 302, 303, 307, 308] as const;

/** Unlike a path to match, one to redirect to may carry a query. */
const target = reading(z.string({ error: 'a path that begins with /' }).meta({ pattern: '^/' }), (value) =>
  /^\/[\x21-\x7e]*$/.test(value) ? read(value) : refuse('a path that begins with /, percent-encoded'),
);

export const redirectSchema: z.ZodType<RedirectAction> = block({
  status: z
    .literal([...redirectStatuses], { error: `one of ${redirectStatuses.join(', ')}` })
    .prefault(redirectDefaults.status)
    .describe('307 and 308 keep the method.'),
  scheme: word(['http', 'https']).optional().describe("Without it the request's own."),
  host: authority().optional().describe("Without it the request's own."),
  port: integer(1, 65_535).optional().describe("Without it the request's own."),
  path: target.optional().describe('Replaces the path.'),
  prefix_rewrite: target.optional().describe('Replaces the matched prefix.'),
  strip_query: flag().prefault(redirectDefaults.strip_query).describe('Leaves the query out.'),
})
  .check(exclusive(['path', 'prefix_rewrite'], false))
  .check(rule(changesSomething))
  .transform(
    (value): RedirectAction => ({
      kind: 'redirect',
      status: value.status,
      scheme: value.scheme ?? null,
      host: value.host ?? null,
      port: value.port ?? null,
      path: value.path ?? null,
      prefixRewrite: value.prefix_rewrite ?? null,
      stripQuery: value.strip_query,
    }),
  )
  .meta({
    id: 'redirect',
    description: 'Sends the caller elsewhere. What is left out stays as it was requested.',
  });

const reply = block({
  status: integer(200, 599).describe('Status of the answer.'),
  body: z
    .string({ error: 'text' })
    .max(longestBody, { error: `text of at most ${longestBody} characters` })
    .prefault(directResponseDefaults.body)
    .describe('Sent as UTF-8.'),
  content_type: headerValue()
    .prefault(directResponseDefaults.content_type)
    .describe('`Content-Type` of the body.'),
})
  .check(
    rule(({ status, body }) =>
      (status === 204 || status === 304) && body !== ''
        ? [{ path: ['body'], expected: `no body: an answer ${status} has none (RFC 9110)` }]
        : [],
    ),
  )
  .transform((value) => toReply(value.status, value.body, value.content_type))
  .meta({ id: 'direct_response', description: 'An answer without an upstream.' });

const statusAlone = integer(200, 599).transform((status) =>
  toReply(status, directResponseDefaults.body, directResponseDefaults.content_type),
);

export const directResponseSchema: z.ZodType<DirectReplyAction> = choice('a status, or a mapping', [
  statusAlone,
  reply,
]);

function toReply(status: number, body: string, contentType: string): DirectReplyAction {
  return { kind: 'reply', status, body, contentType };
}

function changesSomething(
  value: Readonly<Record<string, unknown>>,
): { path: string[]; expected: string; got: string; hint: string }[] {
  const keys = ['scheme', 'host', 'port', 'path', 'prefix_rewrite'];
  if (keys.some((key) => value[key] !== undefined)) return [];
  const hint = 'it would send the caller back to the same URL, for ever';
  return [{ path: [], expected: `at least one of ${keys.join(', ')}`, got: 'none of them', hint }];
}
