/**
 * One endpoint of the soak: echoes bodies and WebSocket messages, answers its health checks, and can go and come back
 * on the port it had.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { WebSocketServer } from 'ws';

export class SoakUpstream {
  readonly name: string;
  /** Answers 503 to health checks while false. */
  healthy = true;
  requests = 0;
  #server: Server | null = null;
  #port = 0;

  constructor(name: string) {
    this.name = name;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) =>
      this.#answer(request, response),
    );
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', 4096, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /**
   * Stops listening and waits for its last connection, which the proxy has to end: an HTTP server's own `close` would
   * also close connections that look idle, which may be just about to bring a request.
   */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server !== null) await new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
  }

  /** Stops listening and cuts every connection in the middle of whatever it does. */
  async crash(): Promise<void> {
    const server = this.#server;
    const left = this.leave();
    server?.closeAllConnections();
    await left;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/healthz') {
      response.writeHead(this.healthy ? 200 : 503).end();
      return;
    }
    this.requests++;
    if (request.method === 'GET') {
      response.setHeader('content-length', Buffer.byteLength(request.url!));
      response.end(request.url);
      return;
    }
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      // Every other answer has its length, the others come in chunks.
      if (body.length % 2 === 0) response.setHeader('content-length', body.length);
      response.write(body.subarray(0, body.length / 2));
      response.end(body.subarray(body.length / 2));
    });
  }
}
