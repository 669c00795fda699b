/**
 * A listener of ours on loopback, whose time the test moves by hand: real sockets, and no timeout that passes by
 * itself. Clients are plain sockets of Node, so that nothing of ours is tested against itself.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ManualClock } from '../../../src/base/index.ts';
import type { SocketAddress } from '../../../src/config/index.ts';
import {
  type CloseReason,
  type Connection,
  type ConnectionHandler,
  Listener,
  type NetContext,
  netContext,
} from '../../../src/net/index.ts';

export const meterSlots = { received: 0, sent: 1 } as const;

export interface LoopbackOptions {
  readonly accept: (connection: Connection) => ConnectionHandler;
  readonly sendTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly port?: number;
}

export class Loopback {
  readonly time: ManualClock = new ManualClock();
  readonly context: NetContext;
  readonly listener: Listener;
  /** Bytes received and sent by accepted connections, by `meterSlots`. */
  readonly meter: Float64Array = new Float64Array(2);
  rejected = 0;
  closed = 0;
  address: SocketAddress;
  readonly #clients = new Set<Socket>();

  constructor(options: LoopbackOptions) {
    this.address = { host: '127.0.0.1', port: options.port ?? 0 };
    this.context = netContext(this.time);
    this.listener = new Listener(this.context, {
      address: this.address,
      backlog: 128,
      sendTimeoutMs: () => options.sendTimeoutMs ?? 0,
      maxConnections: () => options.maxConnections ?? 0,
      meter: { values: this.meter, ...meterSlots },
      accept: options.accept,
      onClose: () => this.closed++,
      onReject: () => this.rejected++,
      onAcceptError: (code) => {
        throw new Error(`accept failed: ${code}`);
      },
    });
  }

  static async open(options: LoopbackOptions): Promise<Loopback> {
    const loopback = new Loopback(options);
    loopback.address = await loopback.listener.listen();
    return loopback;
  }

  /** A connected client that does not end by itself when the server does. */
  async client(): Promise<Socket> {
    const socket = this.connect();
    await once(socket, 'connect');
    return socket;
  }

  /** The same before it has connected, for a client that may be turned away. */
  connect(): Socket {
    const socket = connect({ ...this.address, allowHalfOpen: true, noDelay: true });
    this.#clients.add(socket);
    socket.on('error', () => {});
    return socket;
  }

  /** Moves time on in the steps in which a data thread moves it. */
  advance(ms: number): void {
    const { wheel, turn, clock } = this.context;
    for (let left = ms; left > 0; left -= wheel.tickMs) {
      this.time.advance(Math.min(left, wheel.tickMs));
      turn.begin();
      wheel.advance(clock.now());
      turn.end();
    }
  }

  close(): void {
    this.listener.stop();
    for (const socket of this.#clients) socket.destroy();
    for (const connection of this.listener.connections) connection.destroy();
  }
}

/** A handler that keeps what happens to its connection, and lets a test wait for it. */
export class Recorder implements ConnectionHandler {
  connection!: Connection;
  readonly events: string[] = [];
  closeReason: CloseReason | null = null;
  /** Called within the events of the same names. */
  onBytes: (bytes: Buffer) => void = () => {};
  onDrained: () => void = () => {};
  readonly #pieces: Buffer[] = [];
  #length = 0;
  readonly #waiting = new Set<() => void>();

  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  get length(): number {
    return this.#length;
  }

  onConnect(): void {
    this.#note('connect');
  }

  onData(bytes: Buffer, from: number, to: number): void {
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    this.#length += to - from;
    this.onBytes(this.#pieces.at(-1)!);
    if (this.events.at(-1) === 'data') this.#wake();
    else this.#note('data');
  }

  onEnd(): void {
    this.#note('end');
  }

  onDrain(): void {
    this.onDrained();
    this.#note('drain');
  }

  onClose(reason: CloseReason): void {
    this.closeReason = reason;
    this.#note('close');
  }

  /** Waits until `condition` holds, looking after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  seen(event: string): Promise<void> {
    return this.until(() => this.events.includes(event));
  }

  #note(event: string): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

/** Accepts one connection after another, each with a recorder of its own. */
export class Recorders {
  readonly all: Recorder[] = [];
  readonly #waiting: ((recorder: Recorder) => void)[] = [];

  readonly accept = (connection: Connection): ConnectionHandler => {
    const recorder = new Recorder();
    recorder.connection = connection;
    this.all.push(recorder);
    this.#waiting.shift()?.(recorder);
    return recorder;
  };

  /** The connection that is accepted next. */
  next(): Promise<Recorder> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Everything that `socket` receives until its peer ends or the connection breaks. */
export async function drained(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  return Buffer.concat(pieces);
}

/** The first `length` bytes that `socket` receives; it is left paused. */
export async function take(socket: Socket, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let have = 0;
  await new Promise<void>((resolve, reject) => {
    const onData = (piece: Buffer): void => {
      pieces.push(piece);
      have += piece.length;
      if (have < length) return;
      socket.off('data', onData);
      socket.pause();
      resolve();
    };
    socket.on('data', onData);
    socket.resume();
    socket.once('close', () => reject(new Error(`closed after ${have} of ${length} bytes`)));
  });
  return Buffer.concat(pieces);
}

/** A server of Node's on loopback, for what dials out. */
export async function plainServer(onSocket: (socket: Socket) => void): Promise<{
  address: SocketAddress;
  close: () => void;
}> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  return {
    address: { host: '127.0.0.1', port: bound.port },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
