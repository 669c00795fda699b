/** One HTTP request with Node's own client, and how long its answer took. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** For keep-alive; without one the connection is closed behind the answer. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly body: string;
  /** From the start of the request to the end of the answer. */
  readonly tookMs: number;
}

const timeoutMs = 12_000;

/** Rejects when the connection fails, when the answer is cut off, and when nothing moves for 12 s. */
export function call(port: number, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent = false } = options;
  const startedMs = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    { host: '127.0.0.1', port, path, method, headers, agent, timeout: timeoutMs },
    (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const bytes = Buffer.concat(pieces);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          body: bytes.toString('utf8'),
          tookMs: performance.now() - startedMs,
        });
      });
    },
  );
  outgoing.on('error', reject);
  outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing moved for ${timeoutMs} ms`)));
  outgoing.end(body);
  return promise;
}
