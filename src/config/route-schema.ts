/** One route: what it matches and what becomes of the request (forwarded, redirected or answered here). */
import type * as z from 'zod';
import { authority } from './address-schema.ts';
import { block, type Complaint, exclusive, list, rule } from './block.ts';
import { routeDefaults } from './defaults.ts';
import { hashPolicySchema } from './hash-policy-schema.ts';
import { headerMutationsSchema, noMutations } from './header-schema.ts';
import { matchSchema } from './match-schema.ts';
import type { RouteAction, RouteConfig, RouteMatch } from './model.ts';
import { path, token } from './name-schema.ts';
import { defaultMs } from './quantity.ts';
import { directResponseSchema, redirectSchema } from './reply-schema.ts';
import { neverRetry, retrySchema } from './retry-schema.ts';
import { durationOrZero, text } from './scalar-schema.ts';
import { targetShape, targetsOf } from './target-schema.ts';

/** Keys that mean something only where the request is forwarded. */
const forwardShape = {
  prefix_rewrite: path().optional().describe('Replaces the matched prefix or path.'),
  host_rewrite: authority().optional().describe('Replaces `Host`.'),
  timeout: durationOrZero()
    .optional()
    .meta({ fileDefault: routeDefaults.timeout })
    .describe("From the end of the request to the first byte of the answer's head, over all tries. 0: none."),
  max_duration: durationOrZero()
    .optional()
    .meta({ fileDefault: routeDefaults.max_duration })
    .describe('The whole exchange from its first byte. 0: none.'),
  retry: retrySchema
    .optional()
    .describe('When a failed try is repeated; without it never. A number is `attempts`.'),
  hash_policy: list(hashPolicySchema, 'hash policies')
    .optional()
    .describe('What `ring_hash` and `maglev` balancers hash.'),
  upgrades: list(token('a protocol such as websocket'), 'protocols')
    .optional()
    .describe('Protocols that `Upgrade` may switch to, such as `websocket`.'),
};

const routeBlock = block({
  name: text(128, 1).optional().describe('Its label in metrics; by default made of the match.'),
  match: matchSchema.prefault('/').describe('Which requests it takes; text is a path prefix.'),
  ...targetShape,
  redirect: redirectSchema.optional().describe('Sends the caller elsewhere.'),
  direct_response: directResponseSchema.optional().describe('Answers here; a number is the status.'),
  ...forwardShape,
  request_headers: headerMutationsSchema
    .prefault({})
    .describe('Changes to the request before it is forwarded.'),
  response_headers: headerMutationsSchema.prefault({}).describe('Changes to the answer.'),
})
  .check(exclusive(['cluster', 'clusters', 'redirect', 'direct_response']))
  .check(rule(onlyWhenForwarding))
  .check(rule(rewriteNeedsPrefix));

export const routeSchema: z.ZodType<RouteConfig> = routeBlock.transform(toRoute).meta({
  id: 'route',
  description: 'What becomes of some requests. Routes are tried in order; the first that matches decides.',
});

function toRoute(value: z.output<typeof routeBlock>): RouteConfig {
  return {
    name: value.name ?? routeNameOf(value.match),
    match: value.match,
    action: toAction(value),
    requestHeaders: value.request_headers,
    responseHeaders: value.response_headers,
  };
}

function toAction(value: z.output<typeof routeBlock>): RouteAction {
  const answer = value.redirect ?? value.direct_response;
  if (answer !== undefined) return answer;
  return {
    kind: 'forward',
    clusters: targetsOf(value) ?? [],
    prefixRewrite: value.prefix_rewrite ?? null,
    hostRewrite: value.host_rewrite ?? null,
    timeoutMs: value.timeout ?? defaultMs(routeDefaults.timeout),
    maxDurationMs: value.max_duration ?? defaultMs(routeDefaults.max_duration),
    retry: value.retry ?? neverRetry,
    hashPolicy: value.hash_policy ?? [],
    upgrades: (value.upgrades ?? []).map((protocol) => protocol.toLowerCase()),
  };
}

/** Made of the match, not of the position: a route keeps its metrics when another is put in front of it. */
function routeNameOf(match: RouteMatch): string {
  if (match.connect) return 'CONNECT';
  const mark = { prefix: '', exact: '=', regex: '~' }[match.path.kind];
  return (mark + match.path.value).replace(/\p{Cc}/gu, '_').slice(0, 120);
}

/** The route that a listener's `cluster` stands for. */
export function routeToClusters(targets: NonNullable<ReturnType<typeof targetsOf>>): RouteConfig {
  const match: RouteMatch = {
    path: { kind: 'prefix', value: '/' },
    methods: [],
    headers: [],
    query: [],
    connect: false,
  };
  const [first] = targets;
  const route = toRoute({
    match,
    request_headers: noMutations,
    response_headers: noMutations,
    cluster: first?.cluster,
  });
  return route.action.kind === 'forward'
    ? { ...route, action: { ...route.action, clusters: targets } }
    : route;
}

function onlyWhenForwarding(value: Readonly<Record<string, unknown>>): Complaint[] {
  const answer = value['redirect'] === undefined ? 'direct_response' : 'redirect';
  if (value[answer] === undefined) return [];
  const keys = Object.keys(forwardShape).filter((key) => value[key] !== undefined);
  return keys.map((key) => ({ path: [key], expected: `no ${key} on a route with ${answer}`, got: key }));
}

/** A regular expression has no prefix that could be replaced, and CONNECT has no path. */
function rewriteNeedsPrefix(value: Readonly<Record<string, unknown>>): Complaint[] {
  const match = value['match'] as Partial<RouteMatch> | undefined;
  const hasPrefix = match?.path?.kind !== 'regex' && match?.connect !== true;
  if (hasPrefix) return [];
  const redirect = value['redirect'] as { prefixRewrite?: unknown } | undefined;
  const places: string[][] = [];
  if (value['prefix_rewrite'] !== undefined) places.push(['prefix_rewrite']);
  if (typeof redirect?.prefixRewrite === 'string') places.push(['redirect', 'prefix_rewrite']);
  return places.map((place) => ({
    path: place,
    expected: 'prefix_rewrite only where the match is a prefix or a path',
  }));
}
