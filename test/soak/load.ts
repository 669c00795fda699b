/**
 * The load of the soak: each client has one connection and sends one thing after another on it, checks every byte that
 * comes back, and tries nothing again.
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';

export type Kind = 'get' | 'post' | 'chunked' | 'crashing' | 'websocket';

/** How many clients of each kind; 32 together. */
const shares: Readonly<Record<Kind, number>> = { get: 14, post: 6, chunked: 4, crashing: 4, websocket: 4 };
const messages = 20;
const stuckMs = 15_000;
const filling = Buffer.alloc(80_000, 'meshlock soak ');

export class SoakLoad {
  /** Requests and WebSocket messages that were answered as they should be. */
  readonly answered: Record<Kind, number> = { get: 0, post: 0, chunked: 0, crashing: 0, websocket: 0 };
  /** The first of them, each with when it came. */
  readonly failures: string[] = [];
  failed = 0;
  readonly #port: number;
  readonly #agents: Agent[] = [];
  readonly #startedMs: number = performance.now();
  #running: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #number = 0;

  constructor(port: number) {
    this.#port = port;
  }

  get total(): number {
    return Object.values(this.answered).reduce((sum, count) => sum + count, 0);
  }

  start(): void {
    const clients = Object.entries(shares).flatMap(([kind, count]) =>
      Array.from({ length: count }, () => this.#run(kind as Kind)),
    );
    this.#running = Promise.all(clients);
  }

  /** Lets what is under way finish, then closes the connections. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    for (const agent of this.#agents) agent.destroy();
  }

  async #run(kind: Kind): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    while (!this.#stopping) {
      const number = this.#number++;
      try {
        const answered = await this.#once(kind, number, agent);
        this.answered[kind] += answered;
      } catch (error) {
        this.#fail(kind, number, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #once(kind: Kind, number: number, agent: Agent): Promise<number> {
    switch (kind) {
      case 'get':
        return this.#exchange({ agent, path: `/get/${number}` });
      case 'crashing':
        return this.#exchange({ agent, path: `/crashing/${number}` });
      case 'post':
        return this.#exchange({ agent, path: '/post', body: bodyOf(number), chunked: false });
      case 'chunked':
        return this.#exchange({ agent, path: '/chunked', body: bodyOf(number), chunked: true });
      case 'websocket':
        return this.#converse(number);
    }
  }

  /** The answer is the path, or the body that was sent. */
  async #exchange(what: { agent: Agent; path: string; body?: Buffer; chunked?: boolean }): Promise<number> {
    const { agent, path, body, chunked = false } = what;
    const outgoing = request({
      host: '127.0.0.1',
      port: this.#port,
      agent,
      path,
      method: body === undefined ? 'GET' : 'POST',
      timeout: stuckMs,
      headers: body === undefined || chunked ? {} : { 'content-length': body.length },
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing for ${stuckMs} ms`)));
    const answer = once(outgoing, 'response');
    if (body !== undefined && chunked) {
      for (let at = 0; at < body.length; at += 10_000) outgoing.write(body.subarray(at, at + 10_000));
    }
    outgoing.end(chunked ? undefined : body);
    const [response] = (await answer) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    const got = Buffer.concat(pieces);
    const wanted = body ?? Buffer.from(path);
    if (response.statusCode !== 200)
      throw new Error(`${response.statusCode} ${got.toString('latin1', 0, 200)}`);
    if (!got.equals(wanted))
      throw new Error(`the answer has ${got.length} bytes, not the ${wanted.length} sent`);
    return 1;
  }

  /** Messages of several sizes, each of which must come back. */
  async #converse(number: number): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/socket`, { handshakeTimeout: stuckMs });
    const closed = once(socket, 'close');
    try {
      await once(socket, 'open');
      for (let i = 0; i < messages; i++) {
        const message = bodyOf(number + i);
        const echo = once(socket, 'message', { signal: AbortSignal.timeout(stuckMs) });
        socket.send(message);
        const [data] = (await echo) as [Buffer];
        if (!data.equals(message)) throw new Error('another message came back');
      }
      socket.close(1000);
      const [code] = (await closed) as [number];
      if (code !== 1000) throw new Error(`closed with ${code}`);
      return messages;
    } finally {
      socket.terminate();
    }
  }

  #fail(kind: Kind, number: number, reason: string): void {
    this.failed++;
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    if (this.failures.length < 20) this.failures.push(`${seconds} s: ${kind} ${number}: ${reason}`);
  }
}

/** Mostly small, now and then large, never the same length twice in a row. */
function bodyOf(number: number): Buffer {
  const length = number % 10 === 0 ? 20_000 + (number % 60_000) : 1 + (number % 4000);
  return filling.subarray(0, length);
}
