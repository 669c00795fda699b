/** The rules in `alerts/` and the promtool tests in this folder, read as data. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../build/executable.ts';

export const alertsFolder: string = join(repositoryRoot, 'alerts');
export const testsFolder: string = import.meta.dirname;

export interface Rule {
  /** Of the file, without its folder. */
  readonly file: string;
  /** The series it records, or the alert it raises. */
  readonly name: string;
  readonly kind: 'record' | 'alert';
  readonly expression: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a promtool test asks of one rule, and whether it expects an answer or none. */
export interface Expectation {
  readonly file: string;
  readonly test: string;
  readonly expression: string;
  readonly fires: boolean;
  /** Labels of each alert that it expects. */
  readonly alerts: readonly Readonly<Record<string, string>>[];
}

interface RuleDocument {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly record?: string;
      readonly alert?: string;
      readonly expr: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface TestDocument {
  readonly rule_files: readonly string[];
  readonly tests: readonly {
    readonly name: string;
    readonly promql_expr_test?: readonly {
      readonly expr: string;
      readonly exp_samples?: readonly unknown[];
    }[];
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts?: readonly { readonly exp_labels?: Readonly<Record<string, string>> }[];
    }[];
  }[];
}

export function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Those in `alerts/` that hold rules: Alertmanager's example does not. */
export function ruleFiles(): string[] {
  return yamlFiles(alertsFolder).filter((path) => 'groups' in (parse(readFileSync(path, 'utf8')) as object));
}

export function rulesOf(path: string): Rule[] {
  const document = parse(readFileSync(path, 'utf8')) as RuleDocument;
  return document.groups.flatMap(({ rules }) =>
    rules.map(({ record, alert, expr, labels = {}, annotations = {} }) => ({
      file: basename(path),
      name: record ?? alert ?? '',
      kind: alert === undefined ? ('record' as const) : ('alert' as const),
      expression: expr,
      labels,
      annotations,
    })),
  );
}

/** Rule files that a test file names, without their folder. */
export function rulesUnderTest(path: string): string[] {
  return (parse(readFileSync(path, 'utf8')) as TestDocument).rule_files.map((name) => basename(name));
}

export function expectationsOf(path: string): Expectation[] {
  const { tests } = parse(readFileSync(path, 'utf8')) as TestDocument;
  const file = basename(path);
  return tests.flatMap((test) => [
    ...(test.promql_expr_test ?? []).map(({ expr, exp_samples }) => ({
      file,
      test: test.name,
      expression: expr,
      fires: (exp_samples ?? []).length > 0,
      alerts: [],
    })),
    ...(test.alert_rule_test ?? []).map(({ alertname, exp_alerts }) => ({
      file,
      test: test.name,
      expression: alertname,
      fires: (exp_alerts ?? []).length > 0,
      alerts: (exp_alerts ?? []).map(({ exp_labels = {} }) => exp_labels),
    })),
  ]);
}

/** Names of the metrics in an expression: what is recorded has colons, what is scraped one of two prefixes or is `up`. */
export function metricsIn(expression: string): Set<string> {
  const bare = expression.replaceAll(/"[^"]*"/g, '""');
  const named = bare.match(/\b(?:[a-z_]+:[a-z_:0-9]+|meshlock_[a-z_0-9]+|process_[a-z_0-9]+|up)\b/g) ?? [];
  return new Set(named);
}
