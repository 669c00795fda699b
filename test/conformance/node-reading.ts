/**
 * Reads messages with Node's own parser, llhttp, through a real `node:http` server and client over loopback, as strict
 * as Node is by default. What Node's layer above the parser would refuse besides (a missing Host) is switched off.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import {
  connect,
  createServer as createPlainServer,
  type AddressInfo,
  type Server as PlainServer,
  type Socket,
} from 'node:net';
import type { AnsweredMethod, Reading, SeenMessage, Verdict } from './reading.ts';

/** Codes that are no refusal: the bytes end within a message, or go on behind the last one. */
const lenientCodes: Readonly<Record<string, Verdict>> = {
  HPE_INVALID_EOF_STATE: 'waits',
  HPE_CLOSED_CONNECTION: 'accepts',
};

interface Seen {
  readonly messages: { readonly message: SeenMessage; whole: boolean }[];
  code: string;
}

export class NodeReader {
  readonly #server: Server;
  readonly #origin: PlainServer;
  #seen: Seen = { messages: [], code: '' };
  #answer: Buffer = Buffer.alloc(0);

  private constructor() {
    this.#server = createServer({
      insecureHTTPParser: false,
      requireHostHeader: false,
      maxHeaderSize: 65_536,
    });
    const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      collect(this.#seen, incoming);
      outgoing.end();
    };
    this.#server.on('request', onRequest);
    this.#server.on('checkContinue', onRequest);
    this.#server.on('checkExpectation', onRequest);
    const onSwitch = (incoming: IncomingMessage, socket: Socket): void => {
      this.#seen.messages.push({ message: { ...messageOf(incoming), body: null }, whole: true });
      socket.destroy();
    };
    this.#server.on('connect', onSwitch);
    this.#server.on('upgrade', onSwitch);
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (this.#seen.code === '') this.#seen.code = error.code ?? error.message;
      socket.destroy();
    });
    this.#origin = createPlainServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(this.#answer));
    });
  }

  static async start(): Promise<NodeReader> {
    const reader = new NodeReader();
    for (const server of [reader.#server, reader.#origin]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return reader;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    for (const server of [this.#server, this.#origin]) {
      server.close();
      await once(server, 'close');
    }
  }

  /** One connection that sends `bytes` and then ends. One at a time. */
  async readRequests(bytes: Buffer): Promise<Reading> {
    this.#seen = { messages: [], code: '' };
    const socket = connect({ host: '127.0.0.1', port: portOf(this.#server), allowHalfOpen: true });
    const ended = Promise.withResolvers<void>();
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => ended.resolve());
    socket.resume();
    socket.end(bytes);
    await ended.promise;
    return readingOf(this.#seen);
  }

  /** One request of `method` that is answered with `bytes`, which then end. One at a time. */
  async readAnswer(bytes: Buffer, method: AnsweredMethod): Promise<Reading> {
    this.#answer = bytes;
    const seen: Seen = { messages: [], code: '' };
    const ended = Promise.withResolvers<void>();
    const outgoing = request({ host: '127.0.0.1', port: portOf(this.#origin), method, agent: false });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (seen.code === '')
        seen.code = error.code === 'ECONNRESET' ? 'HPE_INVALID_EOF_STATE' : (error.code ?? error.message);
    });
    outgoing.on('response', (incoming) => {
      incoming.on('error', (error: NodeJS.ErrnoException) => {
        if (seen.code === '')
          seen.code = error.code === 'ECONNRESET' ? 'HPE_INVALID_EOF_STATE' : (error.code ?? error.message);
      });
      collect(seen, incoming);
    });
    outgoing.on('upgrade', (incoming, socket) => {
      seen.messages.push({ message: { ...messageOf(incoming), body: null }, whole: true });
      socket.destroy();
    });
    outgoing.on('close', () => ended.resolve());
    outgoing.end();
    await ended.promise;
    return readingOf(seen);
  }
}

function portOf(server: Server | PlainServer): number {
  return (server.address() as AddressInfo).port;
}

function collect(seen: Seen, incoming: IncomingMessage): void {
  const entry = { message: messageOf(incoming), whole: false };
  const index = seen.messages.push(entry) - 1;
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('error', () => {});
  incoming.on('end', () => {
    const body = Buffer.concat(pieces).toString('latin1');
    seen.messages[index] = { message: { ...entry.message, body }, whole: incoming.complete };
  });
}

function messageOf(incoming: IncomingMessage): SeenMessage {
  const { rawHeaders } = incoming;
  const fields: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) fields.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  return {
    method: incoming.statusCode === null || incoming.statusCode === undefined ? (incoming.method ?? '') : '',
    target: incoming.statusCode === null || incoming.statusCode === undefined ? (incoming.url ?? '') : '',
    status: incoming.statusCode ?? 0,
    fields,
    body: '',
  };
}

function readingOf({ messages, code }: Seen): Reading {
  const verdict = code === '' ? 'accepts' : (lenientCodes[code] ?? 'refuses');
  return {
    messages: messages.filter(({ whole }) => whole).map(({ message }) => message),
    verdict: verdict === 'accepts' && messages.some(({ whole }) => !whole) ? 'waits' : verdict,
    cause: code,
  };
}
