/** Talks to the admin API of a proxy, and says in words what keeps it from answering. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isObject, textOf } from './json.ts';
import { AdminFailure } from './admin-failure.ts';
import type { AdminAddress } from './admin-address.ts';

/** A list of some hundred records has a few megabytes. */
const maxJsonBytes: number = 64 * 1024 * 1024;
const patienceMs = 30_000;

export interface AdminRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Besides 200: statuses that bring an answer, not a refusal. */
  readonly alsoAnswers?: readonly number[];
  /** Until the whole answer is there. */
  readonly timeoutMs?: number;
}

/** The API refused; `message` is what it said. */
export class AdminRefusal extends AdminFailure {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class AdminClient {
  readonly #address: AdminAddress;
  readonly #token: string;

  constructor(address: AdminAddress, token: string) {
    this.#address = address;
    this.#token = token;
  }

  get hasToken(): boolean {
    return this.#token !== '';
  }

  /** The full address of a path, for a browser. */
  urlOf(path: string): string {
    return `${this.#address}${path}`;
  }

  /** Rejects with a AdminFailure. */
  async json(request: AdminRequest): Promise<unknown> {
    const response = await this.#send(request);
    const text = await this.#textOf(response);
    try {
      return JSON.parse(text);
    } catch {
      throw new AdminFailure(`${this.#address} does not answer like a Meshlock admin API`);
    }
  }

  /** The body as it comes; the caller reads it to its end or destroys it. Rejects with a AdminFailure. */
  download(path: string): Promise<IncomingMessage> {
    // A heap snapshot takes as long as it takes; what stalls for so long is broken.
    return this.#send({ path, timeoutMs: 3_600_000 });
  }

  async #send(request: AdminRequest): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const url = new URL(this.urlOf(request.path));
    url.search = new URLSearchParams(request.query).toString();
    const headers: Record<string, string> = { accept: 'application/json', connection: 'close' };
    if (this.#token !== '') headers['authorization'] = `Bearer ${this.#token}`;
    const signal = AbortSignal.timeout(request.timeoutMs ?? patienceMs);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sending = send(url, { method: request.method ?? 'GET', headers, signal }, resolve);
    sending.on('error', reject);
    sending.end();
    let response: IncomingMessage;
    try {
      response = await promise;
    } catch (error) {
      throw new AdminFailure(this.#whyNot(error));
    }
    const { statusCode = 0 } = response;
    if (statusCode === 200 || request.alsoAnswers?.includes(statusCode)) return response;
    throw new AdminRefusal(statusCode, this.#refusal(statusCode, await this.#textOf(response)));
  }

  async #textOf(response: IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        pieces.push(piece);
        length += piece.length;
        if (length > maxJsonBytes) throw new AdminFailure(`${this.#address} answers without end`);
      }
    } catch (error) {
      throw error instanceof AdminFailure ? error : new AdminFailure(this.#whyNot(error));
    }
    return Buffer.concat(pieces).toString();
  }

  #whyNot(error: unknown): string {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    switch (code) {
      case 'ECONNREFUSED':
        return `nobody listens on ${this.#address}: is the proxy running, and is this its admin address (--admin)?`;
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `the host of ${this.#address} is not known`;
      case 'ABORT_ERR':
        return `${this.#address} did not answer in time`;
      default:
        return `cannot talk to ${this.#address}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #refusal(status: number, body: string): string {
    if (status === 401) {
      return `${this.#address} wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment${
        this.#token === '' ? '' : '; the one given is not right'
      }`;
    }
    return messageIn(body) ?? `${this.#address} answers ${status}`;
  }
}

/** `{"error": ..., "problems": [...]}`, as the admin API refuses. */
function messageIn(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || textOf(value['error']) === '') return null;
    const problems = Array.isArray(value['problems']) ? value['problems'].filter(isObject) : [];
    const lines = problems.map(({ path, expected, got, hint }) => {
      const hinted = textOf(hint) === '' ? '' : ` (${textOf(hint)})`;
      return `\n  ${textOf(path)}: expected ${textOf(expected)}, got ${textOf(got)}${hinted}`;
    });
    return `${textOf(value['error'])}${lines.join('')}`;
  } catch {
    return null;
  }
}
