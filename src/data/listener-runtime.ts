/** One listener on one data thread: its socket, what its connections are handled with now, and its drain. */
import type { ListenerConfig, SocketAddress } from '../config/index.ts';
import {
  type Connection,
  type ConnectionHandler,
  Listener,
  type NetContext,
  ProxyProtocolReader,
} from '../net/index.ts';
import { openHttpConnection, type ProxyContext, type TcpContext, TcpSession } from '../proxy/index.ts';
import { type CounterStore, ListenerSlot } from '../telemetry/index.ts';
import { FaultLog } from './fault-log.ts';

/** How a listener's connections are handled. */
export type ConnectionContext =
  | { readonly kind: 'http'; readonly context: ProxyContext }
  | { readonly kind: 'tcp'; readonly context: TcpContext };

export interface ListenerRuntimeOptions {
  readonly config: ListenerConfig;
  readonly connections: ConnectionContext;
  readonly net: NetContext;
  readonly counters: CounterStore;
  readonly slot: number;
  /** Data threads that share the listener's connection limit. */
  readonly threads: number;
  readonly log: (level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A PROXY header is a single packet; who takes longer is not a proxy. */
const proxyHeaderTimeoutMs = 5000;

export class ListenerRuntime {
  readonly #options: ListenerRuntimeOptions;
  readonly #listener: Listener;
  #config: ListenerConfig;
  #connections: ConnectionContext;
  #draining = false;
  #discouraged = false;
  /** Want of descriptors comes in bursts. */
  readonly #acceptFaults: FaultLog;

  constructor(options: ListenerRuntimeOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#connections = options.connections;
    const { config, net, counters, slot } = options;
    this.#acceptFaults = new FaultLog(net.clock, (message, fields) => options.log('error', message, fields));
    this.#listener = new Listener(net, {
      address: config.address,
      backlog: config.backlog,
      sendTimeoutMs: () => this.#sendTimeoutMs,
      meter: {
        values: counters.values,
        received: slot + ListenerSlot.bytesReceived,
        sent: slot + ListenerSlot.bytesSent,
      },
      maxConnections: () => Math.ceil(this.#config.maxConnections / options.threads),
      accept: (connection) => this.#accept(connection),
      onClose: () => counters.add(slot + ListenerSlot.connectionsActive, -1),
      onReject: () => counters.add(slot + ListenerSlot.connectionsRejected, 1),
      onAcceptError: (code) => {
        const fields = { listener: this.#config.name, code };
        this.#acceptFaults.report('a connection could not be accepted', fields);
      },
    });
  }

  /** Rejects with the system's error. */
  listen(): Promise<SocketAddress> {
    return this.#listener.listen();
  }

  /** Whether `config` can be taken over without a new socket. */
  accommodates(config: ListenerConfig): boolean {
    const mine = this.#config;
    return (
      mine.address.host === config.address.host &&
      mine.address.port === config.address.port &&
      mine.protocol.kind === config.protocol.kind
    );
  }

  /** From the next request (or TCP connection) on, things are handled so. */
  update(config: ListenerConfig, connections: ConnectionContext): void {
    if (config.backlog !== this.#config.backlog) this.#listener.resize(config.backlog);
    this.#config = config;
    this.#connections = connections;
  }

  /** While set, answers ask clients to close their connection. */
  set discouraged(on: boolean) {
    this.#discouraged = on;
  }

  /** Stops accepting; idle connections close, busy ones after what they do. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#listener.stop();
    for (const connection of this.#listener.connections) connection.handler.drain?.();
    this.#options.net.turn.end();
  }

  get openConnections(): number {
    return this.#listener.connections.size;
  }

  /** Cuts what is left; answers how much that was. */
  cut(): number {
    const left = [...this.#listener.connections];
    for (const connection of left) connection.destroy();
    return left.length;
  }

  get #sendTimeoutMs(): number {
    const { protocol } = this.#config;
    return protocol.kind === 'http' ? protocol.limits.sendTimeoutMs : 0;
  }

  #accept(connection: Connection): ConnectionHandler {
    const { counters, slot, net } = this.#options;
    counters.add(slot + ListenerSlot.connections, 1);
    counters.add(slot + ListenerSlot.connectionsActive, 1);
    if (this.#config.proxyProtocol === 'off') return this.#open(connection);
    return new ProxyProtocolReader({
      connection,
      wheel: net.wheel,
      timeoutMs: proxyHeaderTimeoutMs,
      required: this.#config.proxyProtocol === 'require',
      accept: () => this.#open(connection),
      onInvalid: () => counters.add(slot + ListenerSlot.malformed, 1),
    });
  }

  #open(connection: Connection): ConnectionHandler {
    const connections = this.#connections;
    if (connections.kind === 'tcp') return new TcpSession(connections.context, connection);
    const opened = connections.context;
    return openHttpConnection({
      connection,
      context: () => (this.#connections.kind === 'http' ? this.#connections.context : opened),
      draining: () => this.#draining || this.#discouraged,
    });
  }
}
