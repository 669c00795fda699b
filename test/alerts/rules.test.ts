/**
 * Every rule in `alerts/` is one that Prometheus takes, does what the promtool tests beside this file say, and would be
 * caught if it did something else.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownMetrics } from './known-metrics.ts';
import { type Outcome, reasonToSkip, run } from './promtool.ts';
import {
  expectationsOf,
  metricsIn,
  type Rule,
  ruleFiles,
  rulesOf,
  rulesUnderTest,
  testsFolder,
  yamlFiles,
} from './rule-files.ts';

const files = ruleFiles().map((path) => [basename(path), path] as const);
const testFiles = yamlFiles(testsFolder).map((path) => [basename(path), path] as const);
const rules = files.flatMap(([, path]) => rulesOf(path));
const expectations = testFiles.flatMap(([, path]) => expectationsOf(path));

/** An alert may have several rules, of other labels. */
function variant({ name, labels }: Rule): string {
  const labelled = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return [name, ...labelled].join(' ');
}

/** Whether each case that asks for this rule expects it to answer. */
function answers(rule: Rule): boolean[] {
  if (rule.kind === 'record') {
    return expectations
      .filter(({ expression }) => metricsIn(expression).has(rule.name))
      .map(({ fires }) => fires);
  }
  const own = Object.entries(rule.labels);
  return expectations
    .filter(({ expression }) => expression === rule.name)
    .map(({ alerts }) => alerts.some((labels) => own.every(([label, value]) => labels[label] === value)));
}

describe('the rule files', () => {
  test('hold rules, each with a name and labels of its own', () => {
    expect(rules.length).toBeGreaterThanOrEqual(55);
    expect(new Set(rules.map(variant)).size).toBe(rules.length);
    for (const { kind, name } of rules)
      expect(name).toMatch(kind === 'record' ? /^[a-z_]+:[a-z_]+:[a-z0-9_]+$/ : /^Meshlock[A-Z]\w+$/);
  });

  test.each(files)('%s is under test', (name) => {
    expect(testFiles.flatMap(([, path]) => rulesUnderTest(path))).toContain(name);
  });

  test.each(rules.map((rule) => [variant(rule), rule] as const))(
    '%s has a case in which it answers and one in which it does not',
    (_name, rule) => {
      expect(new Set(answers(rule))).toEqual(new Set([true, false]));
    },
  );

  test('read no metric that neither a node nor an aggregator has', () => {
    const known = knownMetrics();
    expect(known.size).toBeGreaterThan(100);
    const recorded = new Set(rules.map(({ name }) => name));
    const read = new Set(rules.flatMap(({ expression }) => [...metricsIn(expression)]));
    expect(read.size).toBeGreaterThan(40);
    const strangers = [...read].filter((name) => name !== 'up' && !recorded.has(name) && !known.has(name));
    expect(strangers).toEqual([]);
  });

  test('describe what recording.yaml reads at its head', () => {
    const recording = files.find(([name]) => name === 'recording.yaml')?.[1] ?? '';
    const head = readFileSync(recording, 'utf8').split('\ngroups:')[0] ?? '';
    const described = head.match(/(?<=^# {3})[a-z_]+/gm) ?? [];
    const own = rulesOf(recording);
    const recorded = new Set(own.map(({ name }) => name));
    const read = new Set(own.flatMap(({ expression }) => [...metricsIn(expression)]));
    expect([...read].filter((name) => !recorded.has(name)).sort()).toEqual([...new Set(described)].sort());
  });
});

const withoutPromtool = reasonToSkip('promtool', 'prometheus');
describe.skipIf(withoutPromtool !== '')(`promtool${withoutPromtool}`, () => {
  test.concurrent.each(files)('parses every expression of %s', async (_name, path) => {
    const { status, output } = await run('promtool', ['check', 'rules', path]);
    expect(status, output).toBe(0);
    expect(output).toContain(`SUCCESS: ${rulesOf(path).length} rules found`);
  });

  test.concurrent.each(testFiles)('%s holds', { timeout: 60_000 }, async (_name, path) => {
    const { status, output } = await run('promtool', ['test', 'rules', path]);
    expect(status, output).toBe(0);
  });
});

const withoutVmalert = reasonToSkip('vmalert', 'victoria-metrics');
describe.skipIf(withoutVmalert !== '')(`vmalert${withoutVmalert}`, () => {
  test('takes every rule file, with its templates', async () => {
    const { status, output } = await run('vmalert', ['-dryRun', ...files.map(([, path]) => `-rule=${path}`)]);
    expect(status, output).toBe(0);
  });
});

describe.skipIf(withoutPromtool !== '')(`a broken rule${withoutPromtool}`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshlock-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  interface Trap {
    /** What goes wrong. */
    readonly what: string;
    /** Of the rule file, and the test file. */
    readonly file: string;
    readonly tests: string;
    /** How the name of the test begins that notices it; every test otherwise. */
    readonly by?: string;
    readonly pattern: RegExp;
    readonly replacement?: string;
  }

  /** The tests of a trap over the rule files, with `change` made to the one that it breaks. */
  function outcomeWith(
    trap: Trap,
    index: number | string,
    change: (text: string) => string,
  ): Promise<Outcome> {
    const copy = join(folder, String(index));
    mkdirSync(copy);
    for (const [name, path] of files) {
      const text = readFileSync(path, 'utf8');
      writeFileSync(join(copy, name), name === trap.file ? change(text) : text);
    }
    // As text: read and written by a YAML library, `0x60` is a number; to promtool it is sixty times nothing.
    const [head = '', ...tests] = readFileSync(join(testsFolder, trap.tests), 'utf8').split(
      /^(?= {2}- name: )/m,
    );
    const chosen = tests.filter((text) => text.startsWith(`  - name: ${trap.by ?? ''}`));
    const path = join(copy, 'test.yaml');
    writeFileSync(path, [head.replaceAll('../../alerts/', ''), ...chosen].join(''));
    return run('promtool', ['test', 'rules', path]);
  }

  // The traps; a rule that answers always, or never, fails one of its own cases anyway.
  const edges = { file: 'recording.yaml', tests: 'edges.yaml' };
  const versions = { file: 'recording.yaml', tests: 'versions.yaml' };
  const alerts = (tests: string, by: string) => ({ file: 'alerts.yaml', tests, by });
  const removed = (what: string) => ({
    what: `${what} is told that is gone with its node`,
    ...alerts('health.yaml', 'a rollout removes'),
    replacement: '$1\n',
  });
  const traps: readonly Trap[] = [
    {
      what: 'edges vanish whose callee saw nothing',
      ...edges,
      pattern: /\n\s+or\n\s+src_dst:mesh_edge_egress_failures:rate1m \* 0/,
    },
    {
      what: 'an excess goes below zero',
      ...edges,
      pattern: /clamp_min\((?=\n\s+src_dst)/,
      replacement: 'clamp_max(',
    },
    { what: 'others are subtracted by name', ...edges, pattern: /\{dst!="_other"\}/ },
    {
      what: 'old counts become news',
      ...edges,
      pattern: /process_start_time_seconds > time\(\) - 60/,
      replacement: 'process_start_time_seconds > 0',
    },
    { what: 'clients blame a node', ...edges, pattern: /\{origin!="client"\}/g },
    { what: 'first failures are not seen', ...edges, pattern: /meshlock_node_info offset 1m or / },
    {
      what: 'versions vanish that never failed',
      ...versions,
      pattern: / or version:mesh_edge_requests:rate5m \* 0/,
    },
    {
      what: 'a version answers for callers that gave up',
      ...versions,
      pattern: /, origin!="client"/g,
    },
    {
      what: 'the averages are over different moments',
      file: 'budget.yaml',
      tests: 'budget.yaml',
      by: 'a service fails',
      pattern: / or service:mesh_edge_requests:rate5m \* 0/,
    },
    {
      what: 'one failure of twenty calls wakes somebody',
      file: 'alerts.yaml',
      tests: 'budget.yaml',
      by: 'a service that is hardly called',
      pattern: /\* 300 >= 5/,
      replacement: '>= 0',
    },
    {
      what: 'what has stopped still burns',
      ...alerts('burn.yaml', 'six times'),
      pattern: /service:mesh_errors:ratio_rate30m/,
      replacement: 'service:mesh_errors:ratio_rate6h',
    },
    {
      what: 'a node that is dead for long looks healed',
      ...alerts('scrape.yaml', 'a node dies'),
      pattern: /\n\s+or\n\s+group by \(job, instance\) \(last_over_time.*\n.*\n\s+up\n/,
      replacement: '\n',
    },
    {
      what: 'targets of others are reported missing',
      ...alerts('scrape.yaml', 'a node dies'),
      pattern: /up == 0 and on \(job, instance\) instance:meshlock_target:known/,
      replacement: 'up == 0',
    },
    {
      what: 'a start is taken for a stall',
      ...alerts('threads.yaml', 'a process that has just restarted'),
      pattern: /\n\s+and on \(job, instance\)\n\s+\(process_start_time_seconds < time\(\) - 60\)/,
    },
    {
      what: 'a gap in the scrapes is taken for a stall',
      ...alerts('threads.yaml', 'one thread stands still'),
      pattern: /irate\(meshlock_thread_heartbeats_total/,
      replacement: 'rate(meshlock_thread_heartbeats_total',
    },
    {
      what: 'a process that is killed looks healed',
      ...alerts('process.yaml', 'a process fills'),
      pattern: /last_over_time\((process_resident_memory_bytes)\[5m\]\)/,
      replacement: '$1',
    },
    {
      what: 'a process that fills its caches is a leak',
      ...alerts('process.yaml', 'memory grows'),
      pattern: /process_start_time_seconds < time\(\) - 2700/,
      replacement: 'process_start_time_seconds < time()',
    },
    {
      what: 'another bad status is another alert',
      ...alerts('health.yaml', 'required parts'),
      pattern: /max without \(status\) \(\n\s+last_over_time\(\n/,
      replacement: 'max without (kind) (\n            last_over_time(\n',
    },
    {
      what: 'a gate that is held closed is no secret',
      ...alerts('health.yaml', 'a gate closes'),
      pattern: /\n\s+unless\n\s+last_over_time\(meshlock_gate_overridden\[5m\]\) == 1/,
    },
    {
      ...removed('a gate'),
      pattern: /(gate_overridden\[5m\]\) == 1)\n\s+and on \(job, instance\)\n\s+up\n/,
    },
    {
      ...removed('a component'),
      pattern:
        /(\) == 1)\n\s+and on \(job, instance\)\n\s+up\n(?=\s+for: 2m\n(?:.*\n){2}\s+summary: 'Component)/,
    },
    {
      ...removed('a configuration'),
      pattern: /(last_reload_successful\[5m\]\) == 0) and on \(job, instance\) up\n/,
    },
    {
      what: 'a rollout looks like an outage of reports',
      ...alerts('aggregator.yaml', 'half of the nodes'),
      pattern: /(missing_nodes .*\n\s+for:) 15m/,
      replacement: '$1 10m',
    },
    {
      what: 'captures that were asked for are told',
      ...alerts('self-diagnosis.yaml', 'a capture is taken'),
      pattern: /\{rule!="request"\}/,
    },
    {
      what: 'all captures of the hour are told',
      ...alerts('self-diagnosis.yaml', 'a capture is taken'),
      pattern: /topk by \(job, instance, subject, rule, kind\) \(\n\s+1,/,
      replacement: 'topk by (job, instance, subject, rule, kind) (\n            9,',
    },
    {
      what: 'holmes is blind when it is switched off',
      ...alerts('self-diagnosis.yaml', 'sampling stops'),
      pattern: / and meshlock_holmes_store_limit_bytes/,
    },
    {
      what: 'ejected endpoints count',
      ...alerts('upstreams.yaml', 'a cluster loses'),
      pattern: / \* \(1 - last_over_time\(meshlock_endpoint_ejected\[5m\]\)\)/,
    },
    {
      what: 'a verdict goes with the aggregator',
      ...alerts('aggregator.yaml', 'a release fails'),
      pattern: /last_over_time\(meshlock_release_verdict\[10m\]\)/,
      replacement: 'meshlock_release_verdict',
    },
  ];

  test.concurrent.each([edges, alerts('upstreams.yaml', 'a cluster loses')])(
    'is not what makes a copy of $tests fail',
    async (trap) => {
      const { status, output } = await outcomeWith(
        { what: '', pattern: /$/, ...trap },
        trap.tests,
        (text) => text,
      );
      expect(status, output).toBe(0);
    },
  );

  test.concurrent.each(traps.map((trap, index) => [trap.what, trap, index] as const))(
    'is noticed when %s',
    { timeout: 60_000 },
    async (_what, trap, index) => {
      const { status, output } = await outcomeWith(trap, index, (text) => {
        const broken = text.replace(trap.pattern, trap.replacement ?? '');
        expect(broken).not.toBe(text);
        return broken;
      });
      expect(status, output).toBe(1);
      // A promtool that cannot read the rule has noticed nothing.
      expect(output).toContain('got:');
    },
  );
});
