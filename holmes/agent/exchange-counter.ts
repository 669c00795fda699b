/** HTTP requests being answered in this thread, by `node:http`'s own channels; none are listened to per request. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { guarded, guardedListener, type Part } from './guard.ts';

const startChannel = 'http.server.request.start';
const finishChannel = 'http.server.response.finish';

export class ExchangeCounter implements Part {
  /** Requests under way on each connection that is open; a connection that closes takes its own along. */
  readonly #open: Map<Socket, number> = new Map();
  #count = 0;
  readonly #start: (message: unknown) => void;
  readonly #finish: (message: unknown) => void;
  readonly #close: (this: Socket) => void;

  constructor() {
    this.#start = guarded((message) => this.#add(socketOf(message), 1));
    this.#finish = guarded((message) => this.#add(socketOf(message), -1));
    this.#close = guardedListener((socket: Socket) => this.#forget(socket));
  }

  install(): void {
    subscribe(startChannel, this.#start);
    subscribe(finishChannel, this.#finish);
  }

  remove(): void {
    unsubscribe(startChannel, this.#start);
    unsubscribe(finishChannel, this.#finish);
    for (const socket of [...this.#open.keys()]) this.#forget(socket);
  }

  get count(): number {
    return this.#count;
  }

  #add(socket: Socket | undefined, change: 1 | -1): void {
    if (socket === undefined) return;
    const open = this.#open.get(socket);
    if (open === undefined) {
      // The end of one that began before we came, or of a connection that is gone.
      if (change === -1 || socket.destroyed) return;
      socket.on('close', this.#close);
    }
    if (change === -1 && open === 0) return;
    this.#open.set(socket, (open ?? 0) + change);
    this.#count += change;
  }

  #forget(socket: Socket): void {
    this.#count -= this.#open.get(socket) ?? 0;
    this.#open.delete(socket);
    socket.off('close', this.#close);
  }
}

function socketOf(message: unknown): Socket | undefined {
  return (message as { readonly socket?: Socket }).socket;
}
