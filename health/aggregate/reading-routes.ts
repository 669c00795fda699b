/** What people and pipelines read: suspects, nodes, evidence, the verdict on a release. */
import { epochMs } from '../observe/viewpoint.ts';
import type { VerdictSettings } from '../verdict/verdict-settings.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, json, problem } from './answer.ts';
import type { VerdictQuery } from './release-judge.ts';
import { maxPartSpan } from './shard-part.ts';
import { unknownRelease } from './unknown-release.ts';

const maxNameLength = 256;
/** Epochs of evidence in one answer. */
const maxSpan = 90;

export function suspectsAnswer(aggregator: Aggregator, asOf: number): Answer {
  const epoch = aggregator.judgedEpoch;
  return json(200, {
    asOf: new Date(asOf).toISOString(),
    judged: { epoch, until: new Date((epoch + 1) * epochMs).toISOString() },
    suspects: aggregator.suspectViews().map((view) => ({
      ...view,
      since: new Date(view.since).toISOString(),
      lastSeen: new Date(view.lastSeen).toISOString(),
    })),
    missing: aggregator
      .nodes()
      .filter(({ status }) => status === 'missing')
      .map(({ node }) => node),
    missingShards: aggregator.missingShards(),
  });
}

export function shardsAnswer(aggregator: Aggregator): Answer {
  return json(200, { judgedEpoch: aggregator.judgedEpoch, shards: aggregator.shards() });
}

/** For a second level. */
export function partAnswer(aggregator: Aggregator, query: URLSearchParams): Answer {
  const span = spanOf(query, maxPartSpan);
  const known = knownOf(query.get('known') ?? '');
  const partsFrom = Number(query.get('parts_from') ?? Number.NaN);
  if (span === null || known === null || !Number.isSafeInteger(partsFrom))
    return problem(
      400,
      `from, to and parts_from must be numbers of epochs, at most ${maxPartSpan} of them; known a list of <epoch>.<revision>`,
    );
  return json(200, aggregator.part({ ...span, partsFrom, known }));
}

export function nodesAnswer(aggregator: Aggregator): Answer {
  const nodes = aggregator
    .nodes()
    .map((view) => ({ ...view, lastSeenAt: new Date(view.lastSeenAt).toISOString() }));
  return json(200, { judgedEpoch: aggregator.judgedEpoch, count: nodes.length, nodes });
}

/** Always 200 once the question is understood: to a controller any other status is an error, and aborts a rollout. */
export function verdictAnswer(
  release: string,
  query: URLSearchParams,
  { aggregator, settings, asOf }: { aggregator: Aggregator; settings: VerdictSettings; asOf: number },
): Answer {
  if (release === '' || release.length > maxNameLength)
    return problem(400, `a release has from 1 to ${maxNameLength} characters`);
  const service = query.get('service') ?? '';
  if (service.length > maxNameLength)
    return problem(400, `a service has at most ${maxNameLength} characters`);
  const since = sinceOf(query.get('since'));
  if (since === undefined)
    return problem(400, 'since must be a time such as 2026-11-20T10:00:00Z, or Unix milliseconds');
  const question: VerdictQuery = {
    release,
    ...(service === '' ? {} : { service }),
    ...(since === null ? {} : { since }),
  };
  const verdict =
    aggregator.verdict(question) ??
    unknownRelease(question, { asOf, settings, reasons: aggregator.unknownReasons(question) });
  return json(200, verdict, { 'cache-control': `max-age=${verdict.ttl}` });
}

export function evidenceAnswer(aggregator: Aggregator, query: URLSearchParams): Answer {
  const span = spanOf(query, maxSpan);
  if (span === null) return problem(400, `from and to must be numbers of epochs, at most ${maxSpan} of them`);
  return json(200, aggregator.evidence(span.from, span.to));
}

/** `null`: no epochs, or too many. */
function spanOf(query: URLSearchParams, most: number): { readonly from: number; readonly to: number } | null {
  const from = Number(query.get('from') ?? Number.NaN);
  const to = Number(query.get('to') ?? Number.NaN);
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return null;
  return from < 0 || to < from || to - from >= most ? null : { from, to };
}

/** `12.3,13.1`; `null`: not to be understood. */
function knownOf(text: string): ReadonlyMap<number, number> | null {
  const known = new Map<number, number>();
  for (const one of text === '' ? [] : text.split(',')) {
    const [, epoch, revision] = /^(\d{1,15})\.(\d{1,15})$/.exec(one) ?? [];
    if (epoch === undefined) return null;
    known.set(Number(epoch), Number(revision));
  }
  return known;
}

/** `null`: not given; `undefined`: not to be understood. */
function sinceOf(text: string | null): number | null | undefined {
  if (text === null || text === '') return null;
  const at = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
