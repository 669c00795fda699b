/** Access-log files of the real program: no line is lost at its end, and no state of the disk harms the traffic. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectPeer, header, startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { linesOf, linesReach } from './log-file.ts';
import { type Configuration, type Meshlock, startMeshlock } from './meshlock.ts';

/** A proxy that answers by itself and writes the path of each request, and the status, to `file` of its directory. */
function logging(file: string, keys: Configuration = {}): (directory: string) => Configuration {
  return (directory) => ({
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        routes: [{ match: '/', direct_response: { status: 200, body: 'here' } }],
        access_logs: [{ path: join(directory, file), format: '%REQ(:PATH)% %RESPONSE_CODE%' }],
        ...keys,
      },
    ],
  });
}

/** Answered requests for `/<prefix><n>`, one connection each. */
async function ask(mesh: Meshlock, prefix: string, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => `/${prefix}${index}`);
  for (const path of paths) expect((await call(mesh.port(), path)).status).toBe(200);
  return paths.map((path) => `${path} 200`);
}

describe('an access log', () => {
  test('has a line for every answer when the program has ended under load', async () => {
    const mesh = await startMeshlock(logging('access.log'));
    const answered: string[] = [];
    const clients = Array.from({ length: 8 }, async (_, client) => {
      const peer = await connectPeer(mesh.port());
      for (let number = 0; ; number++) {
        peer.send(`GET /${client}-${number} HTTP/1.1\r\nhost: mesh.test\r\n\r\n`);
        const answer = await peer.response().catch(() => null);
        if (answer === null) break;
        answered.push(`/${client}-${number} 200`);
        if (header(answer, 'connection') === 'close') break;
      }
      peer.destroy();
    });
    await becomesTrue(
      () => answered.length > 500,
      () => `500 answers, got ${answered.length}`,
    );
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
    await Promise.all(clients);
    const lines = await linesOf(join(mesh.directory, 'access.log'));
    expect(lines.toSorted()).toEqual(answered.toSorted());
  });

  test('goes on in a new file after a rotation, by SIGUSR1 and by POST /reopen_logs, without a lost line', async () => {
    const mesh = await startMeshlock(logging('access.log'));
    const file = join(mesh.directory, 'access.log');
    const expected = await ask(mesh, 'first', 10);
    await linesReach(file, 10);
    await rename(file, `${file}.1`);
    expected.push(...(await ask(mesh, 'second', 10)));
    mesh.signal('SIGUSR1');
    await mesh.log.line(/^access logs were reopened$/);
    expected.push(...(await ask(mesh, 'third', 10)));
    await linesReach(file, 10);
    await rename(file, `${file}.2`);
    expect((await mesh.admin('/reopen_logs', { method: 'POST' })).status).toBe(200);
    expected.push(...(await ask(mesh, 'fourth', 10)));
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });

    const files = await Promise.all([`${file}.1`, `${file}.2`, file].map(linesOf));
    expect(files.flat().toSorted()).toEqual(expected.toSorted());
    for (const lines of files) expect(lines.length).toBeGreaterThan(0);
  });

  test('that was removed is made again when it is reopened', async () => {
    const mesh = await startMeshlock(logging('access.log'));
    const file = join(mesh.directory, 'access.log');
    await ask(mesh, 'lost', 3);
    await linesReach(file, 3);
    await rm(file);
    expect((await mesh.admin('/reopen_logs', { method: 'POST' })).status).toBe(200);
    const expected = await ask(mesh, 'kept', 3);
    expect((await linesReach(file, 3)).toSorted()).toEqual(expected);
  });
});

describe('an access log that cannot be written', () => {
  test.skipIf(!existsSync('/dev/full'))(
    'on a full disk is told of once and counted; traffic goes on',
    async () => {
      const mesh = await startMeshlock((directory) => {
        const log = { path: '/dev/full', format: '%REQ(:PATH)%' };
        return logging('unused', { access_logs: [log] })(directory);
      });
      await ask(mesh, 'full', 20);
      const warning = await mesh.log.line(/access log|cannot be written/);
      expect(JSON.stringify(warning)).toContain('/dev/full');
      expect(JSON.stringify(warning)).toContain('ENOSPC');
      await ask(mesh, 'more', 20);
      await becomesTrue(
        async () => (await mesh.metrics()).sum('meshlock_access_log_write_failures_total') >= 2,
        () => 'another attempt',
      );
      expect(mesh.log.matching(/access log|cannot be written/)).toHaveLength(1);
      expect(await mesh.stop()).toEqual({ code: 0, signal: null });
    },
  );

  test('because its directory is missing is written as soon as that is there', async () => {
    const mesh = await startMeshlock((directory) => {
      const paths = [join(directory, 'later', 'access.log'), directory];
      const logs = paths.map((path) => ({ path, format: '%REQ(:PATH)% %RESPONSE_CODE%' }));
      return logging('unused', { access_logs: logs })(directory);
    });
    const expected = await ask(mesh, 'early', 5);
    const warnings = await mesh.log.count(/access log|cannot be written/, 2);
    expect(JSON.stringify(warnings)).toContain('ENOENT');
    // The other one is a directory, and stays so.
    expect(JSON.stringify(warnings)).toContain('EISDIR');
    const file = join(mesh.directory, 'later', 'access.log');
    await mkdir(dirname(file));
    expect((await linesReach(file, 5)).toSorted()).toEqual(expected);
  });

  test.skipIf(process.getuid?.() === 0)('because its directory may not be written is told of', async () => {
    const mesh = await startMeshlock(logging('closed/access.log'));
    await mkdir(join(mesh.directory, 'closed'), { mode: 0o500 });
    await ask(mesh, 'closed', 5);
    expect(JSON.stringify(await mesh.log.line(/access log|cannot be written/))).toContain('EACCES');
  });
});

describe('the default formats', () => {
  test('tell of each exchange what happened to it', async () => {
    const upstream = await startHttpUpstream((request, response) => {
      request.resume();
      request.on('end', () => response.end('four'));
    });
    const mesh = await startMeshlock((directory) => ({
      admin: '127.0.0.1:0',
      data_threads: 2,
      listeners: [
        {
          name: 'web',
          address: '127.0.0.1:0',
          routes: [
            { match: '/gone', cluster: 'gone' },
            { match: '/', cluster: 'app' },
          ],
          access_logs: [
            { path: join(directory, 'text.log'), format: 'text' },
            { path: join(directory, 'json.log'), format: 'json' },
          ],
        },
      ],
      clusters: [
        { name: 'app', endpoints: [upstream.port] },
        { name: 'gone', endpoints: ['127.0.0.1:1'] },
      ],
    }));
    const headers = { 'x-request-id': 'id-1', 'user-agent': 'test/1', host: 'cart.test' };
    await call(mesh.port(), '/orders?id=7', { method: 'POST', body: 'ten bytes.', headers });
    await call(mesh.port(), '/gone', { headers });
    const json = (await linesReach(join(mesh.directory, 'json.log'), 2)).map(
      (line) => JSON.parse(line) as object,
    );
    expect(json.find((line) => 'path' in line && line.path === '/orders?id=7')).toMatchObject({
      start_time: expect.stringMatching(/^20\d\d-\d\d-\d\dT/) as string,
      method: 'POST',
      protocol: 'HTTP/1.1',
      response_code: 200,
      response_flags: '-',
      bytes_received: 10,
      bytes_sent: 4,
      duration: expect.any(Number) as number,
      user_agent: 'test/1',
      request_id: 'id-1',
      authority: 'cart.test',
      upstream_host: `127.0.0.1:${upstream.port}`,
    });
    expect(json.find((line) => 'path' in line && line.path === '/gone')).toMatchObject({
      response_code: 503,
      response_flags: 'UF',
      upstream_host: '127.0.0.1:1',
    });
    const text = await linesReach(join(mesh.directory, 'text.log'), 2);
    const expected =
      /^\[20\S+Z\] "POST \/orders\?id=7 HTTP\/1\.1" 200 - 10 4 \d+ \S+ ".*" "test\/1" "id-1" "cart\.test" "127\.0\.0\.1:\d+"$/;
    expect(text.filter((line) => expected.test(line))).toHaveLength(1);
  });
});

describe('standard output as an access log', () => {
  test('carries the lines, to the last one', async () => {
    const upstream = await startHttpUpstream((_, response) => response.end('here'));
    const mesh = await startMeshlock({
      admin: '127.0.0.1:0',
      data_threads: 1,
      listeners: [
        {
          name: 'web',
          address: '127.0.0.1:0',
          cluster: 'app',
          access_logs: [{ path: '/dev/stdout', format: { path: '%REQ(:PATH)%', code: '%RESPONSE_CODE%' } }],
        },
      ],
      clusters: [{ name: 'app', endpoints: [upstream.port] }],
    });
    await ask(mesh, 'out', 20);
    await mesh.stop();
    expect(mesh.output.lines).toEqual(
      Array.from({ length: 20 }, (_, index) => ({ path: `/out${index}`, code: 200 })),
    );
  });
});
