/** What people and pipelines read: suspects, nodes, evidence, the verdict on a release. */
import { epochMs } from '../observe/viewpoint.ts';
import type { VerdictSettings } from '../verdict/verdict-settings.ts';
import type { Aggregator, VerdictQuery } from './aggregator.ts';
import { type Answer, json, problem } from './answer.ts';
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
  });
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
  const verdict = aggregator.verdict(question) ?? unknownRelease(question, { asOf, settings });
  return json(200, verdict, { 'cache-control': `max-age=${verdict.ttl}` });
}

export function evidenceAnswer(aggregator: Aggregator, query: URLSearchParams): Answer {
  const from = Number(query.get('from') ?? Number.NaN);
  const to = Number(query.get('to') ?? Number.NaN);
  if (
    !Number.isSafeInteger(from) ||
    !Number.isSafeInteger(to) ||
    from < 0 ||
    to < from ||
    to - from >= maxSpan
  )
    return problem(400, `from and to must be numbers of epochs, at most ${maxSpan} of them`);
  return json(200, aggregator.evidence(from, to));
}

/** `null`: not given; `undefined`: not to be understood. */
function sinceOf(text: string | null): number | null | undefined {
  if (text === null || text === '') return null;
  const at = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
