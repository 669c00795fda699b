/** holmes in the real process, as an operator meets it: every documented call, the log, the metrics, reload and end. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from './call.ts';
import { documentedCalls, isDiagnosis } from './documented-calls.ts';
import { becomesTrue } from './eventually.ts';
import { type Configuration, launchMeshlock, type Meshlock } from './meshlock.ts';

const promtool = 'promtool';

let mesh: Meshlock;
/** Of the capture that the first call takes. */
let id = '';

const configuration: Configuration = {
  node: { id: 'cart-1', service: 'cart', version: '1.2.3', release: 'r7' },
  admin: '127.0.0.1:0',
  data_threads: 1,
  // What this machine does meanwhile must not capture anything.
  holmes: {
    interval: '100ms',
    cpu: false,
    event_loop_delay: false,
    gc: false,
    heap: false,
    external: false,
    rss: false,
    handles: { min: 1 },
    descriptors: false,
    stall: false,
  },
  listeners: [{ name: 'web', address: '127.0.0.1:0', routes: [{ direct_response: 204 }] }],
};

beforeAll(async () => {
  mesh = await launchMeshlock(configuration);
  await mesh.log.line(/^holmes watches the process and 1 data thread; captures lie in /);
}, 30_000);

afterAll(() => mesh.dispose());

interface Call {
  /** Where it is not the documented path itself. */
  readonly target?: () => string;
  readonly body?: string;
  readonly check: (answer: Answer) => void;
}

const isHtml = ({ headers }: Answer): void => {
  expect(headers['content-type']).toContain('text/html');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
};

/** In this order: the later ones look at what the first has taken. */
const calls: Readonly<Record<string, Call>> = {
  'POST /captures': {
    target: () => '/captures?subject=data-1&kind=cpu&seconds=1&format=json',
    check: ({ body }) => {
      const record = JSON.parse(body) as { id: string };
      ({ id } = record);
      expect(record).toMatchObject({ subject: 'data-1', kind: 'cpu', rule: 'request' });
    },
  },
  'GET /captures': {
    check: ({ body }) => expect(body).toMatch(/^id +age .*\n\S+-data-1-cpu +\d+s +data-1 +cpu +\S/),
  },
  'GET /captures/:name': {
    target: () => `/captures/${id}.pb.gz`,
    check: ({ bytes, headers }) => {
      expect([...bytes.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
      expect(headers['content-disposition']).toBe(`attachment; filename="${id}.pb.gz"`);
    },
  },
  'GET /holmes/subjects': {
    check: ({ body }) =>
      expect(body).toBe('process  the process    watched\ndata-1   data thread 1  watched\n'),
  },
  'GET /holmes/rings': { check: ({ body }) => expect(body).toMatch(/^data-1 +heap_bytes .*\d/m) },
  'GET /holmes/decisions': {
    target: () => '/holmes/decisions?quiet&limit=1000',
    check: ({ body }) => expect(body).toMatch(new RegExp(` data-1 +request +capture +.* -> ${id}$`, 'm')),
  },
  'GET /holmes/store': {
    check: ({ body }) => expect(body).toMatch(/^captures +1 of 200\n.*\nproblem +none$/ms),
  },
  'GET /holmes/rules': { check: ({ body }) => expect(body).toContain('intervalMs: 100\n') },
  'POST /holmes/rules': {
    body: '{"intervalMs": 200}',
    check: ({ body }) => expect(body).toContain('intervalMs: 200\n'),
  },
  'GET /console': { check: isHtml },
  'GET /console/assets/:file': {
    target: () => '/console/assets/base.css',
    check: ({ headers }) => expect(headers['content-type']).toContain('text/css'),
  },
  'GET /console/state': {
    check: ({ body }) =>
      expect(JSON.parse(body)).toMatchObject({
        server: { node: { id: 'cart-1' }, pid: mesh.pid },
        gate: { state: 'open' },
        traffic: { listeners: [{ name: 'web' }] },
        diagnosis: { on: true },
      }),
  },
  'GET /holmes': {
    check: ({ headers }) => expect(headers.location).toBe('/console#captures'),
  },
  'GET /speedscope': {
    check: ({ status, headers }) => expect([status, headers.location]).toEqual([308, '/speedscope/']),
  },
  'GET /speedscope/': { check: isHtml },
  'GET /speedscope/:file': { target: () => '/speedscope/index.html', check: isHtml },
  'POST /captures/:name/delete': {
    target: () => `/captures/${id}/delete`,
    check: ({ body }) => expect(body).toBe('OK\n'),
  },
};

const redirects: Readonly<Record<string, number>> = { 'GET /holmes': 302, 'GET /speedscope': 308 };

describe('self-diagnosis of a running proxy', () => {
  test('has a check here for every documented call, and no other', () => {
    expect(Object.keys(calls).toSorted()).toEqual(documentedCalls().filter(isDiagnosis).toSorted());
  });

  test.each(Object.entries(calls))(
    'answers %s from what it really is',
    async (documented, { target, body, check }) => {
      const [method = '', path = ''] = documented.split(' ');
      const answer = await mesh.admin(target?.() ?? path, { method, ...(body !== undefined && { body }) });
      expect(answer.status, answer.body).toBe(redirects[documented] ?? 200);
      check(answer);
    },
  );

  test('has said in the log what it captured and where it lay, and deleted it there', async () => {
    const line = await mesh.log.line(new RegExp(`\\(capture ${id}\\)$`));
    const captures = join(mesh.directory, 'meshlock', 'captures');
    expect(line).toMatchObject({
      level: 'warn',
      component: 'holmes',
      rule: 'request',
      folder: join(captures, id),
    });
    expect(readdirSync(captures)).toEqual([]);
  });

  const withoutPromtool = spawnSync(promtool, ['--version']).error !== undefined;
  test.skipIf(withoutPromtool)('shows metrics that pass promtool', async () => {
    const samples = await mesh.metrics();
    const of = { subject: 'data-1', rule: 'request', kind: 'cpu' };
    expect(samples.sum('meshlock_holmes_captures_total', { ...of, result: 'stored' })).toBe(1);
    expect(
      samples.find('meshlock_holmes_last_capture_timestamp_seconds', { ...of, capture: id }),
    ).toHaveLength(1);
    expect(samples.find('meshlock_holmes_reading_ratio', { subject: 'data-1', reading: 'cpu' })).toHaveLength(
      1,
    );
    expect(samples.sum('meshlock_holmes_decisions_total', { verdict: 'quiet' })).toBeGreaterThan(0);
    const input = (await mesh.admin('/metrics')).body;
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('is switched off and on by a reload, and captures survive that', async () => {
    const taken = await mesh.adminJson<{ id: string }>('/captures?subject=data-1&kind=handles&seconds=1', {
      method: 'POST',
    });
    await mesh.write({ ...configuration, holmes: false });
    const isOff = async () => (await mesh.admin('/captures')).status === 503;
    await becomesTrue(isOff, () => 'holmes to be off');
    expect((await mesh.admin('/captures')).body).toBe('holmes.enabled is false\n');
    expect((await mesh.admin('/ready')).status).toBe(200);
    await mesh.write(configuration);
    await becomesTrue(
      async () => !(await isOff()),
      () => 'holmes to be on again',
    );
    expect(await mesh.adminJson('/captures')).toMatchObject([{ id: taken.id }]);
  });

  test('does not hold up the end', async () => {
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });
});
