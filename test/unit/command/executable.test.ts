import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { Recorder } from '../control/recorder.ts';

const executable = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface Line extends Record<string, unknown> {
  readonly level?: string;
  readonly message: string;
}

/** A running executable: what it logs, and how it ends. */
class Run {
  readonly lines: Recorder<Line> = new Recorder();
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; out: string; err: string }>;

  constructor(words: readonly string[], nodeOptions: readonly string[] = []) {
    this.process = spawn(process.execPath, [...nodeOptions, executable, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err, rest] = ['', '', ''];
    this.process.stdout!.setEncoding('utf8').on('data', (piece: string) => {
      out += piece;
    });
    this.process.stderr!.setEncoding('utf8').on('data', (piece: string) => {
      err += piece;
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.lines.push(line.startsWith('{') ? JSON.parse(line) : { message: line });
    });
    this.ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal, out, err }));
  }

  /** Where the listener named `main` accepts. */
  async port(): Promise<number> {
    const { message } = await this.message('listener main accepts');
    return Number(/:(\d+)$/.exec(message)![1]);
  }

  message(beginning: string): Promise<Line> {
    return this.lines.until(({ message }) => message.startsWith(beginning));
  }
}

const runs: Run[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.process.kill('SIGKILL');
    await run.ended;
  }
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function start(...words: string[]): Run {
  const run = new Run(words);
  runs.push(run);
  return run;
}

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends a request and leaves the connection open. */
function request(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  return socket;
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('executable', () => {
  test('prints its version and refuses what it does not know', async () => {
    expect(await start('version').ended).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^meshlock /),
    });
    const { code, out, err } = await start('rnu').ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('did you mean run?');
  });

  test('serves without a file, says where, and ends in order on SIGTERM', async () => {
    const upstream = await listen((socket) => socket.on('data', () => socket.write(answer)));
    const run = start('run', '--listen', '127.0.0.1:0', '--to', `127.0.0.1:${upstream}`, '--admin', '0');
    const [head] = await once(request(await run.port()), 'data');
    expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await run.message('admin API and metrics on http://127.0.0.1:');
    run.process.kill('SIGHUP');
    await run.message('configuration 2 is in force');
    run.process.kill('SIGUSR1');
    await run.message('access logs were reopened');
    run.process.kill('SIGTERM');
    const { code, out, err } = await run.ended;
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('SIGTERM: draining');
    expect(err).not.toContain('Debugger listening');
  });

  test('waits for a running exchange after the first SIGTERM and ends at once after the second', async () => {
    const reached = Promise.withResolvers<void>();
    const upstream = await listen((socket) => socket.on('data', () => reached.resolve()));
    const run = start('run', '--listen', '127.0.0.1:0', '--to', `127.0.0.1:${upstream}`, '--admin', 'off');
    request(await run.port());
    await reached.promise;
    run.process.kill('SIGTERM');
    await run.message('SIGTERM: draining');
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 1, signal: null });
    expect(run.lines.all.some(({ message }) => message === 'SIGINT while draining: ending at once')).toBe(
      true,
    );
  });

  test('survives that its only data thread dies again and again', async () => {
    const crash =
      "import { isMainThread } from 'node:worker_threads'; if (!isMainThread) setTimeout(crash, 1000);";
    const run = new Run(
      ['run', '--listen', '127.0.0.1:0', '--to', '1', '--admin', 'off', '--data-threads', '1'],
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(`${crash} function crash() { throw 'enough'; }`)}`,
      ],
    );
    runs.push(run);
    await run.port();
    const line = await run.message(
      'data thread 1 crashed: a value that is no Error was thrown: enough; replacing it in',
    );
    expect(line.message).toMatch(/replacing it in 0\.\d s$/);
    run.process.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 0 });
  });

  test('exits with 1 and names the port that another process has', async () => {
    const port = await listen(() => {});
    const { code, err } = await start('run', '--listen', `127.0.0.1:${port}`, '--to', '1', '--admin', 'off')
      .ended;
    expect(code).toBe(1);
    expect(err).toContain(`listener main: cannot listen on 127.0.0.1:${port}: the address is in use`);
  });

  test('exits with 2 and every problem when the file is not valid', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
    folders.push(folder);
    const path = join(folder, 'meshlock.yaml');
    writeFileSync(path, 'listeners: 1\nclusters: 2\n');
    const { code, err } = await start('run', '-c', path).ended;
    expect(code).toBe(2);
    expect(err).toContain('listeners: expected');
    expect(err).toContain('clusters: expected');
  });

  test('takes a changed file over and refuses a broken one, serving all the while', async () => {
    const upstream = await listen((socket) => socket.on('data', () => socket.write(answer)));
    const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
    folders.push(folder);
    const path = join(folder, 'meshlock.yaml');
    const put = (text: string) => {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    };
    const text = (timeout: string) => `admin: false
listeners: [{ name: main, address: 127.0.0.1:0, cluster: app }]
clusters: [{ name: app, endpoints: [127.0.0.1:${upstream}] }]
drain_timeout: ${timeout}
`;
    put(text('5s'));
    const run = start('run', '-c', path);
    const port = await run.port();
    put(text('6s'));
    await run.message('configuration 2 is in force');
    put(text('soon'));
    const refusal = await run.message('configuration refused, 2 stays in force');
    expect(String(refusal['problems'])).toContain('drain_timeout');
    const [head] = await once(request(port), 'data');
    expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});
