import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Aggregator } from '../../../../health/aggregate/aggregator.ts';
import { json } from '../../../../health/aggregate/answer.ts';
import type { Route } from '../../../../health/aggregate/routes.ts';
import { AggregateServer } from '../../../../health/aggregate/server.ts';
import { type AggregateSettings, defaultAggregateSettings } from '../../../../health/aggregate/settings.ts';
import { silentLog } from '../../../../health/log.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { ReportSender } from '../../../../health/observe/report-sender.ts';
import { epochMs, epochOf, type Peer } from '../../../../health/observe/viewpoint.ts';
import type { ReleaseVerdict } from '../../../../health/verdict/verdict.ts';
import type { ManualClock } from '../../holmes/manual-clock.ts';
import { calleeReport, callerReport, clockAfterEpoch, peer } from './fleet.ts';

const token = 'secret-token';
const web = [peer('web-1', 'web'), peer('web-2', 'web')];
const old = [1, 2, 5, 6, 7, 8].map((n) => peer(`cart-${n}`, 'cart', '1', 'r.1'));
const canary = [peer('cart-3', 'cart', '2', 'r.2'), peer('cart-4', 'cart', '2', 'r.2')];

const settings: AggregateSettings = {
  ...defaultAggregateSettings,
  listen: { host: '127.0.0.1', port: 0 },
  token,
  limits: { ...defaultAggregateSettings.limits, maxReportBytes: 64 * 1024, maxBodyBytes: 16 * 1024 },
  verdict: { ...defaultAggregateSettings.verdict, dryRun: false },
};

/** As a console would bring: a page for everybody, and figures for those who may ask. */
const routes: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/page\/(\w+)\.bin$/,
    open: true,
    maxBodyBytes: 0,
    answer: () => ({ status: 200, type: 'font/woff2', body: new Uint8Array([0, 255]), headers: {} }),
  },
  {
    method: 'POST',
    pattern: /^\/figures\/([^/]+)$/,
    open: false,
    maxBodyBytes: 100,
    answer: ({ parts, body }) => json(200, { parts, body }),
  },
  {
    method: 'GET',
    pattern: /^\/v1\/nodes$/,
    open: true,
    maxBodyBytes: 0,
    answer: () => json(200, 'not this one'),
  },
];

describe('AggregateServer', () => {
  let clock: ManualClock;
  let aggregator: Aggregator;
  let server: AggregateServer;
  let port = 0;

  beforeEach(async () => {
    clock = clockAfterEpoch();
    aggregator = new Aggregator({ settings, clock, log: silentLog });
    server = new AggregateServer({ aggregator, settings, clock, log: silentLog, routes });
    ({ port } = await server.listen());
    await aggregator.open();
  });

  afterEach(async () => {
    await server.close();
    await aggregator.close();
  });

  async function ask(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ) {
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
    const body = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    const value = (isJson && body !== '' ? JSON.parse(body) : body) as Record<string, unknown> & string;
    return { status: response.status, headers: response.headers, value };
  }

  function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    return ask(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** `failing` of 200 calls to each node of the canary; `null`: there is no canary. */
  function reports(failing: number | null, broken: readonly Peer[] = canary): readonly EpochReport[] {
    const there = failing === null ? [] : canary;
    const epoch = epochOf(clock.wall()) - 1;
    return [
      ...web.map((caller) =>
        callerReport(caller, epoch, [
          ...old.map((callee) => ({ callee, calls: 200, failures: 0 })),
          ...there.map((callee) => ({
            callee,
            calls: 200,
            failures: broken.includes(callee) ? (failing ?? 0) : 0,
          })),
        ]),
      ),
      ...[...old, ...there].map((callee) =>
        calleeReport(callee, epoch, {
          callers: web,
          calls: 200,
          failedHere: broken.includes(callee) ? (failing ?? 0) : 0,
        }),
      ),
    ];
  }

  /** Seven epochs without the canary, twelve with it, of whose calls to each of its nodes so many of 200 fail. */
  async function release(failing: number, broken: readonly Peer[] = canary): Promise<void> {
    for (let n = 0; n < 19; n++) {
      clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
      expect((await post('/v1/epochs', reports(n < 7 ? null : failing, broken))).status).toBe(202);
      clock.advance(4500);
    }
  }

  const hook = { name: 'cart', namespace: 'shop', phase: 'Progressing', checksum: '7d9', metadata: {} };

  test('takes an epoch, knows it again, and tells why it takes another not', async () => {
    const [report] = reports(0);
    expect(await post('/v1/epochs', report)).toMatchObject({ status: 202, value: { result: 'accepted' } });
    expect(await post('/v1/epochs', report)).toMatchObject({ status: 200, value: { result: 'duplicate' } });
    expect(await post('/v1/epochs', { ...report, epoch: 1 })).toMatchObject({
      status: 410,
      value: { result: 'too_old' },
    });
    expect(await post('/v1/epochs', { ...report, epoch: report!.epoch + 2 })).toMatchObject({
      status: 409,
      value: { result: 'refused', reason: expect.stringContaining('14.5 s ahead') as string },
    });
    const date = new Date(clock.wall() - 25_000).toUTCString();
    expect(await post('/v1/epochs', { ...report, incarnation: 2 }, { date })).toMatchObject({
      status: 409,
      value: { reason: expect.stringMatching(/^the clock of web-1 is 2\d\.\d s behind$/) as string },
    });
  });

  test('takes what a node of the mesh sends', async () => {
    const sender = new ReportSender({
      url: `http://127.0.0.1:${port}`,
      token,
      clock,
      random: () => 0,
      log: silentLog,
    });
    for (const report of reports(0)) sender.offer(report);
    sender.offer(reports(0)[0]!);
    sender.offer({ ...reports(0)[0]!, epoch: 1 });
    await sender.close();
    expect(sender.figures()).toEqual({ sent: 11, failed: 1, dropped: 0, queued: 0 });
    expect(aggregator.figures().reports).toEqual({ accepted: 10, duplicate: 1, too_old: 1, refused: 0 });
  });

  test('answers each of a list of epochs', async () => {
    const [report] = reports(0);
    const answer = await post('/v1/epochs', [report, report, { ...report, incarnation: -1 }]);
    expect(answer.status).toBe(207);
    expect(answer.value['results']).toEqual([
      { result: 'accepted', reason: '' },
      { result: 'duplicate', reason: 'was there before' },
      { result: 'invalid', reason: expect.stringContaining('incarnation') as string },
    ]);
    expect((await post('/v1/epochs', [])).status).toBe(400);
    expect(
      (
        await post(
          '/v1/epochs',
          Array.from({ length: 401 }, () => 0),
        )
      ).status,
    ).toBe(400);
  });

  test.each([
    ['null', null],
    ['a number', 7],
    ['a text', '"report"'],
    ['a prototype', '{"__proto__":{"format":1}}'],
    ['another format', { format: 2 }],
    ['more failures than calls', { totals: [{ viewpoint: 'caller', calls: 1, failures: 2 }] }],
  ])('refuses %s as a report, with every problem', async (_what, body) => {
    const answer = await post('/v1/epochs', body);
    expect(answer.status).toBe(400);
    expect(answer.value['problems']).toEqual(expect.arrayContaining([expect.any(String)]));
    expect(aggregator.figures().nodes).toBe(0);
  });

  test('takes from an application only what an application sees', async () => {
    const [report] = reports(0);
    expect((await post('/v1/observations', report)).status).toBe(400);
    const seen = { ...report, viewpoints: ['caller'], edges: [], totals: [] };
    expect((await post('/v1/observations', seen)).status).toBe(202);
  });

  test('asks for the token, as a bearer or in a URL, everywhere but at the probes', async () => {
    const status = async (path: string, authorization: string) =>
      (await ask(path, { headers: { authorization } })).status;
    expect(await status('/v1/nodes', 'Bearer wrong')).toBe(401);
    expect(await status('/v1/nodes', `Bearer ${token}x`)).toBe(401);
    expect(await status('/v1/nodes', '')).toBe(401);
    expect(await status('/nowhere', '')).toBe(401);
    expect(await status('/metrics', '')).toBe(401);
    expect(await status('/v1/nodes', `Basic ${btoa(`any:${token}`)}`)).toBe(200);
    expect(await status('/v1/nodes', `Basic ${btoa(token)}`)).toBe(401);
    expect(await status('/livez', '')).toBe(200);
    expect(await status('/readyz', '')).toBe(200);
    const [report] = reports(0);
    expect((await post('/v1/epochs', report, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect(aggregator.figures().nodes).toBe(0);
  });

  test('tells what is wrong with a request', async () => {
    expect(await ask('/nowhere')).toMatchObject({ status: 404 });
    const wrong = await ask('/v1/epochs');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect((await post('/v1/nodes', {})).headers.get('allow')).toBe('GET');
    expect((await post('/v1/epochs', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('/v1/epochs', '{}', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post('/v1/epochs', '{"half":')).status).toBe(400);
    expect((await post('/judge', '{}')).status).toBe(400);
    expect((await post('/hooks/flagger/gate', '[]')).status).toBe(400);
    expect((await ask('/v1/releases/%ff/verdict')).status).toBe(400);
    expect((await ask('/v1/releases/r.2/verdict?since=soon')).status).toBe(400);
    expect((await ask('/v1/evidence?from=5&to=1')).status).toBe(400);
    expect((await ask('/v1/part?from=1&to=5')).status).toBe(400);
    expect((await ask('/v1/part?from=1&to=91&parts_from=1')).status).toBe(400);
    expect((await ask('/v1/part?from=1&to=90&parts_from=1&known=1.2,x')).status).toBe(400);
    expect((await ask('/v1/part?from=1&to=90&parts_from=1&known=1.2,3.4')).status).toBe(200);
    expect((await ask('/v1/nodes', { method: 'HEAD' })).status).toBe(200);
  });

  test('refuses a body beyond the bound, announced or not, and goes on', async () => {
    const large = `"${'x'.repeat(70_000)}"`;
    expect((await post('/v1/epochs', large)).status).toBe(413);
    const pieces = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 70; n++) controller.enqueue(Buffer.alloc(1024, 0x20));
        controller.close();
      },
    });
    const streamed = await ask('/v1/epochs', {
      method: 'POST',
      body: pieces,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    });
    expect(streamed.status).toBe(413);
    expect((await post('/v1/epochs', reports(0)[0])).status).toBe(202);
  });

  test('survives a client that hangs up in the middle of a body', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const head = `POST /v1/epochs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"form`;
    socket.write(head);
    socket.destroy();
    await once(socket, 'close');
    expect((await ask('/livez')).status).toBe(200);
  });

  test('shows nodes, suspects and evidence', async () => {
    await release(20, canary.slice(0, 1));
    const nodes = await ask('/v1/nodes');
    expect(nodes.value['count']).toBe(10);
    expect(nodes.value['nodes']).toContainEqual(
      expect.objectContaining({ node: 'web-1', status: 'reporting', missingEpochs: 0, refusal: '' }),
    );
    const suspects = await ask('/v1/suspects');
    expect(suspects.value).toMatchObject({ judged: { epoch: aggregator.judgedEpoch }, missing: [] });
    expect(suspects.value['suspects']).toContainEqual(
      expect.objectContaining({ node: 'cart-3', service: 'cart', version: '2', active: true }),
    );
    expect((await ask('/metrics')).value).toMatch(
      /^meshlock_suspect\{node="cart-3",module="\w+",service="cart",version="2"\} 0\.\d+$/m,
    );
    const epoch = aggregator.judgedEpoch;
    const evidence = await ask(`/v1/evidence?from=${epoch - 5}&to=${epoch}`);
    expect(evidence.value).toMatchObject({ from: epoch - 5, to: epoch });
    expect(evidence.value['calls']).toContainEqual(['cart-3\ninbound_downstream', expect.any(Number)]);
  });

  test('fails a bad release: verdict, hooks and metrics say the same', async () => {
    await release(20);
    const verdict = await ask('/v1/releases/r.2/verdict?service=cart');
    expect(verdict.status).toBe(200);
    expect(verdict.headers.get('cache-control')).toBe('max-age=10');
    expect(verdict.value).toMatchObject({
      verdict: 'fail',
      action: 'rollback',
      release: { id: 'r.2', service: 'cart' },
    });
    expect((await post('/hooks/flagger/gate', hook)).status).toBe(403);
    expect((await post('/hooks/flagger/check', hook)).status).toBe(403);
    const rollback = await post('/hooks/flagger/rollback', hook);
    expect(rollback.status).toBe(200);
    expect(rollback.value).toMatch(/^fail: 2 fails at least/);
    expect((await ask('/metrics')).value).toContain(
      'meshlock_release_verdict{service="cart",version="2",release="r.2"} -1\n',
    );
  });

  test('lists the releases under way, with versions, nodes and verdict', async () => {
    expect((await ask('/v1/releases')).value).toMatchObject({ count: 0, releases: [], events: [] });
    await release(20);
    await post('/hooks/flagger/event', { ...hook, metadata: { eventMessage: 'rolling' } });
    const { value } = await ask('/v1/releases');
    const { value: verdict } = await ask('/v1/releases/r.2/verdict');
    const epoch = aggregator.judgedEpoch;
    const iso = (at: number) => new Date(at * epochMs).toISOString();
    expect(value).toMatchObject({ judged: { epoch, until: iso(epoch + 1) }, count: 1 });
    expect(value['releases']).toEqual([
      {
        ...{ service: 'cart', version: '2', release: 'r.2' },
        versions: [
          {
            ...{ version: '1', release: 'r.1', since: iso(epoch - 18), lastSeen: iso(epoch + 1) },
            ...{ nodeCount: 6, nodes: old.map(({ node }) => node) },
          },
          {
            ...{ version: '2', release: 'r.2', since: iso(epoch - 11), lastSeen: iso(epoch + 1) },
            ...{ nodeCount: 2, nodes: canary.map(({ node }) => node) },
          },
        ],
        verdict,
      },
    ]);
    expect(value['events']).toMatchObject([{ service: 'cart', message: 'rolling' }]);
  });

  test('tells in figures what the verdict on a release rests on', async () => {
    await release(20);
    const { value: verdict } = await ask('/v1/releases/r.2/verdict');
    const { evidence } = verdict as unknown as ReleaseVerdict;
    const labels = 'service="cart",version="2",release="r.2"';
    const { value: text } = await ask('/metrics');
    for (const line of [
      `meshlock_release_action{${labels},action="continue"} 0`,
      `meshlock_release_action{${labels},action="pause"} 0`,
      `meshlock_release_action{${labels},action="rollback"} 1`,
      `meshlock_release_evidence{${labels}} ${evidence.eValue}`,
      'meshlock_release_evidence_limit 100',
      `meshlock_release_needed_calls{${labels}} ${evidence.needRequests}`,
      `meshlock_release_calls{${labels},arm="baseline"} ${12 * 6 * 400}`,
      `meshlock_release_calls{${labels},arm="canary"} ${12 * 2 * 400}`,
      `meshlock_release_failures{${labels},arm="baseline"} 0`,
      `meshlock_release_failures{${labels},arm="canary"} ${12 * 2 * 40}`,
    ])
      expect(text.split('\n')).toContain(line);
  });

  test('tells what each node counted at each viewpoint, of the epochs that are judged', async () => {
    await release(20);
    const lines = async () => (await ask('/metrics')).value.split('\n');
    const of = (metric: string, node: string, viewpoint: string, value: number) => {
      const service = node.split('-')[0] ?? '';
      const version = node === 'cart-3' ? '2' : '1';
      return `meshlock_viewpoint_${metric}_total{node="${node}",service="${service}",version="${version}",viewpoint="${viewpoint}"} ${value}`;
    };
    const calls = (19 * 6 + 12 * 2) * 200;
    const now = await lines();
    expect(now).toContain(of('calls', 'web-1', 'outbound_upstream', calls));
    expect(now).toContain(of('failures', 'web-1', 'outbound_upstream', 12 * 2 * 20));
    expect(now).toContain(of('failures', 'cart-3', 'inbound_downstream', 12 * 2 * 20));
    expect(now).toContain(of('failures', 'cart-3', 'inbound_upstream', 0));
    clock.advance(epochMs - (clock.wall() % epochMs) + 1000);
    await post('/v1/epochs', reports(null));
    expect(await lines()).toContain(of('calls', 'web-1', 'outbound_upstream', calls));
    clock.advance(4500);
    expect(await lines()).toContain(of('calls', 'web-1', 'outbound_upstream', calls + 6 * 200));
    // What comes late is not lost.
    const [late] = reports(null);
    await post('/v1/epochs', { ...late, incarnation: 2 });
    expect(await lines()).toContain(of('calls', 'web-1', 'outbound_upstream', calls + 2 * 6 * 200));
  });

  test('answers the routes that were added, behind the same rules', async () => {
    const page = await fetch(`http://127.0.0.1:${port}/page/font.bin`);
    expect(page.headers.get('content-type')).toBe('font/woff2');
    expect(page.headers.get('content-length')).toBe('2');
    expect([...new Uint8Array(await page.arrayBuffer())]).toEqual([0, 255]);
    expect((await ask('/figures/a%20b', { headers: { authorization: '' }, method: 'POST' })).status).toBe(
      401,
    );
    const figures = await post('/figures/a%20b', { of: 1 });
    expect(figures).toMatchObject({ status: 200, value: { parts: ['a b'], body: { of: 1 } } });
    expect((await post('/figures/a', 'x'.repeat(101))).status).toBe(413);
    expect((await ask('/figures/a')).headers.get('allow')).toBe('POST');
    expect((await ask('/v1/nodes', { headers: { authorization: '' } })).status).toBe(401);
    expect((await ask('/v1/nodes')).value).toMatchObject({ count: 0 });
  });

  test('passes a good release', async () => {
    await release(0);
    expect((await ask('/v1/releases/r.2/verdict')).value).toMatchObject({
      verdict: 'pass',
      action: 'continue',
    });
    for (const [name, status] of [
      ['gate', 200],
      ['check', 200],
      ['rollback', 403],
    ] as const)
      expect((await post(`/hooks/flagger/${name}`, hook)).status).toBe(status);
    expect((await ask('/metrics')).value).toContain('release="r.2"} 1\n');
  });

  test('answers 200 and inconclusive on a release that nobody knows, and holds it at the gate', async () => {
    const verdict = await ask('/v1/releases/no%20such%2Frelease/verdict?service=cart');
    expect(verdict.status).toBe(200);
    expect(verdict.value).toMatchObject({
      verdict: 'inconclusive',
      action: 'pause',
      reasons: ['No node has reported the release no such/release in the service cart yet.'],
      evidence: { needRequests: 191 },
    });
    for (const [name, status] of [
      ['gate', 403],
      ['check', 200],
      ['rollback', 403],
    ] as const)
      expect((await post(`/hooks/flagger/${name}`, hook)).status).toBe(status);
  });

  test('notes what Flagger tells of a release', async () => {
    await release(0);
    const metadata = { release: 'order-9', version: '2', eventMessage: 'New revision detected' };
    expect((await post('/hooks/flagger/event', { ...hook, metadata })).status).toBe(202);
    expect(aggregator.events()).toMatchObject([{ service: 'cart', message: 'New revision detected' }]);
    expect((await ask('/v1/releases/order-9/verdict')).value).toMatchObject({ release: { version: '2' } });
  });

  test('judges for Kayenta the release that its configuration names', async () => {
    await release(20);
    const request = (named: string) => ({
      canaryConfig: {
        name: 'cart',
        judge: { name: 'meshlock-v1', judgeConfigurations: { release: named, service: 'cart' } },
        metrics: [],
      },
      scoreThresholds: { pass: 95, marginal: 75 },
      metricSetPairList: [],
    });
    const answer = await post('/judge', request('r.2'));
    expect(answer).toMatchObject({ status: 200, value: { score: { score: 0, classification: 'Fail' } } });
    const unknown = await post('/judge', request('r.9'));
    expect(unknown).toMatchObject({ status: 200, value: { score: { classification: 'Marginal' } } });
  });

  test('is not ready, and takes no reports, before its state is read', async () => {
    const late = new Aggregator({ settings, clock, log: silentLog });
    const early = new AggregateServer({ aggregator: late, settings, clock, log: silentLog });
    const address = await early.listen();
    const url = `http://127.0.0.1:${address.port}`;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = await fetch(`${url}/v1/epochs`, {
      method: 'POST',
      headers,
      body: JSON.stringify(reports(0)[0]),
    });
    expect(sent.status).toBe(503);
    await late.open();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await early.close();
    await late.close();
  });
});
