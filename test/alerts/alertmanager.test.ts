/** The example for Alertmanager: that it is one, that alerts end where they should, and that it names alerts that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reasonToSkip, run } from './promtool.ts';
import { alertsFolder, ruleFiles, rulesOf } from './rule-files.ts';

const path = join(alertsFolder, 'alertmanager-example.yaml');
const alerts = ruleFiles()
  .flatMap(rulesOf)
  .filter(({ kind }) => kind === 'alert');

interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const { inhibit_rules: inhibitions } = parse(readFileSync(path, 'utf8')) as {
  readonly inhibit_rules: readonly Inhibition[];
};

/** Names of the alerts that all matchers may match, by name and by the labels that their rules give. */
function matched(matchers: readonly string[]): string[] {
  const tests = matchers.map((matcher) => {
    const [, label = '', operator = '', value = ''] = /^(\w+)(=~?)"(.*)"$/.exec(matcher) ?? [];
    const pattern = new RegExp(operator === '=~' ? `^(?:${value})$` : `^${RegExp.escape(value)}$`);
    return { label, pattern };
  });
  const own = alerts.filter((rule) => {
    const labels: Readonly<Record<string, string>> = { ...rule.labels, alertname: rule.name };
    // A label that comes with the expression may have any value.
    return tests.every(({ label, pattern }) => labels[label] === undefined || pattern.test(labels[label]));
  });
  return [...new Set(own.map(({ name }) => name))];
}

describe('inhibition', () => {
  test.each(inhibitions.map((rule): [string, Inhibition] => [rule.target_matchers.join(' '), rule]))(
    'of %s names alerts that exist, each of them',
    (_name, { source_matchers, target_matchers, equal }) => {
      for (const matchers of [source_matchers, target_matchers]) {
        const [, prefix = '', list = ''] =
          /^alertname=~?"(\w+\(?)([^)"]*)\)?"$/.exec(matchers[0] ?? '') ?? [];
        const named = prefix.endsWith('(')
          ? list.split('|').map((name) => prefix.slice(0, -1) + name)
          : `${prefix}${list}`.split('|');
        expect(matched(matchers).sort()).toEqual(named.sort());
      }
      expect(equal.length).toBeGreaterThan(0);
    },
  );

  test('never keeps back who is to blame, and why', () => {
    const targets = inhibitions.flatMap(({ target_matchers }) => matched(target_matchers));
    for (const name of ['MeshlockCaptureTaken', 'MeshlockSuspectNamed', 'MeshlockReleaseFailed'])
      expect(targets).not.toContain(name);
  });
});

const withoutAmtool = reasonToSkip('amtool', 'prometheus-alertmanager');
describe.skipIf(withoutAmtool !== '')(`amtool${withoutAmtool}`, () => {
  test('takes the example', async () => {
    const { status, output } = await run('amtool', ['check-config', path]);
    expect(status, output).toBe(0);
    expect(output).toContain(`${inhibitions.length} inhibit rules`);
  });

  test.each([
    ['critical', 'MeshlockGateClosed', 'on-call'],
    ['warning', 'MeshlockConfigurationRefused', 'working-hours'],
    ['warning', 'MeshlockCaptureTaken', 'working-hours'],
  ])('sends what is %s, such as %s, to %s', async (severity, alert, receiver) => {
    const labels = [`severity=${severity}`, `alertname=${alert}`];
    const { status, output } = await run('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${path}`,
      `--verify.receivers=${receiver}`,
      ...labels,
    ]);
    expect(status, output).toBe(0);
  });
});
