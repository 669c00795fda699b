import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startAdmin } from './harness.ts';

describe('with a token', () => {
  test.each(['/ready', '/metrics', '/stats', '/config_dump', '/nowhere'])('%s needs it', async (path) => {
    const admin = await startAdmin({ token: 'secret' });
    const answer = await admin.get(path);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      'Basic realm="meshlock", charset="UTF-8", Bearer realm="meshlock"',
    );
    expect(answer.body).not.toContain('LIVE');
  });

  test.each([
    'Bearer wrong',
    'Bearer secre',
    'Bearer secrett',
    'Bearer ',
    'secret',
    'Basic secret',
    `Basic ${Buffer.from('any:wrong').toString('base64')}`,
    `Basic ${Buffer.from('secret:').toString('base64')}`,
    'Digest secret',
    'Bearer secret secret',
  ])('%j is refused', async (authorization) => {
    const admin = await startAdmin({ token: 'secret' });
    const answer = await admin.call('POST', '/quitquitquit', { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(answer.body).not.toContain('Bearer secret');
    expect(admin.source.changes).toEqual([]);
  });

  test.each(['Bearer secret', 'bearer  secret'])('%j is let in, under any Host', async (authorization) => {
    const admin = await startAdmin({ token: 'secret' });
    expect((await admin.get('/ready', { authorization, host: 'mesh.example' })).status).toBe(200);
  });

  test('a browser sends it as the password of any user', async () => {
    const admin = await startAdmin({ token: 'secr:et' });
    const authorization = `Basic ${Buffer.from('somebody:secr:et').toString('base64')}`;
    expect((await admin.get('/ready', { authorization })).status).toBe(200);
  });

  test('never shows it, also not in the log', async () => {
    const admin = await startAdmin({ token: 'secret-1234' });
    const authorization = 'Bearer secret-1234';
    const pages = await Promise.all(
      ['/', '/quitquitquit', '/config_dump', '/nowhere', '/stats?x=y', '/server_info'].map((path) =>
        admin.get(path, { authorization }),
      ),
    );
    expect(pages.map(({ status }) => status)).toEqual([200, 405, 200, 404, 400, 200]);
    for (const { body, headers } of pages)
      expect(JSON.stringify([body, headers])).not.toContain('secret-1234');
    await admin.get('/ready', { authorization: 'Bearer guess-5678' });
    expect(JSON.stringify(admin.log.records)).not.toMatch(/secret-1234|guess-5678/);
  });

  test.each(['correct horse', 'a=b/c+d~', 'schlüssel'])('%j can be sent as it is', async (token) => {
    const admin = await startAdmin({ token });
    const authorization = `Bearer ${Buffer.from(token).toString('latin1')}`;
    expect((await admin.get('/ready', { authorization })).status).toBe(200);
  });
});

describe('without a token', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1:9901',
    'localhost',
    'LOCALHOST:9901',
    '[::1]:9901',
    '[::1]',
    '10.1.2.3:80',
  ])('a request for host %s is answered', async (host) => {
    expect((await (await startAdmin()).get('/ready', { host })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:9901',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '::1]',
  ])('a request for host %j may be DNS rebinding and is refused', async (host) => {
    const admin = await startAdmin();
    const answer = await admin.get('/config_dump', { host });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('Host is an IP address or localhost');
    expect(admin.log.records[0]).toMatchObject({ level: 'warn', fields: { status: 403 } });
  });

  test('the authority of an absolute target counts instead of Host', async () => {
    const admin = await startAdmin();
    expect((await admin.get('http://127.0.0.1/ready')).status).toBe(200);
    expect((await admin.get('http://evil.example/ready')).status).toBe(403);
  });

  test('an HTTP/1.0 check without Host is answered', async () => {
    const admin = await startAdmin();
    const socket = connect(admin.address.port, '127.0.0.1');
    let received = '';
    socket.on('data', (piece: Buffer) => {
      received += piece.toString();
    });
    socket.write('GET /ready HTTP/1.0\r\n\r\n');
    await once(socket, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('a page of another site', () => {
  const foreign: readonly Record<string, string>[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'not an origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:9901' },
  ];

  test.each(foreign)('with %j changes nothing', async (headers) => {
    const admin = await startAdmin();
    const answer = await admin.post('/quitquitquit', { host: '127.0.0.1:9901', ...headers });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('another site');
    expect(admin.source.changes).toEqual([]);
  });

  test('changes nothing with the token either', async () => {
    const admin = await startAdmin({ token: 'secret' });
    const headers = { authorization: 'Bearer secret', origin: 'http://evil.example' };
    expect((await admin.post('/quitquitquit', headers)).status).toBe(403);
  });

  test('may link to what is only read', async () => {
    const admin = await startAdmin();
    expect((await admin.get('/ready', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });
});

describe('the own page', () => {
  test.each([
    { origin: 'http://127.0.0.1:9901', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: 'http://127.0.0.1:9901' },
  ])('with %j may change', async (headers) => {
    const admin = await startAdmin();
    expect((await admin.post('/healthcheck/fail', { host: '127.0.0.1:9901', ...headers })).status).toBe(200);
    expect(admin.source.changes).toEqual(['fail']);
  });
});
