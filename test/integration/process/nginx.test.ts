/** The whole program between real peers: nginx behind it, curl and wrk before it. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type CallOptions } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { launchMeshlock, type Meshlock } from './meshlock.ts';
import { hasNginx, type Nginx, startNginx } from './nginx.ts';

const curlProgram = 'curl';
const wrk = 'wrk';
const hasCurl = spawnSync(curlProgram, ['--version']).error === undefined;
const hasWrk = spawnSync(wrk, ['--version']).error === undefined;

const sizes = [0, 1, 100, 1024, 16_383, 16_384, 65_535, 65_536, 65_537, 300_000, 1_048_576, 5_242_880];
const files = new Map<string, Buffer>([
  ...sizes.map((size) => [`${size}.bin`, randomBytes(size)] as const),
  ['text.txt', Buffer.from('one line of many\n'.repeat(2000))],
]);

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.runIf(hasNginx)('between clients and nginx', () => {
  let nginx: Nginx;
  let mesh: Meshlock;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'meshlock-peers-'));
    nginx = await startNginx(files);
    mesh = await launchMeshlock({
      admin: '127.0.0.1:0',
      data_threads: 2,
      listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'app' }],
      clusters: [{ name: 'app', endpoints: [nginx.port] }],
    });
  }, 30_000);

  afterAll(async () => {
    await mesh.dispose();
    await nginx.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const get = (path: string, options: CallOptions = {}) => call(mesh.port(), path, options);

  /** What curl wrote to standard output. */
  async function curl(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(curlProgram, ['-sS', '--max-time', '10', ...words], {
      encoding: 'latin1',
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }

  const url = (path: string): string => `http://127.0.0.1:${mesh.port()}${path}`;

  test('files of every size arrive whole, one after another on few connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = (await mesh.metrics()).sum('meshlock_listener_connections_total');
    for (const [name, content] of files) {
      const answer = await get(`/${name}`, { agent });
      expect([name, answer.status, answer.bytes.length]).toEqual([name, 200, content.length]);
      expect(digest(answer.bytes), name).toBe(digest(content));
    }
    agent.destroy();
    const metrics = await mesh.metrics();
    expect(metrics.sum('meshlock_listener_connections_total') - before).toBe(1);
    expect(metrics.sum('meshlock_cluster_connections_total')).toBeLessThan(files.size);
    expect(metrics.sum('meshlock_listener_sent_bytes_total')).toBeGreaterThan(6_800_000);
  });

  test('many arrive whole at once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => [...files.keys()][index % files.size]!);
    const answers = await Promise.all(names.map((name) => get(`/${name}`)));
    for (const [index, answer] of answers.entries()) {
      expect(digest(answer.bytes)).toBe(digest(files.get(names[index]!)!));
    }
  });

  test('ranges, HEAD, 304 and 404 stay what nginx makes of them', async () => {
    const content = files.get('1048576.bin')!;
    const range = await get('/1048576.bin', { headers: { range: 'bytes=1000-66999' } });
    expect([range.status, range.headers['content-range']]).toEqual([206, 'bytes 1000-66999/1048576']);
    expect(digest(range.bytes)).toBe(digest(content.subarray(1000, 67_000)));
    const beyond = await get('/1.bin', { headers: { range: 'bytes=5-' } });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */1']);
    const parts = await get('/1024.bin', { headers: { range: 'bytes=0-1,1022-1023' } });
    expect(parts.headers['content-type']).toMatch(/^multipart\/byteranges; boundary=/);

    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const head = await get('/1048576.bin', { method: 'HEAD', agent });
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([200, '1048576', 0]);
    const unchanged = await get('/1024.bin', {
      headers: { 'if-none-match': (await get('/1024.bin')).headers.etag! },
      agent,
    });
    expect([unchanged.status, unchanged.bytes.length]).toEqual([304, 0]);
    expect((await get('/nothing.bin', { agent })).status).toBe(404);
    // The connection has kept its place after each of these.
    expect((await get('/100.bin', { agent })).bytes).toEqual(files.get('100.bin'));
    agent.destroy();
  });

  test('a compressed answer of unknown length is passed on as it is', async () => {
    const answer = await get('/text.txt', { headers: { 'accept-encoding': 'gzip' } });
    expect([answer.headers['content-encoding'], answer.headers['transfer-encoding']]).toEqual([
      'gzip',
      'chunked',
    ]);
    expect(gunzipSync(answer.bytes)).toEqual(files.get('text.txt'));
  });

  describe.runIf(hasCurl)('curl', () => {
    test('speaks HTTP/1.0, with and without keep-alive', async () => {
      const gzipped = ['--http1.0', '-H', 'Accept-Encoding: gzip', '--output', '-', url('/text.txt')];
      const plain = await curl('--http1.0', '-i', url('/100.bin'));
      expect(plain).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(plain.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(plain.endsWith(files.get('100.bin')!.toString('latin1'))).toBe(true);
      // Of unknown length: without the chunked coding, which HTTP/1.0 does not know.
      expect(gunzipSync(Buffer.from(await curl(...gzipped), 'latin1'))).toEqual(files.get('text.txt'));
      const twice = await curl(
        '--http1.0',
        '-H',
        'Connection: keep-alive',
        '-w',
        '%{num_connects} ',
        '-o',
        '/dev/null',
        '-o',
        '/dev/null',
        url('/100.bin'),
        url('/100.bin'),
      );
      expect(twice).toBe('1 0 ');
    });

    test('uploads with a length, chunked, and after asking with Expect', async () => {
      const content = randomBytes(3_000_000);
      const source = join(directory, 'upload');
      await writeFile(source, content);
      const cases: readonly (readonly [name: string, words: readonly string[]])[] = [
        ['length', ['-T', source]],
        ['chunked', ['-T', source, '-H', 'Transfer-Encoding: chunked']],
        ['expect', ['-T', source, '-H', 'Expect: 100-continue', '--expect100-timeout', '9']],
        ['old', ['--http1.0', '-T', source]],
      ];
      for (const [name, words] of cases) {
        const status = await curl(...words, '-o', '/dev/null', '-w', '%{http_code}', url(`/uploads/${name}`));
        expect([name, status]).toEqual([name, '201']);
        expect(digest(await readFile(join(nginx.root, 'uploads', name))), name).toBe(digest(content));
      }
      const verbose = ['-v', '--stderr', '-', '-o', '/dev/null', '-T', source, '-H', 'Expect: 100-continue'];
      expect(await curl(...verbose, url('/uploads/expect'))).toContain('< HTTP/1.1 100 Continue');
    });

    test('gets files in parallel', async () => {
      const words = sizes.flatMap((size) => ['-o', join(directory, `${size}.got`), url(`/${size}.bin`)]);
      await curl('--parallel', ...words);
      for (const size of sizes) {
        // curl makes no file for an empty answer.
        const got = size === 0 ? Buffer.alloc(0) : await readFile(join(directory, `${size}.got`));
        expect(digest(got)).toBe(digest(files.get(`${size}.bin`)!));
      }
    });
  });

  test.runIf(hasWrk)('a burst of wrk has neither errors nor anything left behind', async () => {
    const before = (await mesh.metrics()).sum('meshlock_listener_requests_total', { code_class: '2xx' });
    const { stdout } = await promisify(execFile)(wrk, ['-t', '1', '-c', '64', '-d', '3s', url('/1024.bin')]);
    const requests = Number(/(\d+) requests in /.exec(stdout)?.[1]);
    console.log(`wrk: ${/Requests\/sec: +(\S+)/.exec(stdout)?.[1]} requests per second`);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
    expect(requests).toBeGreaterThan(1000);
    const metrics = await mesh.metrics();
    const counted = metrics.sum('meshlock_listener_requests_total', { code_class: '2xx' }) - before;
    // Those that were under way when it stopped are answered, but not read by it.
    expect(counted).toBeGreaterThanOrEqual(requests);
    expect(counted).toBeLessThanOrEqual(requests + 64);
    expect(metrics.sumOr0('meshlock_local_replies_total')).toBe(0);
    await becomesTrue(
      async () => {
        const samples = await mesh.metrics();
        return (
          samples.sum('meshlock_listener_connections_active') === 0 &&
          samples.sum('meshlock_cluster_requests_active') === 0
        );
      },
      () => 'gauges to return to 0',
    );
  });
});
