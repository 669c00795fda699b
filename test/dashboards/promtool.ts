/** Prometheus' own tool: whether it takes a query, and what a query answers to series that are made up. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = 'promtool';

export const withoutPromtool: boolean = spawnSync(program, ['--version']).error !== undefined;

/** For the name of a suite that is skipped without it. */
export const reason: string = withoutPromtool
  ? ' (skipped: promtool is missing; it is in the Debian package prometheus)'
  : '';

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** `promtool check rules`: it knows the types of PromQL, which the grammar does not. */
export function checkExpressions(expressions: readonly string[]): Outcome {
  const rules = expressions.map((expr, index) => ({ record: `query:number:${index}`, expr }));
  return promtool(['check', 'rules'], { groups: [{ name: 'queries', rules }] });
}

/** As a series is written: `up{job="a"}`. */
export type Samples = Readonly<Record<string, number>>;

/** What the expression answers when each series has had its value for ten minutes, a counter so much a second. */
export function checkAnswer(expr: string, series: Samples, expected: Samples): Outcome {
  return promtool(['test', 'rules'], {
    evaluation_interval: '15s',
    tests: [
      {
        interval: '15s',
        input_series: Object.entries(series).map(([name, value]) => ({
          series: name,
          values: /_(?:total|sum|count)\{/.test(name) ? `0+${value * 15}x40` : `${value}x40`,
        })),
        promql_expr_test: [
          {
            expr,
            eval_time: '10m',
            exp_samples: Object.entries(expected).map(([labels, value]) => ({ labels, value })),
          },
        ],
      },
    ],
  });
}

function promtool(command: readonly string[], document: object): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'meshlock-promtool-'));
  try {
    const path = join(folder, 'rules.yaml');
    writeFileSync(path, JSON.stringify(document));
    const { status, stdout, stderr } = spawnSync(program, [...command, path], {
      encoding: 'utf8',
      timeout: 15_000,
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
