/** Asks a live Prometheus everything that a dashboard would ask it over a span of time. */
import type { HistoryClient } from '../../health/history/history-client.ts';
import type { Series } from '../../health/history/query-answer.ts';
import { type Dashboard, fillVariables, type VariableValues } from './dashboard-variables.ts';
import type { Span } from './engine-questions.ts';
import type { DashboardQuery, QueryOutcome } from './query-findings.ts';

/** What is known of dashboards: which queries they hold, and how variables are put into one. */
export interface DashboardReader {
  queriesOf(dashboard: object): readonly Omit<DashboardQuery, 'dashboard'>[];
  resolve(expr: string, values: VariableValues): string;
}

export interface DashboardEngine {
  readonly url: string;
  readonly client: HistoryClient;
  readonly span: Span;
  /** What Grafana puts in by itself, `__rate_interval`. */
  readonly given: VariableValues;
}

/** An outcome with what the engine said, for who wants to know more than that it said something. */
export interface Answer extends QueryOutcome {
  readonly series: readonly Series[];
}

const stepMs = 1000;
const nought = /\s+or vector\(0\)\s*$/;

export async function dashboardAnswers(
  dashboard: Dashboard,
  { url, client, span, given }: DashboardEngine,
  { queriesOf, resolve }: DashboardReader,
): Promise<readonly Answer[]> {
  const { values, outcomes } = await fillVariables(dashboard, { url, span, given, resolve });
  const answers: Answer[] = outcomes.map((outcome) => ({ ...outcome, series: [] }));
  for (const { panel, kind, expr } of queriesOf(dashboard)) {
    // Those were asked one after another above.
    if (kind === 'variable') continue;
    const query = { dashboard: dashboard.uid, panel, kind, expr };
    let asked = expr;
    try {
      asked = resolve(expr, values);
      const series = await client.range({
        // Nought for want of anything else is an answer to whatever was asked, and proves nothing.
        query: asked.replace(nought, ''),
        fromMs: span.from * 1000,
        toMs: span.to * 1000,
        stepMs,
      });
      answers.push({ query, asked, found: numbersIn(series), error: '', series });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      answers.push({ query, asked, found: 0, error: said, series: [] });
    }
  }
  return answers;
}

/** NaN is what a panel shows as a gap. */
function numbersIn(series: readonly Series[]): number {
  return series.reduce(
    (sum, { points }) => sum + points.filter(([, value]) => !Number.isNaN(value)).length,
    0,
  );
}
