/** The recording rules in real engines: what a person sees when asking for a record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';
import { systemClock } from '../../../health/clock.ts';
import { HistoryClient } from '../../../health/history/history-client.ts';
import { rulesOf } from '../../alerts/rule-files.ts';
import { eventually } from '../process/eventually.ts';
import {
  calls,
  type Figure,
  type FigureServer,
  failures,
  lineOf,
  nodeInfo,
  serveFigures,
  type View,
} from './edge-figures.ts';
import {
  importSamples,
  isInstalled,
  type PromqlEngine,
  startPrometheus,
  startVictoriaMetrics,
} from './promql-engine.ts';

const rulePath = join(repositoryRoot, 'alerts', 'recording.yaml');
const ruleText = readFileSync(rulePath, 'utf8');

const toCart = (version: string): View => ({
  role: 'outbound',
  side: 'upstream',
  service: 'cart',
  version,
});
const fromWeb: View = { role: 'inbound', side: 'downstream', service: 'web', version: '1' };

const startedAt = Math.floor(Date.now() / 1000);
const started: Figure = { name: 'process_start_time_seconds', labels: {}, value: startedAt };

/** Two versions of `cart` under one caller: of twelve failures of cart-2, cart-2 itself knows four. */
const figures: Readonly<Record<string, () => readonly Figure[]>> = {
  'web-1': () => [
    nodeInfo('web-1', 'web', '1'),
    started,
    calls(toCart('1'), 60),
    calls(toCart('2'), 48),
    failures(toCart('2'), { node: 'cart-2' }, 4),
    failures(toCart('2'), { node: 'cart-2', origin: 'local', reason: 'UF' }, 8),
    failures(toCart('2'), { node: 'cart-2', origin: 'client', reason: 'DC' }, 5),
    failures(toCart('2'), { node: '_other' }, 0),
  ],
  'cart-1': () => [nodeInfo('cart-1', 'cart', '1'), started, calls(fromWeb, 60)],
  // Goes on counting, as a node under traffic does.
  'cart-2': () => [
    nodeInfo('cart-2', 'cart', '2'),
    started,
    calls(fromWeb, Date.now() / 100 - startedAt * 10),
    failures(fromWeb, { node: 'web-1' }, 4),
  ],
};

interface Question {
  readonly what: string;
  readonly query: string;
  /** By the labels that tell the series apart. */
  readonly answer: Readonly<Record<string, number>>;
}

const questions: readonly Question[] = [
  {
    what: 'the caller saw twelve failures of one edge',
    query: 'round(src_dst:mesh_edge_egress_failures:rate1m{dst!="_other"} * 60, 0.01)',
    answer: { 'web-1>cart-2': 12 },
  },
  {
    what: 'the callee saw four of them',
    query: 'round(src_dst:mesh_edge_ingress_failures:rate1m * 60, 0.01)',
    answer: { 'web-1>cart-2': 4 },
  },
  {
    what: 'eight arose between the two',
    query: 'round(src_dst:mesh_edge_excess_failures:rate1m * 60, 0.01)',
    answer: { 'web-1>cart-2': 8 },
  },
  {
    what: 'a quarter of the calls to one version failed and none to the other',
    query: 'round(version:mesh_success:ratio_rate5m, 0.0001)',
    answer: { 'cart 1': 1, 'cart 2': 0.75 },
  },
  {
    what: 'one of two nodes has traffic',
    query: 'node_view:mesh_edge_requests:rate1m{service="cart"} > bool 0',
    answer: { 'cart-1 inbound': 0, 'cart-2 inbound': 1 },
  },
];

function nameOf(labels: Readonly<Record<string, string>>): string {
  if (labels['src'] !== undefined) return `${labels['src']}>${labels['dst']}`;
  return labels['node'] === undefined
    ? `${labels['service']} ${labels['version']}`
    : `${labels['node']} ${labels['role']}`;
}

async function ask(client: HistoryClient, query: string, atMs?: number): Promise<Record<string, number>> {
  const series = await client.instant(query, atMs);
  return Object.fromEntries(
    series.map(({ labels, points }) => [nameOf(labels), points[0]?.[1] ?? Number.NaN]),
  );
}

function noteFor(program: string): string {
  return isInstalled(program) ? '' : ` (skipped: Debian's package ${program} is not installed)`;
}

const inPrometheus = noteFor('prometheus');
describe.skipIf(inPrometheus !== '')(
  `recording rules in a Prometheus that scrapes each second${inPrometheus}`,
  () => {
    let nodes: FigureServer | undefined;
    let engine: PromqlEngine | undefined;
    let client: HistoryClient;

    beforeAll(async () => {
      const server = (nodes = await serveFigures((node) => figures[node]?.() ?? []));
      const targets = Object.keys(figures).map((node) => ({
        address: server.address,
        path: `/${node}`,
        instance: `${node}:9901`,
      }));
      // It evaluates as often as it scrapes, so that the test is short.
      engine = await startPrometheus({
        targets,
        rules: ruleText.replaceAll('interval: 15s', 'interval: 1s'),
      });
      client = new HistoryClient({ url: engine.url, clock: systemClock });
    });

    afterAll(async () => {
      client?.close();
      await engine?.stop();
      await nodes?.stop();
    });

    test.each(questions)('say that $what', async ({ query, answer }) => {
      let last: Record<string, number> = {};
      // Until all nodes were scraped and all rules have run; then it says what came instead.
      await eventually(
        async () => {
          last = await ask(client, query);
          return isDeepStrictEqual(last, answer) ? true : undefined;
        },
        () => query,
      ).catch(() => null);
      expect(last).toEqual(answer);
    });
  },
);

const inVictoria = noteFor('victoria-metrics');
describe.skipIf(inVictoria !== '')(`recording rules in VictoriaMetrics${inVictoria}`, () => {
  let engine: PromqlEngine | undefined;
  let client: HistoryClient;
  const now = startedAt + 1;

  beforeAll(async () => {
    const scrapes = [now - 1, now].map((at) =>
      Object.entries(figures).flatMap(([node, show]) =>
        show().map(({ name, labels, value }) => {
          // The one that goes on counting does so between the two scrapes.
          const grown =
            node === 'cart-2' && name === 'meshlock_edge_requests_total' ? value + at - now : value;
          const target = { ...labels, job: 'mesh', instance: `${node}:9901` };
          return `${lineOf({ name, labels: target, value: grown }).trimEnd()} ${at}\n`;
        }),
      ),
    );
    engine = await startVictoriaMetrics({ past: scrapes.flat().join('') });
    client = new HistoryClient({ url: engine.url, clock: systemClock });
    // What vmalert does: each rule reads what those before it have recorded.
    for (const { name, expression } of rulesOf(rulePath)) {
      const answer = await client.instant(expression, now * 1000);
      const lines = answer.map(({ labels, points }) =>
        lineOf({ name, labels, value: points[0]?.[1] ?? Number.NaN }).replace(/\n$/, ` ${now}\n`),
      );
      await importSamples(engine.url, lines.join(''));
    }
  });

  afterAll(async () => {
    client?.close();
    await engine?.stop();
  });

  test.each(questions)('say that $what', async ({ query, answer }) => {
    expect(await ask(client, query, now * 1000)).toEqual(answer);
  });
});
