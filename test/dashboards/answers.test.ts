/** What the less plain queries answer, on series that are made up: states made of labels, joins, shares of nothing. */
import { describe, expect, test } from 'vitest';
import { resolveVariables } from '../../dashboards/source/queries.ts';
import { committedDashboards, panelsOf, variablesOf } from './dashboard-file.ts';
import { checkAnswer, reason, type Samples, withoutPromtool } from './promtool.ts';

interface Case {
  readonly what: string;
  readonly dashboard: string;
  readonly panel: string;
  /** Of the query; the first one when left out. */
  readonly refId?: string;
  /** Of the variables; `.+` for those that are left out. */
  readonly chosen?: Readonly<Record<string, string>>;
  readonly series: Samples;
  readonly answer: Samples;
}

const a = 'job="mesh", instance="a:1"';
const b = 'job="mesh", instance="b:1"';
const aggregator = 'job="aggregator", instance="c:1"';
const release = 'service="cart", version="1.1", release="r2"';

const nodes = {
  [`meshlock_node_info{${a}, node_id="cart-1", node_service="cart", node_version="1.0", node_release="r1"}`]: 1,
  [`meshlock_node_info{${b}, node_id="web-1", node_service="web", node_version="7", node_release="r1"}`]: 1,
};

function statusOf(component: string, has: string): Samples {
  return Object.fromEntries(
    ['starting', 'healthy', 'degraded', 'unhealthy', 'stopped'].map((one) => [
      `meshlock_health_component_status{${a}, component="${component}", kind="api", required="true", status="${one}"}`,
      one === has ? 1 : 0,
    ]),
  );
}

const cases: readonly Case[] = [
  {
    what: 'a component has one number for its status',
    dashboard: 'node',
    panel: 'Components',
    series: {
      ...nodes,
      ...statusOf('admin', 'healthy'),
      ...statusOf('clusters', 'degraded'),
      ...statusOf('threads', 'unhealthy'),
    },
    answer: {
      [`{${a}, node_id="cart-1", component="admin"}`]: 0,
      [`{${a}, node_id="cart-1", component="clusters"}`]: 1,
      [`{${a}, node_id="cart-1", component="threads"}`]: 4,
    },
  },
  {
    what: 'only nodes of the chosen service are shown',
    dashboard: 'node',
    panel: 'Gate',
    refId: 'A',
    chosen: { service: 'web' },
    series: { ...nodes, [`meshlock_gate_open{${a}}`]: 0, [`meshlock_gate_open{${b}}`]: 1 },
    answer: { '{}': 1 },
  },
  {
    what: 'viewpoints without a failure have a share of nought',
    dashboard: 'node',
    panel: 'Failures by viewpoint',
    series: {
      ...nodes,
      [`meshlock_viewpoint_calls_total{${aggregator}, node="cart-1", service="cart", version="1.0", viewpoint="caller"}`]: 4,
    },
    answer: { '{}': 0 },
  },
  {
    what: 'viewpoints of nodes that are not chosen do not count',
    dashboard: 'node',
    panel: 'Calls by viewpoint',
    chosen: { instance: 'a:1' },
    series: {
      ...nodes,
      [`meshlock_viewpoint_calls_total{${aggregator}, node="cart-1", service="cart", version="1.0", viewpoint="caller"}`]: 4,
      [`meshlock_viewpoint_calls_total{${aggregator}, node="web-1", service="web", version="7", viewpoint="caller"}`]: 8,
    },
    answer: { '{}': 4 },
  },
  {
    what: 'a pool is used by as much of its limit',
    dashboard: 'node',
    panel: 'Use of the pools',
    series: {
      ...nodes,
      [`meshlock_cluster_connections_active{${a}, cluster="app"}`]: 5,
      [`meshlock_cluster_breaker_limit{${a}, cluster="app", breaker="connections"}`]: 20,
      [`meshlock_cluster_breaker_limit{${a}, cluster="app", breaker="pending"}`]: 10,
    },
    answer: { [`{${a}, node_id="cart-1", cluster="app"}`]: 0.25 },
  },
  {
    what: 'a suspect has the address of its node, and stays without when that is not scraped',
    dashboard: 'mesh',
    panel: 'Suspects',
    refId: 'A',
    series: {
      ...nodes,
      [`meshlock_suspect{${aggregator}, node="cart-1", module="application", service="cart", version="1.0"}`]: 0.5,
      [`meshlock_suspect{${aggregator}, node="cart-9", module="application", service="cart", version="1.0"}`]: 0.25,
    },
    answer: {
      '{node="cart-1", module="application", service="cart", version="1.0", instance="a:1"}': 0.5,
      '{node="cart-9", module="application", service="cart", version="1.0"}': 0.25,
    },
  },
  {
    what: 'nodes that never came up are missed, targets of other jobs and nodes of other services are not',
    dashboard: 'mesh',
    panel: 'Nodes not scraped',
    chosen: { service: 'cart' },
    series: {
      ...nodes,
      [`up{${a}}`]: 0,
      [`up{${b}}`]: 0,
      'up{job="mesh", instance="never:1"}': 0,
      'up{job="database", instance="d:1"}': 0,
    },
    answer: { '{}': 2 },
  },
  {
    what: 'a service that had no request has no success rate',
    dashboard: 'mesh',
    panel: 'Success rate',
    series: {
      ...nodes,
      [`meshlock_listener_requests_total{${a}, listener="in", role="inbound", code_class="2xx"}`]: 3,
      [`meshlock_listener_requests_total{${a}, listener="in", role="inbound", code_class="5xx"}`]: 1,
      [`meshlock_listener_requests_total{${a}, listener="out", role="outbound", code_class="5xx"}`]: 1,
      [`meshlock_listener_requests_total{${b}, listener="in", role="inbound", code_class="2xx"}`]: 0,
    },
    answer: { '{node_service="cart"}': 0.75 },
  },
  {
    what: 'the action on a release is one number',
    dashboard: 'release',
    panel: 'Actions',
    series: {
      [`meshlock_release_action{${aggregator}, ${release}, action="continue"}`]: 0,
      [`meshlock_release_action{${aggregator}, ${release}, action="pause"}`]: 0,
      [`meshlock_release_action{${aggregator}, ${release}, action="rollback"}`]: 1,
    },
    answer: { [`{${release}}`]: 2 },
  },
  {
    what: 'evidence is a share of its limit',
    dashboard: 'release',
    panel: 'Evidence of failure',
    series: {
      [`meshlock_release_evidence{${aggregator}, ${release}}`]: 50,
      [`meshlock_release_evidence_limit{${aggregator}}`]: 100,
    },
    answer: { '{}': 0.5 },
  },
  {
    what: 'evidence of a million to one is no million per cent',
    dashboard: 'release',
    panel: 'Evidence of failure',
    series: {
      [`meshlock_release_evidence{${aggregator}, ${release}}`]: 1e8,
      [`meshlock_release_evidence_limit{${aggregator}}`]: 100,
    },
    answer: { '{}': 1 },
  },
  {
    what: 'the limit of a reading stands beside the readings that are shown',
    dashboard: 'self-diagnosis',
    panel: 'CPU',
    refId: 'C',
    chosen: { subject: 'data-1' },
    series: {
      ...nodes,
      [`meshlock_holmes_reading_ratio{${a}, subject="data-1", reading="cpu"}`]: 0.5,
      [`meshlock_holmes_limit_ratio{${a}, subject="data-1", reading="cpu"}`]: 0.75,
      [`meshlock_holmes_limit_ratio{${a}, subject="process", reading="cpu"}`]: 0.25,
    },
    answer: { [`{${a}, node_id="cart-1", subject="data-1", reading="cpu"}`]: 0.75 },
  },
  {
    what: 'captures are counted from the first one on, and those of before are not',
    dashboard: 'self-diagnosis',
    panel: 'Triggers',
    series: {
      ...nodes,
      [`meshlock_holmes_last_capture_timestamp_seconds{${a}, subject="data-1", rule="cpu", kind="cpu", capture="x"}`]: 400,
      [`meshlock_holmes_last_capture_timestamp_seconds{${a}, subject="data-1", rule="stall", kind="cpu", capture="y"}`]: 100,
    },
    answer: { '{}': 1 },
  },
  {
    what: 'an endpoint that is ill counts as that, whether it is ejected or not',
    dashboard: 'upstreams',
    panel: 'Endpoints over time',
    series: {
      ...nodes,
      ...Object.fromEntries(
        (
          [
            ['one', 1, 0],
            ['two', 1, 1],
            ['three', 0, 0],
            ['four', 0, 1],
          ] as const
        ).flatMap(([endpoint, healthy, ejected]) => [
          [`meshlock_endpoint_healthy{${a}, cluster="app", endpoint="${endpoint}"}`, healthy],
          [`meshlock_endpoint_ejected{${a}, cluster="app", endpoint="${endpoint}"}`, ejected],
        ]),
      ),
    },
    answer: {
      [`{${a}, node_id="cart-1", cluster="app", endpoint="one"}`]: 0,
      [`{${a}, node_id="cart-1", cluster="app", endpoint="two"}`]: 1,
      [`{${a}, node_id="cart-1", cluster="app", endpoint="three"}`]: 2,
      [`{${a}, node_id="cart-1", cluster="app", endpoint="four"}`]: 2,
    },
  },
  {
    what: 'a cluster whose endpoints are all out is without endpoints',
    dashboard: 'upstreams',
    panel: 'Clusters without endpoints',
    series: {
      ...nodes,
      [`meshlock_endpoint_healthy{${a}, cluster="app", endpoint="one"}`]: 1,
      [`meshlock_endpoint_ejected{${a}, cluster="app", endpoint="one"}`]: 1,
      [`meshlock_endpoint_healthy{${a}, cluster="other", endpoint="two"}`]: 1,
      [`meshlock_endpoint_ejected{${a}, cluster="other", endpoint="two"}`]: 0,
    },
    answer: { '{}': 1 },
  },
];

const committed = committedDashboards();

function queryOf({ dashboard: name, panel: title, refId = 'A', chosen = {}, ...given }: Case): string {
  const dashboard = committed.get(name)!;
  const panels = panelsOf(dashboard).filter((one) => one.title === title);
  // Where a figure and a drawing have one title, the drawing is meant when the answer has labels.
  const wantsFigure = '{}' in given.answer;
  const panel = panels.find(({ type }) => (type === 'stat') === wantsFigure) ?? panels[0];
  const expr = panel?.targets?.find((target) => target.refId === refId)?.expr;
  if (expr === undefined) throw new Error(`${name}.json has no panel ${title} with a query ${refId}`);
  const all = Object.fromEntries(variablesOf(dashboard).map((variable) => [variable.name, '.+']));
  return resolveVariables(expr, { ...all, ...chosen, __range_s: '300' });
}

describe.skipIf(withoutPromtool)(`the answers of queries${reason}`, () => {
  test.each(cases)('$dashboard, $panel: $what', (one) => {
    const { status, output } = checkAnswer(queryOf(one), one.series, one.answer);
    expect(status, output).toBe(0);
  });

  test('would be told when they were others', () => {
    const [one] = cases;
    expect(checkAnswer(queryOf(one!), one!.series, { '{}': 7 }).status).not.toBe(0);
  });
});
