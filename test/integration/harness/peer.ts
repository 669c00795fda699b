/**
 * One end of a TCP connection in a test's hand: writes exactly these bytes, expects exactly those, half-closes, resets,
 * stalls. The same for the client in front of the proxy and for the upstream behind it.
 */
import { createConnection, type Socket } from 'node:net';
import { type Message, readMessage, statusOf } from './message.ts';
import { until, within } from './patience.ts';

/** How the other side ended: it sent FIN, or RST. */
export type Ending = 'end' | 'reset';

export interface Response extends Message {
  readonly status: number;
}

export interface Request extends Message {
  readonly method: string;
  readonly target: string;
}

export class Peer {
  /** For what is not offered here, such as `remotePort`. */
  readonly socket: Socket;
  /** What was not taken is `#store[#from..#to)`. */
  #store: Buffer = Buffer.alloc(4096);
  #from = 0;
  #to = 0;
  #received = 0;
  #ending: Ending | null = null;
  #closed = false;
  readonly #waiting = new Set<() => void>();

  /** Takes the socket over; it must have been made with `allowHalfOpen`. */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#append(bytes);
      this.#wake();
    });
    socket.on('end', () => this.#end('end'));
    socket.on('error', () => this.#end('reset'));
    socket.on('close', () => {
      this.#closed = true;
      this.#end('end');
    });
  }

  /** Port of this end. */
  get port(): number {
    return this.socket.localPort ?? 0;
  }

  /** What has come and was not taken. */
  get unread(): string {
    return this.#unread.toString('latin1');
  }

  get #unread(): Buffer {
    return this.#store.subarray(this.#from, this.#to);
  }

  /** Bytes that have come in all. */
  get received(): number {
    return this.#received;
  }

  /** Whether this socket is gone, both ways. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Text is latin1: one byte for each character. */
  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Sends `data`; resolves when the kernel has taken it. */
  async sent(data: string | Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, () => resolve());
    await within(promise, () => 'the kernel to take the bytes');
  }

  /** Sends FIN; receiving goes on. */
  end(): void {
    this.socket.end();
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** The next `length` bytes. */
  take(length: number): Promise<string> {
    return this.#attempt(`${length} bytes`, () =>
      this.#to - this.#from < length ? undefined : this.#cut(length),
    );
  }

  /** Everything up to `mark`, with it. */
  takeUntil(mark: string): Promise<string> {
    return this.#attempt(JSON.stringify(mark), () => {
      const at = this.#unread.indexOf(mark, 0, 'latin1');
      return at < 0 ? undefined : this.#cut(at + mark.length);
    });
  }

  /** Everything up to the other side's end, which must be a FIN. */
  async takeAll(): Promise<string> {
    const ending = await this.ending();
    if (ending !== 'end') throw new Error(`expected FIN, got RST behind ${JSON.stringify(this.unread)}`);
    return this.#cut(this.#to - this.#from);
  }

  /** The next bytes must be these. */
  async expect(text: string): Promise<void> {
    const got = await this.#attempt(JSON.stringify(text), () =>
      this.#to - this.#from < text.length ? undefined : this.#cut(text.length),
    );
    if (got !== text) throw new Error(`expected ${JSON.stringify(text)}, got ${JSON.stringify(got)}`);
  }

  /** The next response. `toHead`: of a HEAD request, so without a body. */
  async response(options: { readonly toHead?: boolean } = {}): Promise<Response> {
    const message = await this.#message('response', options.toHead ?? false);
    return { ...message, status: statusOf(message) };
  }

  /** The next request. */
  async request(): Promise<Request> {
    const message = await this.#message('request', false);
    const [method = '', target = ''] = message.startLine.split(' ');
    return { ...message, method, target };
  }

  /** How the other side ends; waits for it. Bytes may be left. */
  async ending(): Promise<Ending> {
    this.socket.resume();
    await until(
      () => this.#ending !== null,
      () => `the end of the connection, got ${this.#excerpt()}`,
    );
    return this.#ending!;
  }

  /** Resolves when the socket is gone, both ways. */
  async gone(): Promise<void> {
    await until(
      () => this.#closed,
      () => `the close of the socket, got ${this.#excerpt()}`,
    );
  }

  #message(kind: 'request' | 'response', toHead: boolean): Promise<Message> {
    return this.#attempt(`a ${kind}`, () => {
      const read = readMessage(this.#unread, { kind, toHead, ended: this.#ending === 'end' });
      if (read === null) return undefined;
      this.#cut(read.length);
      return read.message;
    });
  }

  /** Tries now and after everything that happens, until there is a result or the other side has ended. */
  async #attempt<T>(what: string, attempt: () => T | undefined): Promise<T> {
    this.socket.resume();
    const result = Promise.withResolvers<T>();
    const look = (): void => {
      try {
        const value = attempt();
        if (value !== undefined) result.resolve(value);
        else if (this.#ending !== null) {
          result.reject(
            new Error(`the peer has ended (${this.#ending}) before ${what}, got ${this.#excerpt()}`),
          );
        }
      } catch (error) {
        result.reject(error);
      }
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(result.promise, () => `${what}, got ${this.#excerpt()}`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  #cut(length: number): string {
    const text = this.#store.toString('latin1', this.#from, this.#from + length);
    this.#from += length;
    return text;
  }

  #append(bytes: Buffer): void {
    if (this.#to + bytes.length > this.#store.length) {
      const unread = this.#unread;
      if (unread.length + bytes.length > this.#store.length / 2) {
        this.#store = Buffer.allocUnsafeSlow(2 * (unread.length + bytes.length));
      }
      unread.copy(this.#store);
      this.#from = 0;
      this.#to = unread.length;
    }
    bytes.copy(this.#store, this.#to);
    this.#to += bytes.length;
    this.#received += bytes.length;
  }

  #excerpt(): string {
    return JSON.stringify(this.#unread.toString('latin1', 0, 500));
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** A connection to a port of this machine. The caller ends it. */
export async function connectPeer(port: number, host = '127.0.0.1'): Promise<Peer> {
  const socket = createConnection({ host, port, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  await within(promise, () => `a connection to port ${port}`);
  socket.off('error', reject);
  return new Peer(socket);
}

/** Sends `bytes` on a fresh connection and answers with everything that comes until the other side ends. */
export async function rawRequest(port: number, bytes: string | Uint8Array): Promise<string> {
  const peer = await connectPeer(port);
  try {
    peer.send(bytes);
    return await peer.takeAll();
  } finally {
    peer.destroy();
  }
}
