/**
 * The server of `grpc.health.v1`: for orchestrators and balancers that ask over gRPC. Its sockets are accepted here, not by
 * grpc-js, which bounds neither their number nor the time until they are closed. Loaded only when it is configured.
 */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import { type Clock, formatAddress, MeshlockError } from '../../../base/index.ts';
import type { SocketAddress } from '../../../config/index.ts';
import type { Log } from '../../../telemetry/control.ts';
import type { ProxyHealth } from '../proxy-health.ts';
import { CallGuard } from './call-guard.ts';
import { maxRequestBytes } from './codec.ts';
import { HealthService } from './service.ts';
import { servingStatuses } from './serving.ts';
import { maxWatchers, Watchers } from './watchers.ts';

export interface GrpcHealthOptions {
  /** An IP literal; port 0 takes a free one. The configuration allows one off loopback only with a token. */
  readonly address: SocketAddress;
  /** Empty: none. A secret. */
  readonly token: string;
  readonly health: Pick<ProxyHealth, 'snapshot' | 'gate' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A probe has one each time, a watcher one for long. */
const maxConnections: number = maxWatchers + 28;
const closeGraceMs = 1000;
const serverSettings = {
  'grpc.max_receive_message_length': maxRequestBytes,
  'grpc.max_concurrent_streams': maxWatchers,
  // A peer that has gone without a word is found out, and one that never calls is closed.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_connection_idle_ms': 300_000,
  // Its own records of each connection, which nobody here asks for.
  'grpc.enable_channelz': 0,
};

export class GrpcHealthServer {
  readonly #options: GrpcHealthOptions;
  readonly #watchers: Watchers;
  readonly #grpc: Server = new Server(serverSettings);
  readonly #injector: ConnectionInjector;
  readonly #net: NetServer;
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | null = null;

  constructor(options: GrpcHealthOptions) {
    const { token, health } = options;
    this.#options = options;
    const statuses = () => servingStatuses(health);
    this.#watchers = new Watchers({ statuses, onChange: (listener) => health.onChange(listener) });
    new HealthService({ statuses, watchers: this.#watchers, guard: new CallGuard(token) }).register(
      this.#grpc,
    );
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#net = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#net.maxConnections = maxConnections;
  }

  /** Resolves with where it listens. Rejects with ADDRESS_IN_USE or ADDRESS_UNAVAILABLE. Once only. */
  listen(): Promise<SocketAddress> {
    const { address, log } = this.#options;
    const { host, port } = address;
    const server = this.#net;
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(address, error));
      server.once('error', onError);
      server.listen({ host, port }, () => {
        server.off('error', onError);
        server.on('error', (error) => log.error('the gRPC health service cannot accept', { err: error }));
        const bound = server.address();
        resolve({ host, port: bound === null || typeof bound === 'string' ? port : bound.port });
      });
    });
  }

  /** Stops accepting, ends what watches, lets calls finish for a second, then cuts what is left. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#watchers.close();
      const cut = this.#options.clock.after(closeGraceMs, () => {
        for (const socket of this.#sockets) socket.destroy();
      });
      // Not listening: then there is nothing to wait for either.
      this.#net.close(() => {
        cut.cancel();
        this.#grpc.forceShutdown();
        resolve();
      });
      this.#injector.drain(closeGraceMs);
    });
    return this.#closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Whatever is wrong with it ends this connection only.
    socket.on('error', () => socket.destroy());
    this.#injector.injectConnection(socket);
  }
}

function listenError(address: SocketAddress, error: NodeJS.ErrnoException): MeshlockError {
  const where = formatAddress(address);
  const path = 'admin.grpc_address';
  if (error.code === 'EADDRINUSE') {
    return new MeshlockError(
      'ADDRESS_IN_USE',
      `the gRPC health service cannot listen on ${where}: another process does`,
      [{ path, expected: 'a free port', got: where, hint: 'stop that process, or choose another port' }],
      error,
    );
  }
  return new MeshlockError(
    'ADDRESS_UNAVAILABLE',
    `the gRPC health service cannot listen on ${where}: ${error.code ?? error.message}`,
    [{ path, expected: 'an address of this machine that this user may listen on', got: where }],
    error,
  );
}
