/** The calls that this program makes with fetch and undici, by undici's channels: the viewpoint `caller`. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type CallFailure, failureOf, serverError } from './call-failure.ts';
import { answeringPeer, type CallSink } from './call-sink.ts';
import { peerHeader } from './peer-header.ts';

/** What we read of undici's own request. */
interface FetchRequest {
  readonly origin: string | URL;
  readonly path: string;
}

interface Head {
  readonly status: number;
  readonly peer: string | undefined;
}

interface Message {
  readonly request: FetchRequest;
  readonly response?: { readonly statusCode: number; readonly headers: unknown };
  readonly error?: unknown;
}

export class FetchCalls {
  readonly #sink: CallSink;
  /** From their beginning to their end: those that were under way when we came are not counted. */
  #open: WeakMap<FetchRequest, Head | null> = new WeakMap();
  readonly #subscribers: Readonly<Record<string, (message: unknown) => void>>;

  constructor(sink: CallSink) {
    this.#sink = sink;
    const on = (run: (message: Message) => void): ((message: unknown) => void) =>
      sink.guard((message) => run(message as Message));
    this.#subscribers = {
      'undici:request:create': on(({ request }) => this.#open.set(request, null)),
      'undici:request:headers': on((message) => this.#answered(message)),
      'undici:request:trailers': on(({ request }) => this.#ended(request, null)),
      'undici:request:error': on(({ request, error }) => this.#ended(request, failureOf(error))),
    };
    for (const [channel, subscriber] of Object.entries(this.#subscribers)) subscribe(channel, subscriber);
  }

  stop(): void {
    for (const [channel, subscriber] of Object.entries(this.#subscribers)) unsubscribe(channel, subscriber);
    this.#open = new WeakMap();
  }

  #answered({ request, response }: Message): void {
    if (response === undefined || !this.#open.has(request)) return;
    this.#open.set(request, { status: response.statusCode, peer: headerIn(response.headers) });
  }

  #ended(request: FetchRequest, failure: CallFailure | null): void {
    const head = this.#open.get(request);
    if (head === undefined) return;
    this.#open.delete(request);
    const { origin, host } = new URL(request.origin);
    if (this.#sink.isIgnored(origin, request.path)) return;
    const isServerError = head !== null && head.status >= 500;
    this.#sink.count('caller', answeringPeer(head?.peer, host), isServerError ? serverError : failure);
  }
}

/** Names and values by turns, as they came over the wire; a name that comes twice says nothing. */
function headerIn(lines: unknown): string | undefined {
  if (!Array.isArray(lines)) return undefined;
  let value: string | undefined;
  for (let index = 0; index + 1 < lines.length; index += 2) {
    // The length first: most names are not turned into text.
    const name: unknown = lines[index];
    const isText = typeof name === 'string' || Buffer.isBuffer(name);
    if (!isText || name.length !== peerHeader.length || String(name).toLowerCase() !== peerHeader) continue;
    if (value !== undefined) return undefined;
    value = String(lines[index + 1]);
  }
  return value;
}
