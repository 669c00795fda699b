/** A running admin server and a client that sends exactly the headers it is told to. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { type AdminLog, AdminServer, type AdminServerOptions } from '../../../src/admin/index.ts';
import type { SocketAddress } from '../../../src/config/index.ts';
import { FakeSource } from './fake-source.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export class RecordingLog implements AdminLog {
  readonly records: LogRecord[] = [];

  info(fields: object, message: string): void {
    this.records.push({ level: 'info', fields: { ...fields }, message });
  }

  warn(fields: object, message: string): void {
    this.records.push({ level: 'warn', fields: { ...fields }, message });
  }

  error(fields: object, message: string): void {
    this.records.push({ level: 'error', fields: { ...fields }, message });
  }
}

export interface Admin {
  readonly server: AdminServer;
  readonly source: FakeSource;
  readonly log: RecordingLog;
  readonly address: SocketAddress;
  call(
    method: string,
    path: string,
    headers?: Readonly<Record<string, string>>,
    body?: string | Buffer,
  ): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  json(path: string): Promise<unknown>;
}

/** Listens on a free port; closed at the end of the test. */
export async function startAdmin(options: Partial<AdminServerOptions> = {}): Promise<Admin> {
  const source = new FakeSource();
  const log = new RecordingLog();
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    token: '',
    source,
    log,
    ...options,
  });
  onTestFinished(() => server.close());
  const address = await server.listen();
  const call: Admin['call'] = (method, path, headers = {}, body = '') =>
    send(address, { method, path, headers, body });
  return {
    server,
    source,
    log,
    address,
    call,
    get: (path, headers) => call('GET', path, headers),
    post: (path, headers) => call('POST', path, headers),
    json: async (path) => JSON.parse((await call('GET', path, { accept: 'application/json' })).body),
  };
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

function send(address: SocketAddress, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...address, method, path, headers, agent: false }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.once('error', reject);
      incoming.once('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
