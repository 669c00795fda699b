/** The variables of a dashboard as Grafana fills them in: their queries on a live engine, one after another, each with the values before it. */
import { labelValues, type Span } from './engine-questions.ts';
import type { QueryOutcome } from './query-findings.ts';

/** Of the classic JSON of a dashboard, as far as it is read here. */
export interface Dashboard {
  readonly uid: string;
  readonly templating?: { readonly list?: readonly Variable[] };
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query?: string };
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string | null;
  readonly current?: { readonly value?: string | readonly string[] };
}

export type VariableValues = Readonly<Record<string, string>>;

export interface FilledVariables {
  readonly values: VariableValues;
  readonly outcomes: readonly QueryOutcome[];
}

interface Engine {
  readonly url: string;
  readonly span: Span;
  /** What Grafana puts in by itself, `__rate_interval`. */
  readonly given: VariableValues;
  resolve(expr: string, values: VariableValues): string;
}

const ofLabel = /^label_values\(\s*(?:(?<selector>.+?)\s*,\s*)?(?<label>\w+)\s*\)$/s;

export async function fillVariables(
  { uid, templating }: Dashboard,
  { url, span, given, resolve }: Engine,
): Promise<FilledVariables> {
  const values: Record<string, string> = { ...given };
  const outcomes: QueryOutcome[] = [];
  for (const variable of templating?.list ?? []) {
    if (variable.type !== 'query') {
      values[variable.name] = [variable.current?.value ?? ''].flat()[0] ?? '';
      continue;
    }
    const expr = textOf(variable);
    const asked = resolve(expr, values);
    const { found, error } = await valuesOf(url, asked, span);
    values[variable.name] = chosen(variable, found);
    const query = { dashboard: uid, panel: variable.name, kind: 'variable' as const, expr };
    outcomes.push({ query, asked, found: found.length, error });
  }
  return { values, outcomes };
}

async function valuesOf(
  url: string,
  asked: string,
  span: Span,
): Promise<{ readonly found: readonly string[]; readonly error: string }> {
  const { label, selector } = ofLabel.exec(asked)?.groups ?? {};
  if (label === undefined) return { found: [], error: 'a variable asks with label_values(selector, label)' };
  try {
    return { found: await labelValues(url, label, selector ?? null, span), error: '' };
  } catch (error) {
    return { found: [], error: String(error) };
  }
}

/** All of them where that can be chosen, as somebody who has just opened it sees it; the first one otherwise. */
function chosen({ multi, includeAll, allValue }: Variable, found: readonly string[]): string {
  if (includeAll === true && typeof allValue === 'string' && allValue !== '') return allValue;
  if (includeAll !== true && multi !== true) return found[0] ?? '';
  return `(${found.map(escaped).join('|')})`;
}

function escaped(value: string): string {
  // In a string of PromQL the backslash is escaped once more.
  return value.replaceAll(/[\\^$*+?.()|[\]{}]/g, String.raw`\\$&`);
}

function textOf({ query }: Variable): string {
  return typeof query === 'string' ? query : (query?.query ?? '');
}
