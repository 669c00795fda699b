/**
 * What people look at, proven on real servers: a mesh of real processes under load with planted faults, scraped by a real
 * Prometheus with the rules of `alerts/`. Every query of every dashboard has an answer or a reviewed reason; each fault raises
 * its alert, which reaches a receiver through Alertmanager; the panels name the node and the line that were planted.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../build/executable.ts';
import { culprits } from '../../examples/culprits/table.ts';
import { systemClock } from '../../health/clock.ts';
import { HistoryClient } from '../../health/history/history-client.ts';
import type { Series } from '../../health/history/query-answer.ts';
import type { CaptureRecord } from '../../holmes/index.ts';
import { metricsIn, rulesOf } from '../alerts/rule-files.ts';
import { dashboardQueries, resolveVariables } from '../../dashboards/source/queries.ts';
import { isInstalled } from '../integration/health/promql-engine.ts';
import { eventually } from '../integration/process/eventually.ts';
import type { DeliveredAlert } from './alert-receiver.ts';
import { annotationFindings } from './annotation-findings.ts';
import { type Answer, dashboardAnswers } from './dashboard-answers.ts';
import type { Dashboard } from './dashboard-variables.ts';
import { labelValues, liveRules, liveTargets } from './engine-questions.ts';
import { allowedAlerts, hasLabels, isOf, wantedAlerts } from './planted-alerts.ts';
import { culprit, plantedNodes, soundNodes, stuckNode } from './planted-mesh.ts';
import { plantedPanels } from './planted-panels.ts';
import { ProofScene } from './proof-scene.ts';
import { queryFindings } from './query-findings.ts';
import { quietQueries, rareMetrics } from './quiet-queries.ts';
import { ruleFiles } from './user-files.ts';

const absent = ['prometheus', 'prometheus-alertmanager'].filter((program) => !isInstalled(program));
const note = absent.length === 0 ? '' : ` (skipped: Debian's ${absent.join(' and ')} is not installed)`;

/** An epoch, its judgement, a minute of `for` and the waiting of Alertmanager. */
const alertMs = 110_000;
const glanceMs = 300;
/** The nodes, the gateway and the aggregator. */
const scrapedParts = plantedNodes.length + 2;

const runbooks = join(repositoryRoot, 'docs', 'runbooks');
const dashboardFolder = join(repositoryRoot, 'dashboards');
const dashboards = readdirSync(dashboardFolder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const content = JSON.parse(readFileSync(join(dashboardFolder, file), 'utf8')) as Dashboard;
    return { name: file.replace(/\.json$/, ''), content, queries: dashboardQueries(content).length };
  });

// One story, told in this order: the faults first, then what they have raised, then what is to be seen of them.
describe.skipIf(absent.length > 0)(`a mesh with planted faults${note}`, () => {
  const scene = new ProofScene();
  let client: HistoryClient;
  let brokenMs = 0;
  const asked = new Map<string, readonly Answer[]>();

  // Until it runs, and whenever a test fails, what the processes have said is wanted.
  let isWell = false;

  beforeAll(async () => {
    await scene.start();
    client = new HistoryClient({ url: scene.prometheus, clock: systemClock });
    await until(async () => (await answeringTargets()) === scrapedParts, 'all targets to answer');
    await scene.breakThings();
    brokenMs = performance.now();
    isWell = true;
  }, 90_000);

  afterEach(({ task }) => {
    isWell &&= task.result?.state !== 'fail';
  });

  afterAll(async () => {
    if (!isWell) console.error(scene.logs());
    client?.close();
    await scene.stop();
  }, 30_000);

  /** The first answer that is something. */
  function until<T>(look: () => Promise<T | undefined | false>, what = '', ms = 30_000): Promise<T> {
    return eventually(
      async () => {
        const found = await look();
        if (found !== undefined && found !== false) return found;
        await pause(glanceMs);
        return undefined;
      },
      () => what,
      ms,
    );
  }

  async function answeringTargets(): Promise<number> {
    return (await liveTargets(scene.prometheus)).filter(({ health }) => health === 'up').length;
  }

  /** With the name of the part in the place of its address. */
  function named({ labels }: Pick<DeliveredAlert, 'labels'>): Pick<DeliveredAlert, 'labels'> {
    return { labels: { ...labels, instance: scene.nameOf(labels['instance'] ?? '') } };
  }

  test(
    'has its culprit strike when a thread that stands still would be told of, after the first minute of a process',
    async () => {
      const series = await until(
        async () => {
          const beats = await client.instant('thread:meshlock_heartbeats:irate');
          return beats.some(({ labels }) => scene.nameOf(labels['instance'] ?? '') === stuckNode);
        },
        'the beats of a thread to be recorded',
        alertMs,
      );
      expect(series).toBe(true);
      scene.strike();
    },
    alertMs + 10_000,
  );

  test.each(wantedAlerts)(
    'raises $name because $fault',
    async (wanted) => {
      await until(
        async () => scene.delivered.some((alert) => isOf(wanted, named(alert))),
        `${wanted.name} ${JSON.stringify(wanted.labels)}`,
        // All of them together, so that a proof that fails does not take all day.
        Math.max(1000, brokenMs + alertMs - performance.now()),
      );
    },
    alertMs + 10_000,
  );

  test('raises no other alert', () => {
    const known = [...wantedAlerts, ...allowedAlerts];
    const others = scene.delivered.map(named).filter((alert) => !known.some((one) => isOf(one, alert)));
    expect(others.map(({ labels }) => labels)).toEqual([]);
  });

  test('tells who is on call of what is critical, and of nothing else', () => {
    const wrong = scene.delivered.filter(
      ({ receiver, labels }) => (receiver === 'on-call') !== (labels['severity'] === 'critical'),
    );
    expect(wrong.map(({ labels }) => labels)).toEqual([]);
  });

  test('gives each alert a summary, a description and a runbook that is there', () => {
    expect(scene.delivered.flatMap((alert) => annotationFindings(alert, runbooks))).toEqual([]);
    expect(scene.delivered.length).toBeGreaterThanOrEqual(wantedAlerts.length);
  });

  test('is asked every rule of every file, and each is evaluated without an error', async () => {
    const written = ruleFiles().flatMap((path) => rulesOf(path).map(({ name }) => name));
    const rules = await until(async () => {
      const found = await liveRules(scene.prometheus);
      return found.every(({ health }) => health !== 'unknown') && found;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.map(({ name }) => name).toSorted()).toEqual(written.toSorted());
  });

  test.each(dashboards)(
    'answers all $queries queries of the dashboard $name',
    async ({ name, content }) => {
      let findings: readonly string[] = [];
      // What comes at the end of an epoch may be on its way.
      await until(
        async () => {
          const answers = await ask(content);
          findings = queryFindings(
            answers,
            quietQueries.filter(({ dashboard }) => dashboard === content.uid),
          );
          asked.set(name, answers);
          return findings.length === 0;
        },
        '',
        15_000,
      ).catch(() => null);
      expect(findings).toEqual([]);
    },
    60_000,
  );

  test('was asked all dashboards, and no other has a reason to be quiet', () => {
    expect([...asked.keys()]).toEqual(['mesh', 'node', 'release', 'self-diagnosis', 'upstreams']);
    const uids = dashboards.map(({ content }) => content.uid);
    expect(quietQueries.filter(({ dashboard }) => !uids.includes(dashboard))).toEqual([]);
  });

  test('has every metric that a rule or a dashboard reads', async () => {
    const there = new Set(await labelValues(scene.prometheus, '__name__', null, scene.span));
    const ofRules = ruleFiles().flatMap((path) =>
      rulesOf(path).flatMap(({ name, expression }) => metricsOf(name, expression)),
    );
    const ofQueries = [...asked.values()].flat().flatMap(({ query }) => metricsOf(query.panel, query.expr));
    expect(ofRules.length).toBeGreaterThan(0);
    expect(ofQueries.length).toBeGreaterThan(0);
    const missing = [...ofRules, ...ofQueries].filter(({ metric }) => !there.has(metric));
    expect(missing.filter(({ metric }) => !Object.hasOwn(rareMetrics, metric))).toEqual([]);
  });

  test.each(plantedPanels)(
    'has a panel of the dashboard $dashboard that tells $tells',
    ({ dashboard, metric, labels, holds }) => {
      const shown = panelsWith(dashboard, metric).filter((series) => hasLabels(named(series), labels));
      expect(shown.some(({ points }) => points.some(([, value]) => holds(value)))).toBe(true);
    },
  );

  test('names no node as a suspect that nothing is wrong with', () => {
    const nodes = panelsWith('mesh', 'meshlock_suspect').flatMap(({ labels }) => labels['node'] ?? []);
    expect(nodes.filter((node) => soundNodes.includes(node))).toEqual([]);
  });

  test('has a panel of captures that leads to the function, the file and the line', async () => {
    // On a busy machine a thread may have stood still for want of a core, too.
    const sentences = await Promise.all(
      linksTo('/captures/').map(async (link) => {
        const answer = await fetch(link, { headers: { accept: 'application/json' } });
        expect(answer.status).toBe(200);
        return ((await answer.json()) as CaptureRecord).diagnosis.sentence;
      }),
    );
    const { guilty, file, statement } = culprits[culprit]();
    const source = readFileSync(join(repositoryRoot, 'examples', 'culprits', file), 'utf8').split('\n');
    const line = source.findIndex((text) => text.includes(statement)) + 1;
    const expected = `examples/culprits/${file}:${line}, in function ${guilty} `;
    expect(sentences).toContainEqual(expect.stringContaining(expected));
  });

  test('has a panel of captures that leads to a flame graph', async () => {
    const [page = '', profile = ''] = linksTo('/speedscope/')[0]?.split('#profileURL=') ?? [];
    expect((await fetch(page)).headers.get('content-type')).toContain('text/html');
    const answer = await fetch(new URL(profile, page));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect([...bytes.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  });

  /** The link of the panel of captures that has this in it, for each capture of a stuck thread. */
  function linksTo(part: string): readonly string[] {
    const shown = panelsWith('self-diagnosis', 'meshlock_holmes_last_capture_timestamp_seconds');
    const { content } = dashboards.find(({ name }) => name === 'self-diagnosis')!;
    const link = nodeLinks(content).find((url) => url.includes(part)) ?? '';
    const links = shown
      .filter(({ labels: { rule, instance, capture } }) => rule === 'stall' && instance && capture)
      .map(({ labels }) =>
        link.replaceAll(/\$\{__data\.fields\.(\w+)\}/g, (_, field: string) => labels[field] ?? ''),
      );
    return [...new Set(links)];
  }

  function ask(dashboard: Dashboard): Promise<readonly Answer[]> {
    const { prometheus: url, span } = scene;
    const given = {
      // Of a scrape each second or two.
      __rate_interval: '8s',
      __interval: '1s',
      __range: `${span.to - span.from}s`,
      __range_s: String(span.to - span.from),
      __from: String(span.from * 1000),
      __to: String(span.to * 1000),
    };
    const reader = { queriesOf: dashboardQueries, resolve: resolveVariables };
    return dashboardAnswers(dashboard, { url, client, span, given }, reader);
  }

  /** Series that the panels of a dashboard show of a metric. */
  function panelsWith(name: string, metric: string): readonly Series[] {
    const answers = asked.get(name) ?? [];
    return answers
      .filter(({ query }) => query.kind === 'panel' && query.expr.includes(metric))
      .flatMap(({ series }) => series);
  }
});

function metricsOf(reader: string, expression: string): { reader: string; metric: string }[] {
  return [...metricsIn(expression)].map((metric) => ({ reader, metric }));
}

/** Links of panels that lead to a node. */
function nodeLinks(dashboard: object): readonly string[] {
  const links: string[] = [];
  JSON.stringify(dashboard, (key, value: unknown) => {
    if (key === 'url' && typeof value === 'string' && value.startsWith('http://${__data.')) links.push(value);
    return value;
  });
  return links;
}
