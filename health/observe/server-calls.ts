/** The calls that this program answers, by `node:http`'s channels: the viewpoint `callee`. HTTP/2 is not seen. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { aborted, type CallFailure, isEndedByPeer, serverError } from './call-failure.ts';
import type { CallSink } from './call-sink.ts';
import { peerHeader, parsePeer } from './peer-header.ts';
import type { Peer } from './viewpoint.ts';

const startChannel = 'http.server.request.start';
const finishChannel = 'http.server.response.finish';
const unknownPeer: Peer = { node: '', service: '', version: '', release: '' };
/** To the called application nothing is upstream: its own 5xx arises in it. */
const ownError: CallFailure = { ...serverError, origin: 'local' };
const ownReset: CallFailure = { origin: 'local', reason: 'reset' };

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

export class ServerCalls {
  readonly #sink: CallSink;
  /** Under way, with the listener that sees them cut. */
  readonly #open: Map<ServerResponse, () => void> = new Map();
  readonly #start: (message: unknown) => void;
  readonly #finish: (message: unknown) => void;

  constructor(sink: CallSink) {
    this.#sink = sink;
    this.#start = sink.guard((message) => this.#began(message as Exchange));
    this.#finish = sink.guard((message) => this.#finished(message as Exchange));
    subscribe(startChannel, this.#start);
    subscribe(finishChannel, this.#finish);
  }

  stop(): void {
    unsubscribe(startChannel, this.#start);
    unsubscribe(finishChannel, this.#finish);
    for (const response of [...this.#open.keys()]) this.#forget(response);
  }

  #began({ request, response, socket }: Exchange): void {
    const onClose = this.#sink.guard<void>(() => {
      if (this.#forget(response)) this.#count(request, isEndedByPeer(socket) ? aborted : ownReset);
    });
    response.once('close', onClose);
    this.#open.set(response, onClose);
  }

  #finished({ request, response }: Exchange): void {
    // Not one that began before we came.
    if (this.#forget(response)) this.#count(request, response.statusCode >= 500 ? ownError : null);
  }

  #forget(response: ServerResponse): boolean {
    const onClose = this.#open.get(response);
    if (onClose === undefined) return false;
    response.off('close', onClose);
    return this.#open.delete(response);
  }

  #count(request: IncomingMessage, failure: CallFailure | null): void {
    const header = request.headers[peerHeader];
    // Without an introduction nothing is known: the address is that of the proxy beside us.
    const peer = typeof header === 'string' ? parsePeer(header) : null;
    this.#sink.count('callee', peer ?? unknownPeer, failure);
  }
}
