/**
 * The calls that this program makes with `node:http` and `node:https`, by their channels: the viewpoint `caller`. The
 * channel `http.client.response.finish` comes with the head of the answer; the call ends when its body does. Upgraded
 * connections are no calls.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { aborted, type CallFailure, failureOf, isEndedByPeer, reset, serverError } from './call-failure.ts';
import { answeringPeer, type CallSink } from './call-sink.ts';
import { peerHeader } from './peer-header.ts';

const headChannel = 'http.client.response.finish';
const errorChannel = 'http.client.request.error';

interface HeadMessage {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
}

interface ErrorMessage {
  readonly request: ClientRequest;
  readonly error: unknown;
}

export class ClientCalls {
  readonly #sink: CallSink;
  /** Answers under way, with the listener that sees their end. */
  readonly #open: Map<IncomingMessage, () => void> = new Map();
  /** A broken body ends the answer and fails the request, but the call only once. */
  readonly #counted: WeakSet<ClientRequest> = new WeakSet();
  readonly #head: (message: unknown) => void;
  readonly #error: (message: unknown) => void;

  constructor(sink: CallSink) {
    this.#sink = sink;
    this.#head = sink.guard((message) => this.#answered(message as HeadMessage));
    this.#error = sink.guard((message) => this.#failed(message as ErrorMessage));
    subscribe(headChannel, this.#head);
    subscribe(errorChannel, this.#error);
  }

  stop(): void {
    unsubscribe(headChannel, this.#head);
    unsubscribe(errorChannel, this.#error);
    for (const [response, onClose] of this.#open) response.off('close', onClose);
    this.#open.clear();
  }

  #answered({ request, response }: HeadMessage): void {
    // The answer loses its socket when it ends.
    const { socket } = response;
    const onClose = this.#sink.guard<void>(() => {
      this.#open.delete(response);
      let failure: CallFailure | null = null;
      if ((response.statusCode ?? 0) >= 500) failure = serverError;
      else if (!response.complete) failure = isEndedByPeer(socket) ? reset : aborted;
      this.#count(request, failure, response);
    });
    response.once('close', onClose);
    this.#open.set(response, onClose);
  }

  #failed({ request, error }: ErrorMessage): void {
    this.#count(request, isOwn(request, error) ? aborted : failureOf(error), null);
  }

  #count(request: ClientRequest, failure: CallFailure | null, response: IncomingMessage | null): void {
    if (this.#counted.has(request)) return;
    this.#counted.add(request);
    const named = request.getHeader('host');
    const host = typeof named === 'string' ? named : request.host;
    if (this.#sink.isIgnored(`${request.protocol}//${host}`, request.path)) return;
    const header = response?.headers[peerHeader];
    this.#sink.count('caller', answeringPeer(typeof header === 'string' ? header : undefined, host), failure);
  }
}

/**
 * Node says `socket hang up` for both ends, but destroys the request first when it is the program that gives up. After a
 * time-out of its own that is told only if the program says so, by a TimeoutError or `AbortSignal.timeout`.
 */
function isOwn(request: ClientRequest, error: unknown): boolean {
  return request.destroyed && failureOf(error).reason !== 'timeout';
}
