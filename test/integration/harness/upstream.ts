/** Upstreams for tests: one whose every byte the test writes itself, and Node's own HTTP server. */
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { anyPort } from '../../../examples/mesh/addresses.ts';
import { Peer, type Request } from './peer.ts';
import { until } from './patience.ts';

export class RawUpstream {
  readonly #server: Server;
  /** In the order in which they were accepted. */
  readonly peers: Peer[] = [];
  #taken = 0;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.peers.push(new Peer(socket)));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.peers.length;
  }

  /** The next connection that nobody has taken yet. */
  async accept(): Promise<Peer> {
    const index = this.#taken++;
    await until(
      () => this.peers.length > index,
      () => `upstream connection ${index + 1}`,
    );
    return this.peers[index]!;
  }

  /** The next connection and the request that comes on it. */
  async acceptRequest(): Promise<{ readonly peer: Peer; readonly request: Request }> {
    const peer = await this.accept();
    return { peer, request: await peer.request() };
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Listens until the test is over. */
export async function startRawUpstream(port = 0): Promise<RawUpstream> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const upstream = new RawUpstream(server);
  onTestFinished(() => upstream.close());
  return upstream;
}

export interface HttpUpstream {
  readonly port: number;
  readonly server: HttpServer;
  /** Connections accepted so far. */
  readonly connections: () => number;
}

/** Node's HTTP server with this handler, until the test is over. */
export async function startHttpUpstream(handler: RequestListener): Promise<HttpUpstream> {
  const server = createHttpServer(handler);
  let connections = 0;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, server, connections: () => connections };
}

/** A port of this machine on which nobody listens. */
export async function closedPort(): Promise<number> {
  return anyPort();
}
