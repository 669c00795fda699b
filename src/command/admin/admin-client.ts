/** Talks to the admin API of a proxy, and says in words what keeps it from answering. */
import type { IncomingMessage } from 'node:http';
import type { AdminAddress } from './admin-address.ts';
import { AdminFailure } from './admin-failure.ts';
import { ask, type HttpAnswer, type Peer, tokenWanted } from './http-exchange.ts';
import { isObject, textOf } from './json.ts';

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
  readonly #peer: Peer;

  constructor(address: AdminAddress, token: string) {
    this.#peer = {
      address,
      token,
      doubt: 'is the proxy running, and is this its admin address (--admin)?',
    };
  }

  get hasToken(): boolean {
    return this.#peer.token !== '';
  }

  /** The full address of a path, for a browser. */
  urlOf(path: string): string {
    return `${this.#peer.address}${path}`;
  }

  /** Rejects with a AdminFailure. */
  async json(request: AdminRequest): Promise<unknown> {
    const text = await (await this.#ask(request)).text(maxJsonBytes);
    try {
      return JSON.parse(text);
    } catch {
      throw new AdminFailure(`${this.#peer.address} does not answer like a Meshlock admin API`);
    }
  }

  /** The body as it comes; the caller reads it to its end or destroys it. Rejects with a AdminFailure. */
  async download(path: string): Promise<IncomingMessage> {
    // A heap snapshot takes as long as it takes; what stalls for so long is broken.
    return (await this.#ask({ path, timeoutMs: 3_600_000 })).body;
  }

  async #ask({ method = 'GET', path, query, alsoAnswers, timeoutMs }: AdminRequest): Promise<HttpAnswer> {
    const url = new URL(this.urlOf(path));
    url.search = new URLSearchParams(query).toString();
    const answer = await ask(this.#peer, { url, method, timeoutMs: timeoutMs ?? patienceMs });
    const { status } = answer;
    if (status === 200 || alsoAnswers?.includes(status)) return answer;
    throw new AdminRefusal(status, this.#refusal(status, await answer.text(maxJsonBytes)));
  }

  #refusal(status: number, body: string): string {
    if (status === 401) return tokenWanted(this.#peer);
    return messageIn(body) ?? `${this.#peer.address} answers ${status}`;
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
