import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { MeshlockError, systemClock, systemRandom } from '../../../src/base/index.ts';
import type { Config } from '../../../src/config/index.ts';
import type { ConfigSource, ConfigSubscriber } from '../../../src/control/config-source.ts';
import { ControlPlane } from '../../../src/control/control-plane.ts';
import { ThreadSupply } from '../../../src/control/thread-supply.ts';
import type { Recorder } from './recorder.ts';
import { clusterConfig, holmesConfig, listenerConfig, testConfig } from './test-config.ts';
import { type LogLine, testLog } from './test-log.ts';

/** A source whose next answer a test decides. */
class TestSource implements ConfigSource {
  readonly origin = 'test.yaml';
  next: Config | MeshlockError;
  subscriber: ConfigSubscriber | null = null;

  constructor(config: Config) {
    this.next = config;
  }

  load(): Promise<Config> {
    return this.next instanceof MeshlockError ? Promise.reject(this.next) : Promise.resolve(this.next);
  }

  subscribe(subscriber: ConfigSubscriber): void {
    this.subscriber = subscriber;
  }

  close(): void {
    this.subscriber = null;
  }
}

type Json = Readonly<Record<string, unknown>>;

interface Stage {
  readonly plane: ControlPlane;
  readonly source: TestSource;
  readonly lines: Recorder<LogLine>;
  readonly config: Config;
  quits: number;
}

const planes: ControlPlane[] = [];
const servers: Server[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const plane of planes.splice(0)) expect(await plane.close()).toBe(true);
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** With orders for the fake data threads. */
function ordering(config: Config, orders: string): Config {
  return { ...config, node: { ...config.node, release: orders } };
}

function make(changes: Partial<Config> = {}, orders = ''): Stage {
  const config = ordering(
    testConfig({ admin: { address: { host: '127.0.0.1', port: 0 }, token: '' }, ...changes }),
    orders,
  );
  const source = new TestSource(config);
  const { log, lines } = testLog();
  const plane = new ControlPlane({
    source,
    config,
    log,
    clock: systemClock,
    random: systemRandom,
    version: '1.2.3',
    commandLineOptions: { config: 'test.yaml' },
    supply: new ThreadSupply(config, new URL('./fake-data-thread.ts', import.meta.url)),
    onQuit: () => {
      stage.quits++;
    },
  });
  planes.push(plane);
  const stage: Stage = { plane, source, lines, config, quits: 0 };
  return stage;
}

async function started(changes: Partial<Config> = {}, orders = ''): Promise<Stage> {
  const stage = make(changes, orders);
  await stage.plane.start();
  return stage;
}

async function ask(
  { plane }: Stage,
  path: string,
  method = 'GET',
): Promise<{ status: number; body: string; json: () => Json }> {
  const { port } = plane.adminAddress!;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  const body = await response.text();
  return { status: response.status, body, json: () => JSON.parse(body) as Json };
}

async function takePort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('control plane', () => {
  test('opens no admin plane any more when it is closed while it starts', async () => {
    const { plane } = make();
    const starting = plane.start();
    await plane.close();
    await Promise.allSettled([starting]);
    expect(plane.adminAddress).toBe(null);
  });

  test('starts threads, listeners and the admin plane, and is ready', async () => {
    const stage = await started();
    expect(stage.plane.readiness()).toMatchObject({ ready: true, reasons: [] });
    expect(stage.plane.readiness().components.map(({ name }) => name)).toEqual([
      'data thread 1',
      'data thread 2',
      'listener inbound',
    ]);
    const [listener] = stage.plane.listening;
    expect(listener).toMatchObject({ name: 'inbound', kind: 'http' });
    expect(listener!.address.port).toBeGreaterThan(0);
    expect(await ask(stage, '/ready')).toMatchObject({ status: 200 });
    const info = (await ask(stage, '/server_info')).json();
    expect(info).toMatchObject({ version: '1.2.3', state: 'LIVE', node: { id: 'node-1' } });
    expect((await ask(stage, '/threads?format=json')).body).toContain('running');
  });

  test('gives every thread the same real port for port 0, and keeps it over a reload', async () => {
    const stage = await started({}, '*:log');
    const { port } = stage.plane.listening[0]!.address;
    stage.source.next = ordering(stage.config, '*:log,again');
    expect(await stage.plane.reload()).toMatchObject({ applied: true, version: 2 });
    expect(stage.plane.listening[0]!.address.port).toBe(port);
    const said = stage.lines.all.filter(({ message }) => message === 'said by the thread');
    expect(said).toHaveLength(4);
    for (const { config } of said) {
      expect((JSON.parse(String(config)) as Config).listeners[0]!.address.port).toBe(port);
    }
  });

  test('never shows a token to a data thread', async () => {
    const admin = { address: { host: '127.0.0.1', port: 0 }, token: 'sesame' };
    const pyroscope = { url: 'http://127.0.0.1:1', application: 'cart', token: 'simsim', timeoutMs: 1000 };
    const { lines } = await started({ admin, holmes: holmesConfig({ pyroscope }) }, '1:log');
    const { config } = await lines.until(({ message }) => message === 'said by the thread');
    expect((JSON.parse(String(config)) as Config).admin).toEqual({ address: null, token: '' });
    expect(config).not.toContain('simsim');
  });

  test('does not start when a port is taken, and names it', async () => {
    const port = await takePort();
    const { plane } = make({ listeners: [listenerConfig('inbound', 'app', port)] });
    await expect(plane.start()).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`listener inbound: cannot listen on 127.0.0.1:${port}`),
    });
    expect(plane.readiness().reasons).toContain('no configuration is in force yet');
  });

  test('does not start when the port of the admin plane is taken', async () => {
    const port = await takePort();
    const { plane } = make({ admin: { address: { host: '127.0.0.1', port }, token: '' } });
    await expect(plane.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });

  test('does not start when a data thread cannot take the first configuration', async () => {
    const { plane } = make({}, '2:mute,2:crash');
    await expect(plane.start()).rejects.toMatchObject({
      code: 'THREAD_FAILED',
      problems: [{ path: 'data thread 2', got: 'crashed: RangeError: the test told me to crash' }],
    });
  });

  test('applies a reload as a whole: listeners, clusters, log level', async () => {
    const stage = await started();
    stage.source.next = {
      ...stage.config,
      log: { level: 'error', format: 'json' },
      listeners: [...stage.config.listeners, listenerConfig('second', 'other')],
      clusters: [clusterConfig('other', [4000])],
    };
    expect(await stage.plane.reload()).toEqual({ applied: true, version: 2, problems: [] });
    expect(stage.plane.listening.map(({ name }) => name)).toEqual(['inbound', 'second']);
    const clusters = (await ask(stage, '/clusters?format=json')).body;
    expect(clusters).toContain('other');
    expect(clusters).not.toContain('"app"');
    expect((await ask(stage, '/logging')).body).toContain('error');
  });

  test('measures who the node is and what its circuit breakers allow, without a mesh and without holmes', async () => {
    const stage = await started();
    const metrics = (await ask(stage, '/metrics')).body;
    expect(metrics).toContain('meshlock_node_info{node_id="node-1",node_service="cart",');
    expect(metrics).toContain('meshlock_cluster_breaker_limit{cluster="app",breaker="retries"} 3');
  });

  test('keeps everything when the file is refused, and records the problems', async () => {
    const stage = await started();
    const problem = { path: 'listeners[0].port', expected: 'a port', got: '"x"' };
    stage.source.next = new MeshlockError('CONFIG_INVALID', 'test.yaml is not valid', [problem]);
    expect(await stage.plane.reload()).toEqual({ applied: false, version: 1, problems: [problem] });
    expect(stage.lines.all.find(({ level }) => level === 'error')).toMatchObject({
      message: 'configuration refused, 1 stays in force: test.yaml is not valid',
      problems: ['listeners[0].port: expected a port, got "x"'],
    });
    const metrics = (await ask(stage, '/metrics')).body;
    expect(metrics).toContain('meshlock_config_reloads_total{result="failure"} 1');
    expect(metrics).toContain('meshlock_config_last_reload_successful 0');
    expect(stage.plane.readiness().ready).toBe(true);
  });

  test('goes back to the old configuration when the threads cannot open a listener', async () => {
    const stage = await started();
    stage.source.next = ordering(
      { ...stage.config, clusters: [clusterConfig('new')], listeners: [listenerConfig('renamed', 'new')] },
      '2:unbindable',
    );
    const result = await stage.plane.reload();
    expect(result).toMatchObject({ applied: false, version: 1, problems: [{ path: 'listener renamed' }] });
    expect(stage.plane.listening.map(({ name }) => name)).toEqual(['inbound']);
    expect((await ask(stage, '/clusters?format=json')).body).toContain('"app"');
    // The first thread had taken the new one over and was given the old one again.
    const threads = (await ask(stage, '/threads?format=json')).body;
    expect(threads.match(/"running"/g)).toHaveLength(2);
    expect(stage.plane.readiness()).toMatchObject({ ready: true });
    stage.source.next = ordering(stage.config, '*:log');
    expect(await stage.plane.reload()).toMatchObject({ applied: true, version: 2 });
  });

  test('goes back to the old configuration when applying the new one kills a thread', async () => {
    const stage = await started();
    stage.source.next = ordering(stage.config, '1:mute,1:crash');
    const result = await stage.plane.reload();
    expect(result).toMatchObject({ applied: false, version: 1, problems: [{ path: 'data thread 1' }] });
    stage.source.next = ordering(stage.config, '*:log');
    expect(await stage.plane.reload()).toMatchObject({ applied: true });
  });

  test('refuses a reload for a port that another process has, before any thread hears of it', async () => {
    const stage = await started();
    const port = await takePort();
    stage.source.next = ordering(
      { ...stage.config, listeners: [listenerConfig('inbound', 'app', port)] },
      '*:log',
    );
    expect(await stage.plane.reload()).toMatchObject({
      applied: false,
      problems: [{ path: 'listener inbound' }],
    });
    expect(stage.lines.all.some(({ message }) => message === 'said by the thread')).toBe(false);
  });

  test('says which settings wait for a restart, and applies the others', async () => {
    const stage = await started();
    stage.source.next = {
      ...stage.config,
      dataThreads: 5,
      threadHeapBytes: 1 << 28,
      admin: { address: null, token: '' },
      stallRestartMs: 1234,
    };
    expect(await stage.plane.reload()).toMatchObject({ applied: true });
    const warning = stage.lines.all.find(({ level }) => level === 'warn');
    expect(warning).toMatchObject({
      message: 'needs a restart to take effect: admin.address, data_threads, thread_heap',
      settings: ['admin.address', 'data_threads', 'thread_heap'],
    });
    const dump = (await ask(stage, '/config_dump')).json();
    expect(dump.config).toMatchObject({
      stallRestartMs: 1234,
      dataThreads: 2,
      threadHeapBytes: 0,
      waitingForRestart: ['admin.address', 'data_threads', 'thread_heap'],
    });
  });

  test('reloads when its source has changed', async () => {
    const { source, lines } = await started();
    source.subscriber!.changed();
    await lines.until(({ message }) => message === 'configuration 2 is in force');
    expect(lines.all.some(({ message }) => message === 'test.yaml has changed')).toBe(true);
  });

  test('answers a scrape in under 100 ms while every data thread is stuck, and is not ready', async () => {
    const stage = await started({}, '');
    await ask(stage, '/metrics');
    stage.source.next = ordering(stage.config, '*:applyFirst,*:spin');
    await stage.plane.reload();
    await stage.lines.until(({ message }) => message.startsWith('data thread 1 is stalled'));
    await stage.lines.until(({ message }) => message.startsWith('data thread 2 is stalled'));
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = performance.now();
      expect((await ask(stage, '/metrics')).status).toBe(200);
      times.push(performance.now() - before);
    }
    expect(Math.min(...times)).toBeLessThan(100);
    expect((await ask(stage, '/ready')).status).toBe(503);
    expect(stage.plane.readiness().reasons).toContain('data thread 1: it is stalled');
  });

  test('keeps counts over a replaced thread and counts the replacement', async () => {
    const stage = await started({ dataThreads: 1 }, '1:count');
    const count = async () => {
      const { body } = await ask(stage, '/metrics');
      return Number(/^meshlock_local_replies_total\{[^}]*flag="-"[^}]*\} (\d+)$/m.exec(body)?.[1]);
    };
    expect(await count()).toBe(1);
    stage.source.next = ordering(stage.config, '1:applyFirst,1:count,1:crash');
    await stage.plane.reload();
    await stage.lines.until(({ message }) => message.includes('data thread 1 crashed'));
    expect(await count()).toBeGreaterThanOrEqual(2);
    expect((await ask(stage, '/metrics')).body).toMatch(
      /^meshlock_thread_replacements_total\{reason="crashed"\} [1-9]/m,
    );
  });

  test('writes the access log of all threads, tells them so, and reopens it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshlock-'));
    folders.push(folder);
    const path = join(folder, 'access.log');
    const listener = {
      ...listenerConfig('inbound', 'app'),
      accessLogs: [{ path, format: { kind: 'text', template: '' } as const }],
    };
    const stage = await started({ listeners: [listener] }, '*:access');
    const written = ({ message }: LogLine) => message === 'written';
    await stage.lines.until((line) => written(line) && line['thread'] === 1);
    await stage.lines.until((line) => written(line) && line['thread'] === 2);
    expect(stage.lines.all.find(written)).toMatchObject({ path, bytes: 17 });
    expect(readFileSync(path, 'utf8').split('\n').sort()).toEqual([
      '',
      'line of thread 1',
      'line of thread 2',
    ]);
    renameSync(path, `${path}.1`);
    await stage.plane.reopenLogs();
    stage.source.next = ordering(stage.config, '1:access,again');
    await stage.plane.reload();
    await stage.lines.until((line) => written(line) && stage.lines.all.filter(written).length === 3);
    expect(readFileSync(path, 'utf8')).toBe('line of thread 1\n');
  });

  test('drains: not ready, every thread done, refuses to reload', async () => {
    const stage = await started();
    const drained = stage.plane.drain();
    expect(stage.plane.readiness().reasons).toContain('the process is draining');
    expect((await ask(stage, '/server_info')).json().state).toBe('DRAINING');
    expect(await drained).toEqual({ cut: 3, unanswered: [] });
    expect(await stage.plane.reload()).toMatchObject({ applied: false });
  });

  test('closes inbound listeners alone when asked to, for good', async () => {
    const outbound = { ...listenerConfig('outbound', 'app'), role: 'outbound' } as const;
    const stage = await started({ listeners: [listenerConfig('inbound', 'app'), outbound] });
    expect((await ask(stage, '/drain_listeners?inboundonly', 'POST')).status).toBe(200);
    const { listener_statuses: statuses } = (await ask(stage, '/listeners?format=json')).json();
    expect(statuses).toMatchObject([
      { name: 'inbound', state: 'draining' },
      { name: 'outbound', state: 'active' },
    ]);
    stage.source.next = ordering(stage.config, '1:log');
    await stage.plane.reload();
    const { config } = await stage.lines.until(({ message }) => message === 'said by the thread');
    expect((JSON.parse(String(config)) as Config).listeners.map(({ name }) => name)).toEqual(['outbound']);
    expect(stage.plane.readiness().reasons).toEqual(['inbound listeners were drained by hand']);
  });

  test('is unready and ready again by hand, and hands on the wish to end', async () => {
    const stage = await started();
    await ask(stage, '/healthcheck/fail', 'POST');
    expect((await ask(stage, '/ready')).status).toBe(503);
    await ask(stage, '/healthcheck/ok', 'POST');
    expect((await ask(stage, '/ready')).status).toBe(200);
    await ask(stage, '/quitquitquit', 'POST');
    expect(stage.quits).toBe(1);
  });
});
