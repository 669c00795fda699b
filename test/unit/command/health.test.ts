import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { main } from '../../../src/command/index.ts';

interface Health {
  readonly status: 'pass' | 'warn' | 'fail';
  readonly output?: string;
  readonly checks: Readonly<Record<string, readonly object[]>>;
}

function check(name: string, observedValue: string, status: string, more: object = {}): object {
  return { componentId: name, observedValue, status, required: true, freshness: 'fresh', ...more };
}

function health(status: Health['status'], checks: readonly object[], output?: string): Health {
  return {
    status,
    checks: Object.fromEntries(
      checks.map((each) => [`${(each as { componentId: string }).componentId}:status`, [each]]),
    ),
    ...(output !== undefined && { output }),
  };
}

const well = health('pass', [check('threads', 'healthy', 'pass')]);
const ill = health(
  'fail',
  [
    check('threads', 'healthy', 'pass'),
    check('clusters', 'unhealthy', 'fail', { output: 'app: 0 of 2 endpoints are healthy' }),
  ],
  'cluster clusters: app: 0 of 2 endpoints are healthy',
);
const coming = health(
  'fail',
  [check('clusters', 'starting', 'warn', { output: 'waits for its first health check' })],
  'cluster clusters: waits for its first health check',
);

/** A proxy that answers these one after another, the last one for ever. Returns its address and what it was asked. */
async function startAdmin(...answers: unknown[]): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    const isFail = (answer as Partial<Health>).status === 'fail';
    response.writeHead(isFail ? 503 : 200, { 'content-type': 'application/health+json' });
    response.end(JSON.stringify(answer));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await main(['health', ...words], {
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
  });
  return { code, ...texts };
}

describe('meshlock health', () => {
  test('ends with 0 when all is well', async () => {
    const { address, asked } = await startAdmin(well);
    expect(await run('--admin', address)).toEqual({ code: 0, out: 'pass\n', err: '' });
    expect(asked).toEqual(['/v1/health']);
  });

  test('ends with 0 and names what is degraded when it only warns', async () => {
    const { address } = await startAdmin(
      health('warn', [check('dns', 'degraded', 'warn', { required: false, output: 'app.test is stale' })]),
    );
    expect(await run('--admin', address)).toEqual({
      code: 0,
      out: 'pass\n  dns degraded: app.test is stale\n',
      err: '',
    });
  });

  test('ends with 1 and the reason when a required component is not well', async () => {
    const { address } = await startAdmin(ill);
    expect(await run('--admin', address)).toEqual({
      code: 1,
      out: 'fail: cluster clusters: app: 0 of 2 endpoints are healthy\n  clusters unhealthy: app: 0 of 2 endpoints are healthy\n',
      err: '',
    });
  });

  test('names the capture that may show why', async () => {
    const { address } = await startAdmin(
      health('warn', [
        check('threads', 'degraded', 'warn', { output: 'data thread 1 is stalled', capture: 'cap-1' }),
      ]),
    );
    expect((await run('--admin', address)).out).toBe(
      'pass\n  threads degraded: data thread 1 is stalled (capture cap-1)\n',
    );
  });

  test('ends with 3 while something is starting and nothing is wrong', async () => {
    const { address } = await startAdmin(coming);
    expect(await run('--admin', address)).toMatchObject({
      code: 3,
      out: expect.stringMatching(/^inconclusive: /) as string,
    });
  });

  test('asks again until it is well', async () => {
    const { address, asked } = await startAdmin(coming, well);
    expect(await run('--admin', address, '--wait', '20s')).toMatchObject({ code: 0, out: 'pass\n' });
    expect(asked).toHaveLength(2);
  });

  test('says what is wrong when the time is over', async () => {
    const { address, asked } = await startAdmin(ill);
    expect(await run('--admin', address, '--wait', '30ms')).toMatchObject({ code: 1 });
    expect(asked.length).toBeGreaterThan(1);
  });

  test('judges one component alone', async () => {
    const { address } = await startAdmin(ill);
    expect(await run('--admin', address, '--component', 'threads')).toMatchObject({ code: 0 });
    expect(await run('--admin', address, '--component', 'clusters')).toMatchObject({
      code: 1,
      out: 'fail: app: 0 of 2 endpoints are healthy\n',
    });
    expect(await run('--admin', address, '--component', 'nobody')).toMatchObject({
      code: 1,
      out: 'fail: there is no component nobody: there are threads, clusters\n',
    });
  });

  test('gives the whole answer to programs', async () => {
    const { address } = await startAdmin(ill);
    const { code, out } = await run('--admin', address, '--json');
    expect([code, JSON.parse(out)]).toEqual([1, ill]);
  });

  test('ends with 1 when nobody answers, or not like a proxy', async () => {
    const nobody = await run('--admin', '127.0.0.1:1', '--wait', '20ms');
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('nobody listens') as string });
    const { address } = await startAdmin({ hello: 'world' });
    const stranger = await run('--admin', address);
    expect(stranger.code).toBe(1);
    expect(stranger.err).toContain('does not answer like a Meshlock admin API');
  });

  test('refuses a bad time and a bad address together', async () => {
    const { code, err } = await run('--wait', 'soon', '--admin', 'a/b');
    expect(code).toBe(2);
    expect(err).toContain('--wait: expected a time');
    expect(err).toContain('--admin: expected an address');
  });
});
