/** What a rule is: a name, and the problems that it sees in one dashboard. */
import { resolveVariables } from '../../../dashboards/source/queries.ts';
import type { DashboardFile, Panel, Target } from '../dashboard-file.ts';
import type { KnownMetrics } from '../known-metrics.ts';
import { annotationsOf, nameOf, panelsOf, variablesOf } from '../dashboard-file.ts';
import { parsePromql, type Syntax } from '../promql/syntax.ts';

export interface Surroundings {
  readonly metrics: KnownMetrics;
  /** All dashboards by their uid, for links between them. */
  readonly dashboards: ReadonlyMap<string, DashboardFile>;
}

export interface Rule {
  /** As Grafana's dashboard-linter calls it, where that has the rule. */
  readonly name: string;
  readonly check: (dashboard: DashboardFile, surroundings: Surroundings) => readonly string[];
}

/** A query of a panel or annotation. */
export interface Asked {
  readonly where: string;
  readonly expr: string;
  /** `null`: an annotation. */
  readonly panel: Panel | null;
  readonly target: Target | null;
}

export function asked(dashboard: DashboardFile): readonly Asked[] {
  return [
    ...panelsOf(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map((target) => ({
        where: `${nameOf(panel)} ${target.refId ?? '?'}`,
        expr: target.expr ?? '',
        panel,
        target,
      })),
    ),
    ...annotationsOf(dashboard).map(({ name, expr }) => ({
      where: `annotation ${name}`,
      expr: expr ?? '',
      panel: null,
      target: null,
    })),
  ];
}

/** Stands for the interval that Grafana works out: no query has it otherwise. */
export const rateInterval = '8869990787ms';

/** Each variable stands for itself, so that a matcher can be compared with the variable that it should follow. */
export function parsed(dashboard: DashboardFile, expr: string): Syntax {
  const values = Object.fromEntries(variablesOf(dashboard).map(({ name }) => [name, `$${name}`]));
  return parsePromql(resolveVariables(expr, { ...values, __rate_interval: rateInterval }));
}

/** `null` when it is no PromQL: that is a problem of one rule, and not of each. */
function parsedOrNull(dashboard: DashboardFile, expr: string): Syntax | null {
  try {
    return parsed(dashboard, expr);
  } catch {
    return null;
  }
}

/** Problems of each query that is PromQL. */
export function ofEachQuery(
  name: string,
  look: (
    tree: Syntax,
    query: Asked,
    surroundings: Surroundings,
    dashboard: DashboardFile,
  ) => readonly string[],
): Rule {
  return {
    name,
    check: (dashboard, surroundings) =>
      asked(dashboard).flatMap((query) => {
        const tree = parsedOrNull(dashboard, query.expr);
        return tree === null
          ? []
          : look(tree, query, surroundings, dashboard).map((problem) => `${query.where}: ${problem}`);
      }),
  };
}

/** Problems of each panel. */
export function ofEachPanel(name: string, look: (panel: Panel) => readonly string[]): Rule {
  return {
    name,
    check: (dashboard) =>
      panelsOf(dashboard).flatMap((panel) => look(panel).map((problem) => `${nameOf(panel)}: ${problem}`)),
  };
}
