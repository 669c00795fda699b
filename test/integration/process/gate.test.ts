/** The gate of a real proxy: shut while its cluster is not there, saying why, and open in one step when it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { repositoryRoot } from '../../../build/executable.ts';
import { closedPort } from '../harness/index.ts';
import { call } from './call.ts';
import { documentedCalls, isHealth } from './documented-calls.ts';
import { becomesTrue } from './eventually.ts';
import { type Configuration, type Meshlock, startMeshlock } from './meshlock.ts';

async function listen(port: number, answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

interface Stage {
  readonly mesh: Meshlock;
  readonly webPort: number;
  /** Its endpoint comes up. */
  openUpstream(): Promise<void>;
}

async function startClosed(): Promise<Stage> {
  const [webPort, upstreamPort] = [await closedPort(), await closedPort()];
  const configuration: Configuration = {
    node: { id: 'cart-1', service: 'cart', version: '1.2.3', release: 'r7' },
    admin: { address: '127.0.0.1:0' },
    data_threads: 2,
    holmes: false,
    listeners: [{ name: 'web', address: `127.0.0.1:${webPort}`, routes: [{ match: '/', cluster: 'app' }] }],
    clusters: [
      {
        name: 'app',
        endpoints: [`127.0.0.1:${upstreamPort}`],
        health_check: { http: '/', interval: '200ms', timeout: '1s', healthy_threshold: 1 },
      },
    ],
  };
  const mesh = await startMeshlock(configuration);
  const openUpstream = async (): Promise<void> => {
    const server = await listen(upstreamPort, (_, response) => response.end('from the cluster'));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  };
  return { mesh, webPort, openUpstream };
}

async function health(mesh: Meshlock, ...words: readonly string[]): Promise<{ code: number; out: string }> {
  const program = join(repositoryRoot, 'src', 'main.ts');
  const child = spawn(process.execPath, [program, 'health', '--admin', String(mesh.adminPort), ...words]);
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out };
}

describe('a proxy whose cluster is not there', () => {
  test('accepts nothing, says what it waits for, and opens when the cluster is', async () => {
    const { mesh, webPort, openUpstream } = await startClosed();
    const reason = 'app: 0 of 1 endpoint is healthy';
    await expect(call(webPort, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(mesh.log.matching(/^listener web waits for the gate before it accepts on /)).toHaveLength(1);
    expect((await mesh.admin('/readyz')).body).toContain(`[-]clusters failed: ${reason}`);
    const ready = await mesh.admin('/ready');
    expect([ready.status, ready.body]).toEqual([
      503,
      expect.stringContaining(`the gate is closed: cluster clusters: ${reason}`),
    ]);
    expect((await mesh.admin('/livez')).status).toBe(200);
    expect((await mesh.admin('/v1/health')).status).toBe(503);
    expect((await mesh.admin('/gate')).body).toContain(`waits for cluster clusters: ${reason}`);
    expect(await health(mesh)).toMatchObject({ code: 1, out: expect.stringContaining(reason) as string });
    // Meanwhile it can be reloaded, and stays shut.
    expect((await mesh.admin('/reload', { method: 'POST' })).status).toBe(200);
    await expect(call(webPort, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const waiting = health(mesh, '--wait', '10s');
    await openUpstream();
    await mesh.log.line(/^the gate is open: listener web opens for http on /);
    await becomesTrue(
      async () => (await mesh.admin('/ready')).status === 200,
      () => 'readiness',
    );
    expect((await call(webPort, '/')).body).toBe('from the cluster');
    expect(await waiting).toEqual({ code: 0, out: expect.stringMatching(/^pass\n/) as string });
    expect((await mesh.admin('/readyz')).body).toBe('ok\n');
    expect((await mesh.metrics()).sum('meshlock_gate_open')).toBe(1);

    // Closed by hand, it is not ready, and who uses it goes on.
    const words = 'to=closed&for=10m&reason=upgrade';
    expect((await mesh.admin(`/gate/override?${words}`, { method: 'POST' })).status).toBe(200);
    expect((await mesh.admin('/ready')).body).toContain('upgrade');
    expect((await mesh.admin('/readyz')).status).toBe(503);
    expect((await call(webPort, '/')).status).toBe(200);
    await mesh.admin('/gate/override/clear', { method: 'POST' });
    expect((await mesh.admin('/ready')).status).toBe(200);
  });

  test('is opened by hand, with a reason in the log, and stays open', async () => {
    const { mesh, webPort } = await startClosed();
    await mesh.admin('/gate/override?to=open&for=10m&reason=app+is+down', { method: 'POST' });
    await mesh.log.line(/^the gate is open: listener web opens for http on /);
    await becomesTrue(
      async () => (await call(webPort, '/').catch(() => null)) !== null,
      () => 'an open listener',
    );
    expect(mesh.log.matching(/^an override of the traffic gate begins$/)).toMatchObject([
      { reason: 'app is down', to: 'open' },
    ]);
    await mesh.admin('/gate/override/clear', { method: 'POST' });
    expect((await call(webPort, '/')).status).toBe(503);
    expect((await mesh.admin('/ready')).status).toBe(503);
  });

  test('ends in order while it waits', async () => {
    const { mesh } = await startClosed();
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('the calls of health', () => {
  test('answer a proxy that serves as documented', async () => {
    const { mesh, openUpstream } = await startClosed();
    await openUpstream();
    await mesh.log.line(/^the gate is open: /);
    await becomesTrue(
      async () => (await mesh.admin('/readyz')).status === 200,
      () => 'readiness',
    );
    const words = new Map([['POST /gate/override', '?to=open&for=1m&reason=test']]);
    const calls = documentedCalls().filter(isHealth);
    expect(calls.length).toBe(9);
    for (const documented of calls) {
      const [method = '', path = ''] = documented.split(' ');
      const target = `${path.replace(':name', 'threads')}${words.get(documented) ?? ''}`;
      expect([documented, (await mesh.admin(target, { method })).status]).toEqual([documented, 200]);
    }
  });
});
