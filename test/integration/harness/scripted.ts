/** An upstream that deals with each request by a script: for tests with many requests or several upstreams. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { Peer, type Request } from './peer.ts';

export interface Turn {
  /** Whom to answer. */
  readonly peer: Peer;
  readonly request: Request;
  /** Of this upstream, from 1. */
  readonly number: number;
  /** On this connection, from 1. */
  readonly onConnection: number;
  /** Of this upstream, from 1. */
  readonly connection: number;
}

/** The next request of a connection is read once the script has returned. */
export type Script = (turn: Turn) => void | Promise<void>;

export class ScriptedUpstream {
  /** Of all connections, in the order in which they were complete. */
  readonly requests: Request[] = [];
  readonly peers: Peer[] = [];
  readonly #server: Server;
  readonly #script: Script;
  /** What went wrong here rather than in the proxy. */
  #fault: unknown = null;

  constructor(server: Server, script: Script) {
    this.#server = server;
    this.#script = script;
    server.on('connection', (socket) => {
      const peer = new Peer(socket);
      this.peers.push(peer);
      void this.#serve(peer, this.peers.length);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As the proxy names it. */
  get key(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
    if (this.#fault !== null) throw this.#fault;
  }

  async #serve(peer: Peer, connection: number): Promise<void> {
    for (let onConnection = 1; ; onConnection++) {
      const request = await this.#next(peer);
      if (request === null) return;
      this.requests.push(request);
      try {
        await this.#script({ peer, request, number: this.requests.length, onConnection, connection });
      } catch (error) {
        this.#fault ??= error;
        return;
      }
    }
  }

  /** `null` when no other comes. A request that cannot be read is the proxy's fault. */
  async #next(peer: Peer): Promise<Request | null> {
    try {
      return await peer.request();
    } catch (error) {
      const isOver = error instanceof Error && /has ended|in vain/.test(error.message);
      if (!isOver || peer.unread.includes('\r\n\r\nGET')) this.#fault ??= error;
      return null;
    }
  }
}

/** Listens until the test is over. */
export async function startScriptedUpstream(
  script: Script,
  port = 0,
  host = '127.0.0.1',
): Promise<ScriptedUpstream> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const upstream = new ScriptedUpstream(server, script);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** A complete answer with a length. */
export function answer(status: number, body = '', lines = ''): string {
  return `HTTP/1.1 ${status} Any\r\n${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Answers every request so. */
export function always(status: number, body = ''): Script {
  return ({ peer }) => peer.send(answer(status, body));
}
