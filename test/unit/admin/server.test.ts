import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AdminRoute, AdminServer, text } from '../../../src/admin/index.ts';
import { MeshlockError } from '../../../src/base/index.ts';
import { FakeSource } from './fake-source.ts';
import { RecordingLog, startAdmin } from './harness.ts';

function options(
  host: string,
  port: number,
  token: string = '',
): ConstructorParameters<typeof AdminServer>[0] {
  return { address: { host, port }, token, source: new FakeSource(), log: new RecordingLog() };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything up to the end of the connection. */
async function readAll(socket: Socket): Promise<string> {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    received += piece;
  });
  if (!socket.closed) await once(socket, 'close');
  return received;
}

/** An endpoint that answers when it is told to. */
function heldRoute(): { route: AdminRoute; entered: Promise<void>; release: () => void } {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const route: AdminRoute = {
    method: 'GET',
    path: '/held',
    summary: 'Held.',
    handle: async () => {
      entered.resolve();
      await gate.promise;
      return text(200, 'released');
    },
  };
  return { route, entered: entered.promise, release: () => gate.resolve() };
}

describe('the address of the admin server', () => {
  test('is answered with the real port for port 0', async () => {
    const { address } = await startAdmin();
    expect(address.host).toBe('127.0.0.1');
    expect(address.port).toBeGreaterThan(0);
  });

  test.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('may be %s without a token', (host) => {
    expect(() => new AdminServer(options(host, 0))).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', 'example.com'])(
    'is refused for %s without a token, and accepted with one',
    (host) => {
      const error = caught(() => new AdminServer(options(host, 0)));
      expect(error.code).toBe('ADMIN_UNPROTECTED');
      expect(error.problems[0]).toMatchObject({ path: 'admin.address', got: `'${host}'` });
      expect(() => new AdminServer(options(host, 0, 'secret'))).not.toThrow();
    },
  );

  test('names the port that another process has', async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error = await new AdminServer(options('127.0.0.1', port))
      .listen()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect((error as Error).message).toContain(`127.0.0.1:${port}`);
  });

  test('says when it is not of this machine', async () => {
    const error = await new AdminServer(options('192.0.2.1', 0, 'secret'))
      .listen()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
    expect((error as Error).message).toContain('EADDRNOTAVAIL');
  });
});

function caught(run: () => unknown): MeshlockError {
  try {
    run();
  } catch (error) {
    if (error instanceof MeshlockError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('every answer', () => {
  test.each(['/ready', '/nowhere', '/quitquitquit', '/stats?x=1', '/'])(
    'to %s is not cached, not sniffed and not embedded',
    async (path) => {
      const { headers } = await (await startAdmin()).get(path);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    },
  );

  test('to HEAD has the headers of GET and no body', async () => {
    const admin = await startAdmin();
    const got = await admin.get('/stats');
    const head = await admin.call('HEAD', '/stats');
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(String(got.body.length));
    expect(head.headers['content-type']).toBe(got.headers['content-type']);
  });

  test('that is a page has a policy that forbids what the page does not need', async () => {
    const page: AdminRoute = {
      method: 'GET',
      path: '/page',
      summary: 'A page.',
      handle: () => ({ status: 200, contentType: 'text/html', body: '<p>' }),
    };
    const answer = await (await startAdmin({ routes: [page] })).get('/page');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('a failing endpoint', () => {
  const failing = (handle: AdminRoute['handle']): AdminRoute => ({
    method: 'GET',
    path: '/fails',
    summary: 'Fails.',
    handle,
  });

  test('becomes a 500 with an id that the log has, and without the reason', async () => {
    const route = failing(() => {
      throw new Error('the password is swordfish');
    });
    const admin = await startAdmin({ routes: [route] });
    const { status, body } = await admin.get('/fails?format=json');
    expect(status).toBe(500);
    expect(body).not.toContain('swordfish');
    const record = admin.log.records.find(({ level }) => level === 'error');
    expect(body).toContain(record?.fields['id']);
    expect(record?.fields['err']).toBeInstanceOf(Error);
  });

  test('that rejects is a 500 too, and the server goes on', async () => {
    const admin = await startAdmin({ routes: [failing(() => Promise.reject(new Error('no')))] });
    expect((await admin.get('/fails')).status).toBe(500);
    expect((await admin.get('/ready')).status).toBe(200);
  });

  test('shows the words of an error that is meant for people', async () => {
    const route = failing(() => {
      throw new MeshlockError('ADDRESS_UNAVAILABLE', 'cannot open /var/log/access.log');
    });
    const { status, body } = await (await startAdmin({ routes: [route] })).get('/fails');
    expect(status).toBe(500);
    expect(body).toContain('cannot open /var/log/access.log');
  });

  test('whose reply cannot be written costs one connection', async () => {
    const route = failing(() => ({ status: 200, contentType: 'text/plain\r\nx: y', body: '' }));
    const admin = await startAdmin({ routes: [route] });
    await expect(admin.get('/fails')).rejects.toThrow('socket hang up');
    expect(admin.log.records.some(({ level }) => level === 'error')).toBe(true);
    expect((await admin.get('/ready')).status).toBe(200);
  });
});

describe('limits of the admin server', () => {
  test('a body of 64 KiB is taken, a larger one is a 413', async () => {
    const admin = await startAdmin();
    expect((await admin.call('POST', '/reload', {}, Buffer.alloc(65_536))).status).toBe(200);
    const declared = await admin.call('POST', '/reload', { 'content-length': '65537' }, Buffer.alloc(65_537));
    expect(declared.status).toBe(413);
    expect(declared.headers.connection).toBe('close');
    const chunked = await admin.call(
      'POST',
      '/reload',
      { 'transfer-encoding': 'chunked' },
      Buffer.alloc(100_000),
    );
    expect(chunked.status).toBe(413);
    expect(admin.source.changes).toEqual(['reload']);
  });

  test('a body that is announced as too large is refused before it is sent', async () => {
    const admin = await startAdmin();
    const socket = await open(admin.address.port);
    socket.write('POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65537\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a head that is too large is a 431', async () => {
    const admin = await startAdmin();
    expect((await admin.get('/ready', { filler: 'x'.repeat(20_000) })).status).toBe(431);
  });

  test('a head that does not come to its end is cut off with 408', async () => {
    const admin = await startAdmin({
      limits: { headersTimeoutMs: 50, requestTimeoutMs: 50, checkIntervalMs: 20 },
    });
    const silent = await open(admin.address.port);
    const slow = await open(admin.address.port);
    slow.write('GET /ready HTTP/1.1\r\nHost: 127');
    expect(await readAll(slow)).toMatch(/^HTTP\/1\.1 408 /);
    await readAll(silent);
  });

  test('a body that does not come to its end is cut off and changes nothing', async () => {
    const admin = await startAdmin({
      limits: { headersTimeoutMs: 50, requestTimeoutMs: 50, checkIntervalMs: 20 },
    });
    const slow = await open(admin.address.port);
    slow.write('POST /quitquitquit HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc');
    await readAll(slow);
    expect(admin.source.changes).toEqual([]);
  });

  test('connections beyond the limit are closed at once, and the log says so once', async () => {
    const admin = await startAdmin({ limits: { maxConnections: 2 } });
    const first = await open(admin.address.port);
    await open(admin.address.port);
    await readAll(await open(admin.address.port));
    await readAll(await open(admin.address.port));
    const warnings = admin.log.records.filter(({ message }) => message.includes('too many'));
    expect(warnings).toHaveLength(1);
    first.end('GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    expect(await readAll(first)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('bytes that are no HTTP are a 400', async () => {
    const admin = await startAdmin();
    const socket = await open(admin.address.port);
    socket.write('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('CONNECT is not a way through', async () => {
    const admin = await startAdmin();
    const socket = await open(admin.address.port);
    socket.write('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    expect(await readAll(socket)).not.toMatch(/^HTTP\/1\.1 2/);
  });
});

describe('closing the admin server', () => {
  test('ends idle keep-alive connections at once', async () => {
    const admin = await startAdmin();
    const socket = await open(admin.address.port);
    socket.write('GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(socket, 'data');
    const ended = readAll(socket);
    await admin.server.close();
    expect(await ended).toBe('');
  });

  test('lets a running reply finish, tells its connection to close, and then ends', async () => {
    const held = heldRoute();
    const admin = await startAdmin({ routes: [held.route] });
    const socket = await open(admin.address.port);
    socket.write('GET /held HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await held.entered;
    const closed = admin.server.close();
    held.release();
    const answer = await readAll(socket);
    expect(answer).toMatch(/^connection: close/im);
    expect(answer).toContain('released');
    await closed;
  });

  test('cuts a reply that does not come, after its grace', async () => {
    const held = heldRoute();
    const admin = await startAdmin({ routes: [held.route], limits: { closeGraceMs: 20 } });
    const socket = await open(admin.address.port);
    socket.write('GET /held HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await held.entered;
    const ended = readAll(socket);
    await admin.server.close();
    expect(await ended).toBe('');
    held.release();
  });

  test('may be asked for twice, and without having listened', async () => {
    const admin = await startAdmin();
    await Promise.all([admin.server.close(), admin.server.close()]);
    await new AdminServer(options('127.0.0.1', 0)).close();
    await expect(admin.get('/ready')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('routes of other rooms', () => {
  test('take part in matching, with named segments decoded', async () => {
    const route: AdminRoute = {
      method: 'GET',
      path: '/captures/:id/profile',
      summary: 'One capture.',
      handle: ({ params }) => text(200, `capture ${params['id']}`),
    };
    const admin = await startAdmin({ routes: [route] });
    expect((await admin.get('/captures/a%2Fb/profile')).body).toBe('capture a/b\n');
    expect((await admin.get('/captures/%zz/profile')).status).toBe(404);
    expect((await admin.get('/captures//profile')).status).toBe(404);
    expect((await admin.post('/captures/1/profile')).status).toBe(405);
    expect((await admin.get('/help')).body).toContain('/captures/:id/profile: One capture.');
  });

  test('may not replace a built-in one', () => {
    const route: AdminRoute = { method: 'GET', path: '/ready', summary: '', handle: () => text(200, '') };
    expect(() => new AdminServer({ ...options('127.0.0.1', 0), routes: [route] })).toThrow(
      'GET /ready is registered twice',
    );
  });

  test('get a body that is not a form as it is', async () => {
    const route: AdminRoute = {
      method: 'POST',
      path: '/put',
      summary: 'Takes a body.',
      handle: ({ body }) => text(200, Buffer.from(body).toString()),
    };
    const admin = await startAdmin({ routes: [route] });
    const answer = await admin.call('POST', '/put', { 'content-type': 'application/json' }, '{"a=b&c":1}');
    expect(answer.body).toBe('{"a=b&c":1}\n');
  });
});
