import { describe, expect, test } from 'vitest';
import { CaptureRefused } from '../../../../holmes/index.ts';
import { diagnosisRoutes } from '../../../../src/control/self-diagnosis/admin-routes.ts';
import { type Admin, startAdmin } from '../../admin/harness.ts';
import { captureRecord, FakeMonitor } from './fake-monitor.ts';

const { id } = captureRecord();

async function start(
  monitor: FakeMonitor | null = new FakeMonitor(),
): Promise<Admin & { monitor: FakeMonitor }> {
  const wall = () => captureRecord().at + 180_000;
  const access = { monitor, obstacle: 'holmes.enabled is false' };
  const admin = await startAdmin({ routes: diagnosisRoutes(access, { wall }) });
  return { ...admin, monitor: monitor ?? new FakeMonitor() };
}

describe('/captures', () => {
  test('lists them newest first, as a table and as they are', async () => {
    const admin = await start();
    const lines = (await admin.get('/captures')).body.split('\n');
    expect(lines[0]).toMatch(/^id +age +subject +kind +sentence$/);
    expect(lines[1]).toMatch(new RegExp(`^${id} +3m +data-1 +cpu +data thread 1 spent 94 %`));
    expect(lines[2]).toMatch(/^20261120T090000\.000Z-process-heap +54m +process +heap +unclear$/);
    expect(await admin.json('/captures')).toEqual(JSON.parse(JSON.stringify(admin.monitor.records)));
  });

  test('lists those of one subject or kind only', async () => {
    const admin = await start();
    expect(await admin.json('/captures?subject=process')).toHaveLength(1);
    expect(await admin.json('/captures?kind=cpu&subject=data-1')).toHaveLength(1);
    expect(await admin.json('/captures?kind=stack')).toEqual([]);
    expect((await admin.get('/captures?kind=stack')).body).toBe('no captures\n');
    expect((await admin.get('/captures?kind=cpus')).status).toBe(400);
    const [newest] = JSON.parse(JSON.stringify(admin.monitor.records)) as unknown[];
    expect(await admin.json('/captures?limit=1')).toEqual([newest]);
    expect((await admin.get('/captures?limit=0')).status).toBe(400);
  });

  test('takes one now', async () => {
    const admin = await start();
    const { status, body } = await admin.call('POST', '/captures?subject=data-1&kind=cpu&seconds=2.5', {
      accept: 'application/json',
    });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ id });
    await admin.post('/captures?subject=process&kind=heap');
    expect(admin.monitor.asked).toEqual([
      { subject: 'data-1', kind: 'cpu', seconds: 2.5 },
      { subject: 'process', kind: 'heap' },
    ]);
    expect((await admin.get('/captures?subject=data-1&kind=cpu&seconds=5')).status).toBe(405);
  });

  test.each(['0', '0.9', '121', '-1', '1e1', 'NaN', '0x5'])(
    'refuses to record for %s seconds',
    async (seconds) => {
      const admin = await start();
      const { status, body } = await admin.post(`/captures?subject=data-1&kind=cpu&seconds=${seconds}`);
      expect([status, body]).toEqual([400, expect.stringContaining('seconds: expected a number of seconds')]);
      expect(admin.monitor.asked).toEqual([]);
    },
  );

  test('names everything that is missing', async () => {
    const { status, body } = await (await start()).post('/captures');
    expect(status).toBe(400);
    expect(body).toContain('subject: expected the name of a subject, got nothing');
    expect(body).toContain('kind: expected one of cpu, heap, handles, stack, snapshot, got nothing');
  });

  test.each([
    ['unknown_subject', 404],
    ['unsupported', 501],
    ['busy', 409],
    ['too_little_memory', 503],
    ['bad_request', 400],
    ['failed', 503],
  ] as const)('answers a refusal that is %s with %i and the reason', async (reason, status) => {
    const admin = await start();
    admin.monitor.answer = () => Promise.reject(new CaptureRefused(reason, `because it is ${reason}`));
    const answer = await admin.call('POST', '/captures?subject=data-1&kind=cpu', {
      accept: 'application/json',
    });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ error: `because it is ${reason}` });
  });

  test('answers a mistake of ours with an id and no more', async () => {
    const admin = await start();
    admin.monitor.answer = () => Promise.reject(new Error('inner workings'));
    const { status, body } = await admin.post('/captures?subject=data-1&kind=cpu');
    expect(status).toBe(500);
    expect(body).not.toContain('inner workings');
  });
});

describe('/captures/:name', () => {
  test('shows one by its id, for people and as it is', async () => {
    const admin = await start();
    const { body } = await admin.get(`/captures/${id}`);
    expect(body).toMatch(/^data thread 1 spent 94 %/);
    expect(body).toContain('cpu: cpu 82 % is 64 % above its average');
    expect(body).toContain(
      'check filters/audit.ts:31: 94.0 % (baseline 0.2 %), regular expression, filter audit',
    );
    expect(body).toContain(`/captures/${id}.pb.gz  4 bytes`);
    expect(await admin.json(`/captures/${id}`)).toMatchObject({ id, diagnosis: { certainty: 'named' } });
  });

  test('hands over each file with its name', async () => {
    const admin = await start();
    const pprof = await admin.get(`/captures/${id}.pb.gz`);
    expect(pprof.status).toBe(200);
    expect(pprof.headers).toMatchObject({
      'content-type': 'application/gzip',
      'content-length': '4',
      'content-disposition': `attachment; filename="${id}.pb.gz"`,
    });
    expect(pprof.headers['content-encoding']).toBeUndefined();
    const profile = await admin.get(`/captures/${id}.cpuprofile`, { accept: 'text/html' });
    expect(profile.body).toBe('{}');
    expect(profile.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(admin.monitor.asked).toEqual([`${id}.pb.gz`, `${id}.cpuprofile`]);
  });

  test.each([
    [`${id}.heapprofile`, 'has no file .heapprofile, only pb.gz, cpuprofile'],
    [`${id}.`, 'has no file ., only pb.gz, cpuprofile'],
    ['20261120T095155.124Z-data-1-cpu', 'there is no capture'],
    ['..%2F..%2Fetc%2Fpasswd', 'there is no capture'],
    ['x'.repeat(5000), 'there is no capture'],
  ])('refuses %s', async (name, message) => {
    const { status, body } = await (await start()).get(`/captures/${name}`);
    expect([status, body]).toEqual([404, expect.stringContaining(message)]);
    expect(body.length).toBeLessThan(300);
  });

  test('says so when a file has gone meanwhile', async () => {
    const admin = await start();
    admin.monitor.read = () => Promise.resolve(null);
    expect((await admin.get(`/captures/${id}.pb.gz`)).status).toBe(404);
  });

  test('is deleted by POST, once', async () => {
    const admin = await start();
    expect((await admin.get(`/captures/${id}/delete`)).status).toBe(405);
    expect((await admin.post(`/captures/${id}/delete`)).status).toBe(200);
    expect((await admin.post(`/captures/${id}/delete`)).status).toBe(404);
    expect(await admin.json('/captures')).toHaveLength(1);
  });
});

describe('/holmes', () => {
  test('shows what is watched, and what was read', async () => {
    const admin = await start();
    expect((await admin.get('/holmes/subjects')).body).toBe(
      'data-1  data thread 1  watched, takes a cpu capture\n',
    );
    expect(await admin.json('/holmes/subjects')).toEqual(admin.monitor.subjects());
    expect((await admin.get('/holmes/rings')).body).toContain('data-1  heap_bytes            10000000 -');
    expect(await admin.json('/holmes/rings')).toMatchObject([{ values: { heap_bytes: [1e7, null] } }]);
  });

  test('shows decisions, as many and such as are asked for', async () => {
    const admin = await start();
    expect((await admin.get('/holmes/decisions')).body).toBe(
      `7  2026-11-20T09:51:55.123Z  data-1  cpu  capture  cpu 82 % -> ${id}\n`,
    );
    expect(await admin.json('/holmes/decisions?limit=5&quiet')).toMatchObject([{ id: 7, average: null }]);
    expect(admin.monitor.asked).toEqual([
      { limit: 100, quiet: false },
      { limit: 5, quiet: true },
    ]);
    for (const limit of ['0', '1001', 'all']) {
      expect((await admin.get(`/holmes/decisions?limit=${limit}`)).status).toBe(400);
    }
  });

  test('shows the settings, no limit as null, and never the token', async () => {
    const admin = await start();
    const shown = await admin.json('/holmes/rules');
    expect(shown).toMatchObject({
      intervalMs: 5000,
      rules: { cpu: { abs: 0.7, max: null } },
      pyroscope: { token: '[hidden]' },
    });
    const { body } = await admin.get('/holmes/rules');
    expect(body).toContain('rules.cpu.abs: 0.7\nrules.cpu.max: none\n');
    expect(JSON.stringify(shown) + body).not.toContain('s3cret');
  });

  const change = (admin: Admin, body: string) =>
    admin.call(
      'POST',
      '/holmes/rules',
      { accept: 'application/json', 'content-type': 'application/json' },
      body,
    );

  test('changes settings, also back to none', async () => {
    const admin = await start();
    const { status, body } = await change(
      admin,
      '{"intervalMs": 2000, "rules": {"cpu": {"abs": null, "enabled": false}}}',
    );
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      intervalMs: 2000,
      rules: { cpu: { abs: null, enabled: false } },
    });
    expect(admin.monitor.settings().rules.cpu.abs).toBe(Number.POSITIVE_INFINITY);
  });

  test('takes a change as curl -d sends it', async () => {
    const admin = await start();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await admin.call('POST', '/holmes/rules', form, '{"intervalMs": 2000}')).status).toBe(200);
    expect(admin.monitor.settings().intervalMs).toBe(2000);
    const page = (await admin.get('/help', { accept: 'text/html' })).body;
    expect(page).toContain('<button>POST /captures</button>');
    expect(page).not.toContain('<button>POST /holmes/rules</button>');
  });

  test('takes what it has shown', async () => {
    const admin = await start();
    const before = admin.monitor.settings();
    expect((await change(admin, JSON.stringify(await admin.json('/holmes/rules')))).status).toBe(200);
    expect(admin.monitor.settings()).toEqual(before);
  });

  test.each([
    ['', 'expected a JSON object such as'],
    ['{', 'expected a JSON object such as'],
    ['[1]', 'expected an object'],
    ['{"intervalMs": -1}', 'intervalMs'],
    ['{"rules": {"cpu": {"abs": 0.05}, "gc": {"maxx": 1}}}', 'rules.gc.maxx'],
    ['{"pyroscope": null}', 'pyroscope: expected no change'],
    [
      '{"pyroscope": {"url": "http://evil", "application": "a", "token": "[hidden]", "timeoutMs": 1000}}',
      'pyroscope',
    ],
  ])('refuses the change %s and changes nothing', async (body, message) => {
    const admin = await start();
    const before = admin.monitor.settings();
    const answer = await admin.call('POST', '/holmes/rules', {}, body);
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining(message)]);
    expect(admin.monitor.settings()).toBe(before);
  });

  test('says why nothing is watched, with a 503', async () => {
    const admin = await start(null);
    for (const path of ['/captures', '/captures/x', '/holmes/subjects', '/holmes/rings', '/holmes/rules']) {
      expect(await admin.get(path)).toMatchObject({ status: 503, body: 'holmes.enabled is false\n' });
    }
    expect((await admin.post('/captures?subject=data-1&kind=cpu')).status).toBe(503);
  });
});
