import { describe, expect, test } from 'vitest';
import { adminTable } from '../../../src/admin/endpoint/table.ts';
import { ManualClock } from '../../../src/base/index.ts';
import { FakeSource } from './fake-source.ts';
import { startAdmin } from './harness.ts';

const { routes } = adminTable(new FakeSource(), new ManualClock(), []);
const changing = routes.filter(({ method }) => method === 'POST');
const reading = routes.filter(({ method }) => method === 'GET');

describe('a path that changes the process', () => {
  test.each(changing.map(({ path }) => path).filter((path) => path !== '/logging'))(
    'refuses GET and HEAD at %s and says how to call it',
    async (path) => {
      const admin = await startAdmin();
      const answer = await admin.get(path, { host: '127.0.0.1:9901' });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST');
      expect(answer.body).toContain(`curl -X POST 'http://127.0.0.1:9901${path}'`);
      expect((await admin.call('HEAD', path)).status).toBe(405);
      expect(admin.source.changes).toEqual([]);
    },
  );

  test('shows the token as a part of the call where one is needed', async () => {
    const admin = await startAdmin({ token: 'secret' });
    const { body } = await admin.get('/reload', { authorization: 'Bearer secret' });
    expect(body).toContain("-H 'Authorization: Bearer <token>'");
  });

  test('is written to the log with its caller, once it was done', async () => {
    const admin = await startAdmin();
    await admin.post('/drain_listeners?inboundonly');
    await admin.post('/drain_listeners?nonsense');
    expect(admin.log.records).toEqual([
      {
        level: 'info',
        fields: {
          path: '/drain_listeners',
          parameters: 'inboundonly=',
          remote: '127.0.0.1',
          status: 200,
        },
        message: 'admin change: /drain_listeners',
      },
    ]);
  });
});

describe('a path that is only read', () => {
  test.each(reading.map(({ path }) => path).filter((path) => path !== '/logging'))(
    'refuses other methods at %s',
    async (path) => {
      const admin = await startAdmin();
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
        const answer = await admin.call(method, path);
        expect([method, answer.status]).toEqual([method, 405]);
        expect(answer.headers.allow).toBe('GET, HEAD');
      }
    },
  );

  test.each(reading.map(({ path }) => path))('answers GET %s with 200', async (path) => {
    expect((await (await startAdmin()).get(path)).status).toBe(200);
  });

  test.each(reading.map(({ path }) => path).filter((path) => !/metrics|prometheus/.test(path)))(
    'answers %s in JSON on request',
    async (path) => {
      const admin = await startAdmin();
      for (const answer of [
        await admin.get(path, { accept: 'application/json' }),
        await admin.get(`${path}?format=json`),
      ]) {
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
        expect(JSON.parse(answer.body)).toBeTypeOf('object');
      }
    },
  );
});

describe('an unknown path', () => {
  test.each([
    ['/quitquit', '/quitquitquit'],
    ['/stat', '/stats'],
    ['/metrics/', '/metrics'],
    ['/healthcheck/failed', '/healthcheck/fail'],
    ['//ready', '/ready'],
  ])('%s is a 404 that names %s', async (path, nearest) => {
    const answer = await (await startAdmin()).get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).toContain(`the nearest path is ${nearest},`);
  });

  test('that is very long is shortened', async () => {
    const answer = await (await startAdmin()).get(`/${'x'.repeat(10_000)}`);
    expect(answer.status).toBe(404);
    expect(answer.body.length).toBeLessThan(300);
  });

  test('is a JSON error for who wants JSON', async () => {
    const answer = await (await startAdmin()).get('/nope', { accept: 'application/json' });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).error).toContain('there is no "/nope"');
  });

  test('that is no path at all is a 400', async () => {
    const admin = await startAdmin();
    expect((await admin.call('OPTIONS', '*')).status).toBe(400);
    expect((await admin.get('ftp://127.0.0.1/ready')).status).toBe(400);
  });
});

describe('parameters', () => {
  test('that are unknown are refused with the known ones and the nearest', async () => {
    const answer = await (await startAdmin()).get('/stats?filer=x');
    expect(answer.status).toBe(400);
    expect(answer.body).toBe(
      'a parameter is not valid\n' +
        '  filer: expected one of usedonly, filter, type, format, got an unknown parameter (did you mean filter?)\n',
    );
  });

  test('are all reported together, as JSON with path, expected and got', async () => {
    const answer = await (await startAdmin()).get('/stats?usedonly=perhaps&type=Gages&format=json&filter=(');
    expect(answer.status).toBe(400);
    const { problems } = JSON.parse(answer.body);
    expect(problems).toEqual([
      { path: 'usedonly', expected: 'no value, true or false', got: "'perhaps'" },
      {
        path: 'type',
        expected: 'one of All, Counters, Gauges, Histograms, TextReadouts',
        got: "'Gages'",
        hint: 'did you mean Gauges?',
      },
      {
        path: 'filter',
        expected: 'a regular expression (RE2 syntax)',
        got: "'(': error parsing regexp: missing closing ): `(`",
      },
    ]);
  });

  test.each([
    ['/ready?x=1', 'x: expected one of format'],
    ['/stats?filter=a&filter=b', 'filter: expected one value, got several'],
    ['/stats?format=yaml', "format: expected one of text, json, prometheus, got 'yaml'"],
    ['/metrics?format=text', "format: expected one of prometheus, got 'text'"],
    [`/config_dump?resource=${'x'.repeat(2000)}`, 'resource: expected at most 1024 characters, got 2000'],
    [
      '/config_dump?resource=listner',
      'resource: expected one of node, admin, listeners, clusters, got "listner" (did you mean listeners?)',
    ],
  ])('%.40s is a 400 that says why', async (path, message) => {
    const answer = await (await startAdmin()).get(path);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(message);
  });

  test('cannot put a line of their own into the answer', async () => {
    const { body } = await (await startAdmin()).get('/stats?x%0AOK=1&type=%0D%0Ay');
    expect(body.split('\n')).toHaveLength(4);
  });

  test.each([
    ['', true],
    ['=', true],
    ['=true', true],
    ['=1', true],
    ['=on', true],
    ['=false', false],
    ['=0', false],
  ])('a flag given as usedonly%s means %s', async (suffix, expected) => {
    const { body } = await (await startAdmin()).get(`/stats?usedonly${suffix}`);
    expect(body.includes('upstream_rq_retry')).toBe(!expected);
  });
});
