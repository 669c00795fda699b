/**
 * What one proxied HTTP/1.1 exchange costs in JavaScript, without the kernel: the real codecs, route table, cluster and
 * exchange over sockets that swallow what is written. `node bench/micro/exchange.ts [--profile] [--mesh=outbound|inbound]`
 * prints nanoseconds per exchange, best of several rounds, so that a change of the hot path can be judged on a busy
 * machine. With a mesh, the other end introduces itself and every exchange is counted.
 */
import { EventEmitter } from 'node:events';
import { Session } from 'node:inspector/promises';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { CircuitBreakers, Cluster, type ConnectionPool } from '../../src/cluster/index.ts';
import { type ClusterConfig, type HttpListenerConfig, quickConfig } from '../../src/config/index.ts';
import { Connection, type ConnectionHandler, netContext } from '../../src/net/index.ts';
import { Http1Upstream } from '../../src/protocol/index.ts';
import {
  EdgeTable,
  formatPeer,
  ListenerMesh,
  openHttpConnection,
  type ProxyContext,
  TrustedRanges,
} from '../../src/proxy/index.ts';
import { RouteTable } from '../../src/route/index.ts';
import {
  CounterStore,
  clusterBlock,
  endpointBlock,
  listenerBlock,
  routeBlock,
  SlotDirectory,
} from '../../src/telemetry/index.ts';

const perRound = 50_000;
const rounds = 12;

class SwallowingSocket extends EventEmitter {
  readonly writableLength = 0;
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 40000;
  readonly localAddress = '127.0.0.1';
  readonly localPort = 8080;
  bytes = 0;

  write(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    return true;
  }

  pause(): void {}
  resume(): void {}
}

const net = netContext(systemClock);
const { clock } = net;
const directory = new SlotDirectory();
const counters = new CounterStore(CounterStore.allocate(directory.capacity));
const meter = { values: counters.values, received: directory.capacity - 1, sent: directory.capacity - 2 };

function connect(handlerOf: (connection: Connection) => ConnectionHandler): {
  connection: Connection;
  socket: SwallowingSocket;
} {
  const socket = new SwallowingSocket();
  const options = { handler: placeholder, sendTimeoutMs: 0, connecting: false, meter };
  const connection = new Connection(net, socket as unknown as Socket, options);
  connection.handler = handlerOf(connection);
  return { connection, socket };
}

const placeholder: ConnectionHandler = {
  onConnect() {},
  onData() {},
  onEnd() {},
  onDrain() {},
  onClose() {},
};

function createCluster(config: ClusterConfig): Cluster {
  const slot = directory.baseOf(clusterBlock, [config.name]);
  const gauges = new Int32Array(new SharedArrayBuffer(64));
  const breakers = new CircuitBreakers({ config: config.circuitBreakers, gauges, index: 0, counters, slot });
  const cluster = new Cluster({
    config,
    slot,
    counters,
    breakers,
    clock,
    random: systemRandom,
    onOutlier() {},
  });
  const endpoint = config.discovery.endpoints[0]!;
  const endpointSlot = directory.baseOf(endpointBlock, [config.name, 'one']);
  cluster.update([{ ...endpoint, slot: endpointSlot, health: 'healthy', ejected: false, usableSinceMs: 0 }]);
  return cluster;
}

/** One upstream connection that is idle whenever it is asked for. */
function createUpstream(config: ClusterConfig): Connection {
  const owner = { onUpstreamReady() {}, onUpstreamIdle() {}, onUpstreamClosed() {} };
  const limits = { ...config.http, maxRequestLineBytes: 0 };
  const upstream = new Http1Upstream({
    owner,
    limits,
    wheel: net.wheel,
    connectTimeoutMs: 0,
    maxRequests: 0,
    preamble: null,
    defaultHost: 'app',
  });
  const { connection } = connect(() => upstream);
  upstream.connection = connection;
  upstream.onConnect();
  pool = { acquire: () => upstream, cancel() {} } as unknown as ConnectionPool;
  return connection;
}

const config = quickConfig({ listen: '8080', to: '127.0.0.1:3000' });
const listener = config.listeners[0]!;
const http = listener.protocol as HttpListenerConfig;
const cluster = createCluster(config.clusters[0]!);
let pool: ConnectionPool;
const upstream = createUpstream(config.clusters[0]!);
const introduction = formatPeer({
  node: 'cart-7f9',
  service: 'cart',
  version: '1.4.2',
  release: '2026-11-20.3',
});
const introductionLine = `x-meshlock-peer: ${introduction}\r\n`;
const meshRole =
  process.argv.find((argument) => argument.startsWith('--mesh='))?.slice('--mesh='.length) ?? '';
const isInbound = meshRole === 'inbound';

function createMesh(): ListenerMesh {
  return new ListenerMesh({
    role: isInbound ? 'inbound' : 'outbound',
    edges: new EdgeTable({ clock, maxPeers: 1000, post() {} }),
    trust: new TrustedRanges([{ address: '127.0.0.0', prefix: 8 }]),
    introduction,
    answerers: new WeakMap(),
  });
}

const context: ProxyContext = {
  http,
  routes: new RouteTable({
    virtualHosts: http.virtualHosts,
    slotOf: (host, route) => directory.baseOf(routeBlock, [listener.name, host, route]),
  }),
  clusterOf: () => ({ cluster, pool }),
  filters: [],
  onFilterError() {},
  counters,
  slot: directory.baseOf(listenerBlock, [listener.name, listener.role]),
  net,
  clock,
  random: systemRandom,
  accessLog: null,
  tracer: null,
  mesh: meshRole === '' ? null : createMesh(),
};
const downstream = connect((connection) =>
  openHttpConnection({ connection, context: () => context, draining: () => false }),
);

const request = Buffer.from(
  `GET /items/42?full=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n${isInbound ? introductionLine : ''}\r\n`,
);
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 20 Nov 2026 07:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n${meshRole === 'outbound' ? introductionLine : ''}\r\n${'x'.repeat(1024)}`,
);

function run(count: number): void {
  const { bytes } = net.memory;
  for (let i = 0; i < count; i++) {
    request.copy(bytes);
    net.turn.receive(downstream.connection, bytes, 0, request.length);
    answer.copy(bytes);
    net.turn.receive(upstream, bytes, 0, answer.length);
  }
}

async function profile(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 100 });
  await session.post('Profiler.start');
  run(600_000);
  const result = await session.post('Profiler.stop');
  const self = new Map<string, number>();
  const hits = result.profile.nodes.reduce((sum, node) => sum + (node.hitCount ?? 0), 0);
  for (const { callFrame, hitCount = 0 } of result.profile.nodes) {
    const key = `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').slice(-2).join('/')}:${callFrame.lineNumber + 1}`;
    self.set(key, (self.get(key) ?? 0) + hitCount);
  }
  const top = [...self].sort((a, b) => b[1] - a[1]).slice(0, 40);
  for (const [name, count] of top) console.log(`${((100 * count) / hits).toFixed(1).padStart(5)} %  ${name}`);
}

run(200_000);
const expected = downstream.socket.bytes / 200_000;
if (expected < answer.length - 200) throw new Error(`exchanges do not complete: ${expected} bytes each`);
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  const started = performance.now();
  run(perRound);
  times.push(((performance.now() - started) * 1e6) / perRound);
}
times.sort((a, b) => a - b);
console.log(`ns per exchange: best ${times[0]!.toFixed(0)}, median ${times[rounds >> 1]!.toFixed(0)}`);
if (process.argv.includes('--profile')) await profile();
