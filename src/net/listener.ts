/** Accepts connections of one listening address on one data thread. */
import { createServer, type Server, type Socket } from 'node:net';
import type { SocketAddress } from '../config/index.ts';
import { adoptSocket } from './adopt.ts';
import { type ByteMeter, Connection, type ConnectionHandler } from './connection.ts';
import type { NetContext } from './context.ts';

export interface ListenerOptions {
  readonly address: SocketAddress;
  readonly backlog: number;
  /** Asked at each accept, so that it can change. */
  readonly sendTimeoutMs: () => number;
  readonly meter: ByteMeter;
  /** This thread's share of the connections; 0: no limit. Asked at each accept. */
  readonly maxConnections: () => number;
  /** Gives the handler of a fresh connection; `attach` is called with the connection before any event. */
  readonly accept: (connection: Connection) => ConnectionHandler;
  /** The connection is gone; comes after its handler's `onClose`. */
  readonly onClose: (connection: Connection) => void;
  /** A connection was closed at once because the limit was reached. */
  readonly onReject: () => void;
  /** The kernel failed to accept, for example for want of descriptors (`EMFILE`). The listener goes on. */
  readonly onAcceptError: (code: string) => void;
}

const noHandler: ConnectionHandler = { onConnect() {}, onData() {}, onEnd() {}, onDrain() {}, onClose() {} };

export class Listener {
  readonly #context: NetContext;
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #open = new Set<Connection>();

  constructor(context: NetContext, options: ListenerOptions) {
    this.#context = context;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onSocket(socket));
  }

  /** Connections that are open now. */
  get connections(): ReadonlySet<Connection> {
    return this.#open;
  }

  /** Starts accepting; answers with the real port. Rejects with Node's listen error. */
  listen(): Promise<SocketAddress> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // Several threads, and during an upgrade two processes, share the port: the kernel spreads the connections.
      const reusePort = process.platform === 'linux';
      this.#server.listen({ host, port, backlog: this.#options.backlog, reusePort }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error: NodeJS.ErrnoException) =>
          this.#options.onAcceptError(error.code ?? error.message),
        );
        const bound = this.#server.address();
        resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
      });
    });
  }

  /**
   * Gives the kernel's queue another length: a second `listen` on the same socket does, but Node has no call for it. The
   * handle is not a documented part of Node; without it the queue stays as it was.
   */
  resize(backlog: number): void {
    const internals = this.#server as { _handle?: { listen?(backlog: number): number } | null };
    internals._handle?.listen?.(backlog);
  }

  /** Stops accepting. Open connections live on. */
  stop(): void {
    this.#server.close();
  }

  #onSocket(accepted: Socket): void {
    this.#context.turn.begin();
    const maxConnections = this.#options.maxConnections();
    if (maxConnections > 0 && this.#open.size >= maxConnections) {
      accepted.on('error', () => {});
      accepted.resetAndDestroy();
      this.#options.onReject();
      return;
    }
    const { memory, turn } = this.#context;
    const { socket, adopted } = adoptSocket(accepted, {
      buffer: memory.readBuffer,
      onRead: (length) => turn.receive(connection, memory.bytes, 0, length),
    });
    const connection: Connection = new Connection(this.#context, socket, {
      handler: noHandler,
      sendTimeoutMs: this.#options.sendTimeoutMs(),
      connecting: false,
      meter: this.#options.meter,
    });
    this.#open.add(connection);
    connection.handler = this.#options.accept(connection);
    if (!adopted) socket.on('data', (bytes: Buffer) => turn.receive(connection, bytes, 0, bytes.length));
    socket.on('close', () => {
      this.#open.delete(connection);
      this.#options.onClose(connection);
    });
    this.#context.turn.end();
  }
}
