/** Every address of the aggregator: who may ask, what a body may weigh, and who answers. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import { FlaggerHook } from '../verdict/contracts/flagger.ts';
import type { Aggregator } from './aggregator.ts';
import { type Answer, problem, text } from './answer.ts';
import { metricsText } from './metrics-text.ts';
import { answerFlagger, answerKayenta } from './pipeline-routes.ts';
import {
  evidenceAnswer,
  nodesAnswer,
  partAnswer,
  shardsAnswer,
  suspectsAnswer,
  verdictAnswer,
} from './reading-routes.ts';
import { releasesAnswer } from './releases-answer.ts';
import { sentAtOf, takeReports } from './report-routes.ts';
import type { AggregateSettings } from './settings.ts';

export interface Asked {
  /** Parts of the path that the pattern leaves open. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** JSON that was read; `null` for GET. */
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Matches the whole path. */
  readonly pattern: RegExp;
  /** Answers without the token: for what says nothing of the fleet, as probes and the files of a page. */
  readonly open: boolean;
  readonly maxBodyBytes: number;
  readonly answer: (asked: Asked) => Answer;
}

export interface RoutesOptions {
  readonly aggregator: Aggregator;
  readonly settings: AggregateSettings;
  readonly clock: Clock;
}

const exposition = 'text/plain; version=0.0.4; charset=utf-8';

export function aggregateRoutes({ aggregator, settings, clock }: RoutesOptions): readonly Route[] {
  const { maxReportBytes, maxBodyBytes } = settings.limits;
  const judging = () => ({ aggregator, settings: settings.verdict, asOf: clock.wall() });
  const take = (applicationOnly: boolean) => (asked: Asked) =>
    takeReports(asked.body, { aggregator, sentAt: sentAtOf(asked.headers.date), applicationOnly });
  return [
    post(/^\/v1\/epochs$/, maxReportBytes, take(false)),
    post(/^\/v1\/observations$/, maxReportBytes, take(true)),
    get(/^\/v1\/suspects$/, () => suspectsAnswer(aggregator, clock.wall())),
    get(/^\/v1\/nodes$/, () => nodesAnswer(aggregator)),
    get(/^\/v1\/shards$/, () => shardsAnswer(aggregator)),
    get(/^\/v1\/part$/, ({ query }) => partAnswer(aggregator, query)),
    get(/^\/v1\/evidence$/, ({ query }) => evidenceAnswer(aggregator, query)),
    get(/^\/v1\/releases$/, () => releasesAnswer(aggregator, clock.wall())),
    get(/^\/v1\/releases\/([^/]+)\/verdict$/, ({ parts: [release = ''], query }) =>
      verdictAnswer(release, query, judging()),
    ),
    ...FlaggerHook.map((hook) =>
      post(new RegExp(`^/hooks/flagger/${hook}$`), maxBodyBytes, ({ body }) =>
        answerFlagger(hook, body, aggregator),
      ),
    ),
    post(/^\/judge$/, maxBodyBytes, ({ body }) => answerKayenta(body, judging())),
    get(/^\/metrics$/, () => text(200, metricsText(aggregator, settings.verdict), exposition)),
    { ...get(/^\/livez$/, () => text(200, 'ok')), open: true },
    { ...get(/^\/readyz$/, () => readiness(aggregator)), open: true },
  ];
}

function readiness(aggregator: Aggregator): Answer {
  return aggregator.isOpen ? text(200, 'ok') : problem(503, 'the state is not read yet, or closed');
}

function get(pattern: RegExp, answer: Route['answer']): Route {
  return { method: 'GET', pattern, open: false, maxBodyBytes: 0, answer };
}

function post(pattern: RegExp, maxBodyBytes: number, answer: Route['answer']): Route {
  return { method: 'POST', pattern, open: false, maxBodyBytes, answer };
}
