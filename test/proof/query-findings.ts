/** What is wrong with the queries of dashboards once a live engine has answered them. Pure, so that it can be tested itself. */

export interface DashboardQuery {
  /** Its `uid`. */
  readonly dashboard: string;
  /** Title of the panel, or name of the variable or annotation. */
  readonly panel: string;
  readonly kind: 'panel' | 'variable' | 'annotation';
  /** As it stands in the dashboard. */
  readonly expr: string;
}

export interface QueryOutcome {
  readonly query: DashboardQuery;
  /** What was asked: without variables. */
  readonly asked: string;
  /** Samples that are not NaN, or values of a variable. */
  readonly found: number;
  /** The engine's own words when it refused; empty: it did not. */
  readonly error: string;
}

/** A query that has nothing to show in the proof, and why that is right. */
export interface QuietQuery {
  readonly dashboard: string;
  readonly panel: string;
  /** Part of the expression that tells it from others of the panel; empty: all of them. */
  readonly part: string;
  readonly reason: string;
}

const minReasonCharacters = 20;

/** One line each; empty: every query has an answer or a reason, and no reason is out of date. */
export function queryFindings(
  outcomes: readonly QueryOutcome[],
  quiet: readonly QuietQuery[],
): readonly string[] {
  if (outcomes.length === 0) return ['no query was asked: this proof examined nothing'];
  const findings = outcomes.flatMap((outcome) => findingOf(outcome, quiet));
  for (const entry of quiet) {
    const what = `the quiet list's ${entry.dashboard} / ${entry.panel} / ${entry.part}`;
    if (!outcomes.some(({ query }) => matches(entry, query))) findings.push(`${what} is no query any more`);
    if (entry.reason.length < minReasonCharacters) findings.push(`${what} gives no reason`);
  }
  return findings;
}

function findingOf({ query, asked, found, error }: QueryOutcome, quiet: readonly QuietQuery[]): string[] {
  const name = `${query.dashboard} / ${query.kind} ${query.panel}: ${asked}`;
  if (error !== '') return [`refused: ${name}: ${error}`];
  const isQuiet = quiet.some((entry) => matches(entry, query));
  if (found === 0 && !isQuiet) return [`no data: ${name}`];
  if (found > 0 && isQuiet) return [`has data (${found}) and stands on the quiet list: ${name}`];
  return [];
}

function matches({ dashboard, panel, part }: QuietQuery, query: DashboardQuery): boolean {
  return query.dashboard === dashboard && query.panel === panel && query.expr.includes(part);
}
