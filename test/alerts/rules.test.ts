/**
 * Every rule in `alerts/` is one that Prometheus takes, does what the promtool tests beside this file say, and would be
 * caught if it did something else.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  alertsFolder,
  expectationsOf,
  metricsIn,
  rulesOf,
  rulesUnderTest,
  testsFolder,
  yamlFiles,
} from './rule-files.ts';

const ruleFiles = yamlFiles(alertsFolder);
const testFiles = yamlFiles(testsFolder);
const rules = ruleFiles.flatMap(rulesOf);
const expectations = testFiles.flatMap(expectationsOf);

const promtoolProgram = 'promtool';
const withoutPromtool = spawnSync(promtoolProgram, ['--version']).error !== undefined;
const reason = withoutPromtool
  ? ' (skipped: promtool is missing; it is in the Debian package prometheus)'
  : '';

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function promtool(args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(promtoolProgram, args, { encoding: 'utf8', timeout: 15_000 });
  return { status, output: stdout + stderr };
}

describe('the rule files', () => {
  test('hold rules, each with a name of its own', () => {
    expect(rules.length).toBeGreaterThanOrEqual(8);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
    for (const { kind, name } of rules)
      expect(name).toMatch(kind === 'record' ? /^[a-z_]+:[a-z_]+:[a-z0-9_]+$/ : /^Meshlock[A-Z]\w+$/);
  });

  test.each(ruleFiles.map((path) => [basename(path), path]))('%s is under test', (name, _path) => {
    expect(testFiles.flatMap(rulesUnderTest)).toContain(name);
  });

  test.each(rules)('$name has a case in which it answers and one in which it does not', (rule) => {
    const cases = expectations.filter(({ expression }) =>
      rule.kind === 'alert' ? expression === rule.name : metricsIn(expression).has(rule.name),
    );
    expect(new Set(cases.map(({ fires }) => fires))).toEqual(new Set([true, false]));
  });

  test('read no metric that is neither recorded nor described at the head of their file', () => {
    const recorded = new Set(rules.map(({ name }) => name));
    for (const path of ruleFiles) {
      const head = readFileSync(path, 'utf8').split('\ngroups:')[0] ?? '';
      const described = new Set(head.match(/(?<=^# {3})[a-z_]+/gm) ?? []);
      const read = new Set(rulesOf(path).flatMap(({ expression }) => [...metricsIn(expression)]));
      expect(read.size).toBeGreaterThan(0);
      expect([...read].filter((name) => !recorded.has(name)).sort()).toEqual([...described].sort());
    }
  });
});

describe.skipIf(withoutPromtool)(`promtool${reason}`, () => {
  test.each(ruleFiles.map((path) => [basename(path), path]))(
    'parses every expression of %s',
    (_name, path) => {
      const { status, output } = promtool(['check', 'rules', path]);
      expect(status, output).toBe(0);
      expect(output).toContain(`SUCCESS: ${rulesOf(path).length} rules found`);
    },
  );

  test.each(testFiles.map((path) => [basename(path), path]))('%s holds', (_name, path) => {
    const { status, output } = promtool(['test', 'rules', path]);
    expect(status, output).toBe(0);
  });
});

describe.skipIf(withoutPromtool)(`a broken rule${reason}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshlock-rules-'));
    mkdirSync(join(folder, 'alerts'));
    mkdirSync(join(folder, 'test', 'alerts'), { recursive: true });
    for (const path of testFiles)
      writeFileSync(join(folder, 'test', 'alerts', basename(path)), readFileSync(path, 'utf8'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** One test file over the rule files, with `change` made to the text of the one that it tests. */
  function outcomeWith(testFile: string, change: (text: string) => string): Outcome {
    const text = readFileSync(join(alertsFolder, 'recording.yaml'), 'utf8');
    writeFileSync(join(folder, 'alerts', 'recording.yaml'), change(text));
    return promtool(['test', 'rules', join(folder, 'test', 'alerts', testFile)]);
  }

  test('is not what makes the copy fail', () => {
    const { status, output } = outcomeWith('edges.yaml', (text) => text);
    expect(status, output).toBe(0);
  });

  // The traps; a rule that answers always, or never, fails one of its own cases anyway.
  test.each([
    [
      'edges vanish whose callee saw nothing',
      'edges',
      /\n\s+or\n\s+src_dst:mesh_edge_egress_failures:rate1m \* 0/,
      '',
    ],
    ['an excess goes below zero', 'edges', /clamp_min\((?=\n\s+src_dst)/, 'clamp_max('],
    ['others are subtracted by name', 'edges', /\{dst!="_other"\}/, ''],
    [
      'old counts become news',
      'edges',
      /process_start_time_seconds > time\(\) - 60/,
      'process_start_time_seconds > 0',
    ],
    ['clients blame a node', 'edges', /\{origin!="client"\}/g, ''],
    ['first failures are not seen', 'edges', /meshlock_node_info offset 1m or /, ''],
    ['versions vanish that never failed', 'versions', / or version:mesh_edge_requests:rate5m \* 0/, ''],
    ['a version answers for callers that gave up', 'versions', /, origin!="client"/g, ''],
  ])('is noticed when %s', (_what, subject, pattern, replacement) => {
    const { status, output } = outcomeWith(`${subject}.yaml`, (text) => {
      const broken = text.replace(pattern, replacement);
      expect(broken).not.toBe(text);
      return broken;
    });
    expect(status, output).toBe(1);
    expect(output).toContain('FAILED');
  });
});
