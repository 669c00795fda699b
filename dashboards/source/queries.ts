/**
 * The queries of a finished dashboard as PromQL that Prometheus takes: what tests run against a live one. It reads the
 * JSON and not the source, so it sees what Grafana sees.
 */

export interface DashboardQuery {
  /** Title of the panel, or name of the variable or annotation. */
  readonly panel: string;
  /** With Grafana's variables still in it. Of a variable: how many series there are for each of its values. */
  readonly expr: string;
  readonly kind: 'panel' | 'variable' | 'annotation';
}

interface DashboardJson {
  readonly panels?: readonly PanelJson[];
  readonly templating?: { readonly list?: readonly VariableJson[] };
  readonly annotations?: { readonly list?: readonly AnnotationJson[] };
}

interface PanelJson {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string }[];
  /** Of a row that is folded up. */
  readonly panels?: readonly PanelJson[];
}

interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query?: string };
}

interface AnnotationJson {
  readonly name: string;
  readonly expr?: string;
}

export function dashboardQueries(dashboard: object): readonly DashboardQuery[] {
  const { panels = [], templating, annotations } = dashboard as DashboardJson;
  return [
    ...(templating?.list ?? []).flatMap(queriesOfVariable),
    ...(annotations?.list ?? []).flatMap(({ name, expr }) =>
      expr === undefined ? [] : [{ panel: name, expr, kind: 'annotation' as const }],
    ),
    ...panels.flatMap(queriesOfPanel),
  ];
}

function queriesOfPanel({ title = '', targets = [], panels = [] }: PanelJson): DashboardQuery[] {
  const own = targets.flatMap(({ expr }) =>
    expr === undefined ? [] : [{ panel: title, expr, kind: 'panel' as const }],
  );
  return [...own, ...panels.flatMap(queriesOfPanel)];
}

/** `label_values(series, label)` is Grafana's and no PromQL. Series without the label give the variable no value. */
function queriesOfVariable({ name, type, query }: VariableJson): DashboardQuery[] {
  if (type !== 'query') return [];
  const text = typeof query === 'string' ? query : (query?.query ?? '');
  const [, series, label] = /^label_values\((.+),\s*(\w+)\)$/s.exec(text) ?? [];
  if (series === undefined || label === undefined)
    throw new TypeError(`variable ${name} asks for ${text}, which is not label_values(series, label)`);
  const matched = series.endsWith('}') ? `${series.slice(0, -1)}, ${label}!=""}` : `${series}{${label}!=""}`;
  return [{ panel: name, expr: `count by (${label}) (${matched})`, kind: 'variable' }];
}

/** What Grafana fills in by itself, for an hour that ends now and a scrape every 15 s. */
const ownVariables: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  __interval: '15s',
  __range: '1h',
  __range_s: '3600',
  __from: '0',
};

/**
 * Puts values in the place of `$name`, `${name}` and `${name:format}`. What Grafana fills in by itself has a value already,
 * which `values` may change; "All" is `.+`. Throws a ReferenceError for a variable without a value.
 */
export function resolveVariables(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replaceAll(
    /\$(?:\{(\w+)(?::\w+)?\}|([A-Za-z_]\w*))/g,
    (_whole, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? '';
      const value = values[name] ?? ownVariables[name];
      if (value === undefined) throw new ReferenceError(`there is no value for the variable ${name}`);
      return value;
    },
  );
}
