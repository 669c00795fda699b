/**
 * The real data plane in the test's own process, without a worker around it, driven by a clock that moves only when the
 * test says so. What the control thread would do (compile snapshots, decide on health) is done here with its own code.
 */
import { onTestFinished } from 'vitest';
import { formatProblem, ManualClock, MeshlockError, seededRandom } from '../../../src/base/index.ts';
import { BreakerGauges, endpointKey, type EndpointState } from '../../../src/cluster/index.ts';
import { type ClusterConfig, type Config, parseConfig } from '../../../src/config/index.ts';
import { compileSnapshot } from '../../../src/control/snapshot-compiler.ts';
import { type Applied, DataPlane } from '../../../src/data/data-plane.ts';
import type { FromData } from '../../../src/data/index.ts';
import { type NetContext, netContext } from '../../../src/net/index.ts';
import { CounterStore, endpointBlock, SlotDirectory, type SpanRecord } from '../../../src/telemetry/index.ts';
import { leakedGauges, readCounter } from './figures.ts';
import { settle, until } from './patience.ts';
import { connectPeer, type Peer } from './peer.ts';

export interface ProxyOptions {
  /** Where relative paths of the configuration start; by default the working directory. */
  readonly baseDirectory?: string;
  /** Changes the finished configuration, for what a file cannot say. */
  readonly edit?: (config: Config) => Config;
  readonly seed?: number;
  /** In place of what the configuration and `setEndpointHealth` say: endpoints as a control side knows them. */
  readonly endpoints?: (
    cluster: ClusterConfig,
    slotOf: (endpointKey: string) => number,
  ) => readonly EndpointState[];
}

/** What active health checks and outlier detection would say. */
export interface EndpointVerdict {
  readonly health?: 'healthy' | 'unhealthy';
  readonly ejected?: boolean;
}

const sweepMs = 1000;

export class TestProxy {
  readonly clock: ManualClock = new ManualClock();
  /** Finished spans. */
  readonly spans: SpanRecord[] = [];
  /** What the data plane told the control thread, except access-log lines. */
  readonly messages: FromData[] = [];
  readonly #options: ProxyOptions;
  readonly #directory: SlotDirectory = new SlotDirectory(1 << 14);
  readonly #gauges: BreakerGauges = new BreakerGauges(64);
  readonly #counters: CounterStore;
  readonly #net: NetContext;
  readonly #plane: DataPlane;
  readonly #timers: readonly { cancel(): void }[];
  readonly #verdicts = new Map<string, EndpointVerdict>();
  readonly #clients = new Set<Peer>();
  readonly #ports = new Map<string, number>();
  readonly #lines = new Map<string, string[]>();
  #config: Config;
  #version = 0;
  #isClosed = false;

  constructor(text: string, options: ProxyOptions) {
    this.#options = options;
    this.#config = this.#parse(text);
    this.#counters = new CounterStore(CounterStore.allocate(this.#directory.capacity));
    this.#net = netContext(this.clock);
    const { clock, wheel } = this.#net;
    this.#plane = new DataPlane({
      net: this.#net,
      counters: this.#counters,
      breakerMemory: this.#gauges.memory,
      random: seededRandom(options.seed ?? 1),
      threads: 1,
      send: (message) => this.#receive(message),
      emitSpan: (span) => this.spans.push(span),
    });
    this.#timers = [
      clock.every(wheel.tickMs, () => wheel.advance(clock.now())),
      clock.every(sweepMs, () => this.#plane.sweep()),
    ];
  }

  /** Port of a listener; of the only one when no name is given. */
  port(listener?: string): number {
    const name = listener ?? [...this.#ports.keys()][0]!;
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`there is no listener ${name}`);
    return port;
  }

  get openConnections(): number {
    return this.#plane.openConnections;
  }

  /** A client of a listener; it is closed with the proxy at the latest. */
  async connect(listener?: string): Promise<Peer> {
    const peer = await connectPeer(this.port(listener));
    this.#clients.add(peer);
    return peer;
  }

  /** A client that has sent `data` already. */
  async send(data: string | Uint8Array, listener?: string): Promise<Peer> {
    const peer = await this.connect(listener);
    peer.send(data);
    return peer;
  }

  /** Moves the proxy's time, in steps with turns of the event loop between them, so that sockets keep up. */
  async advance(ms: number, stepMs = 1000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs));
      this.#net.turn.end();
      await settle(3);
    }
  }

  /** Brings another configuration into force, as a reload does; failures are answered, not thrown. */
  async update(text: string): Promise<Applied> {
    this.#config = this.#parse(text);
    return this.#apply();
  }

  /** Applies the same configuration with what is known of the endpoints now. */
  async refresh(): Promise<Applied> {
    return this.#apply();
  }

  /** The verdict on an endpoint, by its port, from now on. */
  async setEndpointHealth(cluster: string, port: number, verdict: EndpointVerdict): Promise<void> {
    this.#verdicts.set(`${cluster} ${port}`, verdict);
    await this.#apply();
  }

  /** Asks clients to go elsewhere, as before a shutdown. */
  discourage(on: boolean): void {
    this.#plane.discourage(on);
  }

  /** Stops accepting; what runs may finish. */
  drain(): void {
    this.#plane.drain();
  }

  /**
   * Value of a metric over everything that has these labels: a counter or gauge, or the count of a histogram. A name or
   * label value that does not exist is an error, so that a mistyped one is not zero.
   */
  counter(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return readCounter(this.#directory, this.#counters, name, labels);
  }

  /** Answers of the proxy itself with this response flag. */
  localReplies(flag: string): number {
    return this.counter('meshlock_local_replies_total', { flag });
  }

  /** Waits until the metric has this value. */
  async reaches(name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void> {
    await until(
      () => this.counter(name, labels) === value,
      () => `${name} ${JSON.stringify(labels)} = ${value}, got ${this.counter(name, labels)}`,
    );
  }

  /** Access-log lines so far; of the file whose path ends so, or of all. */
  logLines(path = ''): string[] {
    this.#plane.sweep();
    return [...this.#lines].filter(([name]) => name.endsWith(path)).flatMap(([, lines]) => lines);
  }

  /** Waits for the access-log line `index`, from 0. */
  async logLine(index = 0): Promise<string> {
    await until(
      () => this.logLines().length > index,
      () => `access-log line ${index}, got ${this.logLines().length}`,
    );
    return this.logLines()[index]!;
  }

  /**
   * Ends clients, then the data plane, and fails when something is left: a connection that outlives its client, a gauge
   * or a circuit breaker that does not return to zero, a timer nobody cancelled.
   */
  async close(patienceMs = 3000): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A FIN would leave half-open what may be half-open: a tunnel.
    for (const client of this.#clients) client.reset();
    try {
      await until(
        () => this.#plane.openConnections === 0,
        () => `${this.#plane.openConnections} downstream connections to end with their clients`,
        patienceMs,
      );
    } finally {
      this.#plane.drain();
      this.#plane.cut();
    }
    const leaks = (): string[] => leakedGauges(this.#directory, this.#counters, this.#gauges);
    await until(
      () => leaks().length === 0,
      () => `gauges to return to zero: ${leaks().join(', ')}`,
      patienceMs,
    );
    for (const timer of this.#timers) timer.cancel();
    if (this.clock.pendingTimers > 0)
      throw new Error(`${this.clock.pendingTimers} timers were not cancelled`);
  }

  /** For `startProxy`. */
  async start(): Promise<void> {
    const { failures } = await this.#apply();
    if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('; '));
  }

  async #apply(): Promise<Applied> {
    const config = this.#config;
    const snapshot = compileSnapshot({
      version: ++this.#version,
      config,
      listeners: config.listeners,
      directory: this.#directory,
      endpoints: Object.fromEntries(
        config.clusters.map((cluster) => [cluster.name, this.#statesOf(cluster)]),
      ),
      breakers: Object.fromEntries(config.clusters.map(({ name }) => [name, this.#gauges.indexOf(name)])),
    });
    // Threads get a copy; what cannot be copied must show here, too.
    const applied = await this.#plane.apply(structuredClone(snapshot));
    this.#net.turn.end();
    for (const { listener, address } of applied.listening) this.#ports.set(listener, address.port);
    return applied;
  }

  #statesOf(cluster: ClusterConfig): readonly EndpointState[] {
    const { endpoints } = this.#options;
    if (endpoints !== undefined) {
      return endpoints(cluster, (key) => this.#directory.baseOf(endpointBlock, [cluster.name, key]));
    }
    if (cluster.discovery.kind !== 'static') throw new Error('this harness knows static clusters only');
    return cluster.discovery.endpoints.map((endpoint) => {
      const verdict = this.#verdicts.get(`${cluster.name} ${endpoint.address.port}`);
      return {
        ...endpoint,
        slot: this.#directory.baseOf(endpointBlock, [cluster.name, endpointKey(endpoint.address)]),
        health: verdict?.health ?? 'healthy',
        ejected: verdict?.ejected ?? false,
        usableSinceMs: 0,
      };
    });
  }

  #parse(text: string): Config {
    const { baseDirectory = process.cwd(), edit } = this.#options;
    try {
      const config = parseConfig(text, { source: 'test.yaml', baseDirectory, hostName: 'test' });
      return edit === undefined ? config : edit(config);
    } catch (error) {
      if (!(error instanceof MeshlockError)) throw error;
      throw new Error(error.problems.map(formatProblem).join('\n'), { cause: error });
    }
  }

  #receive(message: FromData): void {
    if (message.kind !== 'access-log') {
      this.messages.push(message);
      if (message.kind === 'edges') this.#plane.acknowledgeEdges();
      return;
    }
    const lines = this.#lines.get(message.path) ?? [];
    this.#lines.set(message.path, lines);
    lines.push(...Buffer.from(message.lines).toString('utf8').split('\n').slice(0, -1));
    this.#plane.acknowledgeAccessLog(message.path, message.lines.length);
  }
}

/** Runs until the test is over, and then checks that nothing leaked. `text`: YAML; give listeners port 0. */
export async function startProxy(text: string, options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = new TestProxy(text, options);
  onTestFinished(() => proxy.close());
  await proxy.start();
  return proxy;
}
