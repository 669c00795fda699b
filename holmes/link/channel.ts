/**
 * The core of every link: which answers are awaited, for how long, and who listens to what. How a command travels is the
 * transport's business, so that a thread reached directly and one reached through its parent behave alike.
 *
 * V8 hands messages of an inspector over by an interrupt: in the middle of whatever JavaScript this thread is running.
 * Nobody writes code that stands that, so the channel keeps them until that has finished, in their order.
 */
import type { Clock, Timer } from '../clock.ts';
import { type Link, LinkError } from './link.ts';

export interface ChannelOptions {
  /** How errors name the thread: `worker 3`, `the main thread`. */
  readonly thread: string;
  readonly clock: Clock;
  /** Sends a command; its answer comes through `answer`. May throw: then the command was not sent. */
  readonly send: (id: number, method: string, params: Readonly<Record<string, unknown>> | undefined) => void;
  /** Called once, when the channel closes from this side. */
  readonly hangUp: () => void;
}

interface Call {
  readonly method: string;
  readonly settle: (error: LinkError | null, result?: unknown) => void;
  readonly timer: Timer | null;
}

/** The protocol's form of a refusal. */
export interface Refusal {
  readonly message: string;
}

const defaultTimeoutMs = 60_000;
/**
 * Commands to a thread that does not answer wait in its queue, also those nobody waits for any more: none can be taken
 * back. More than this are not sent.
 */
const maxUnanswered = 256;
/** What stops the thread until it is answered: listeners hear of it at once, in the middle of anything. */
const urgentEvents: ReadonlySet<string> = new Set(['Debugger.paused']);

export class Channel implements Link {
  readonly closed: Promise<void>;
  readonly #options: ChannelOptions;
  readonly #calls = new Map<number, Call>();
  /** Timed out, and still in the queue of the thread. */
  readonly #abandoned = new Set<number>();
  readonly #listeners = new Map<string, Set<(params: unknown) => void>>();
  readonly #fulfilClosed: () => void;
  /** What the transport has handed over, until the JavaScript that it interrupted is done. */
  #inbox: (() => void)[] = [];
  #lastId = 0;
  /** Why nothing more can be sent; `null` while open. */
  #closedWhy: string | null = null;

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#fulfilClosed = resolve;
  }

  /** Like `Link.post`; a `timeoutMs` of `Infinity` waits until the thread answers or goes. */
  async post<T = unknown>(
    method: string,
    params?: Readonly<Record<string, unknown>>,
    timeoutMs: number = defaultTimeoutMs,
  ): Promise<T> {
    const { thread, clock, send } = this.#options;
    if (this.#closedWhy !== null) throw this.#closedError(method);
    if (this.#calls.size + this.#abandoned.size >= maxUnanswered) {
      throw new LinkError('refused', `${method}: ${thread} has not answered ${maxUnanswered} commands`);
    }
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#calls.set(id, {
      method,
      settle: (error, result) => (error === null ? resolve(result as T) : reject(error)),
      timer: Number.isFinite(timeoutMs) ? clock.after(timeoutMs, () => this.#timeOut(id, timeoutMs)) : null,
    });
    try {
      send(id, method, params);
    } catch (error) {
      this.#take(id)?.settle(new LinkError('refused', `${method}: ${messageOf(error)}`));
    }
    return promise;
  }

  on(method: string, listener: (params: unknown) => void): () => void {
    // Own identity, so that the same function may listen twice.
    const entry = (params: unknown): void => listener(params);
    const entries = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#listeners.get(method) === entries) this.#listeners.delete(method);
    };
  }

  close(): void {
    if (this.#closedWhy !== null) return;
    this.#shut('the link was closed');
    this.#options.hangUp();
  }

  /** For the transport: the answer to `send`, once or not at all. */
  answer(id: number, refusal: Refusal | null, result: unknown): void {
    this.#later(() => this.#answered(id, refusal, result));
  }

  /** For the transport: an event arrived. An error of a listener is a warning, and the others hear of the event. */
  notify(method: string, params: unknown): void {
    if (urgentEvents.has(method)) this.#tell(method, params);
    else this.#later(() => this.#tell(method, params));
  }

  /** For the transport: whether an event is worth parsing. */
  listensTo(method: string): boolean {
    return this.#listeners.has(method);
  }

  /** For the transport: the thread has gone; there is nothing to hang up. What it has said before that counts. */
  lose(why: string): void {
    this.#later(() => this.#shut(why));
  }

  #shut(why: string): void {
    if (this.#closedWhy !== null) return;
    this.#closedWhy = why;
    this.#inbox = [];
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#abandoned.clear();
    this.#listeners.clear();
    for (const call of calls) {
      call.timer?.cancel();
      call.settle(this.#closedError(call.method));
    }
    this.#fulfilClosed();
  }

  #later(handle: () => void): void {
    if (this.#closedWhy !== null) return;
    this.#inbox.push(handle);
    if (this.#inbox.length === 1) queueMicrotask(() => this.#empty());
  }

  #empty(): void {
    const handles = this.#inbox;
    this.#inbox = [];
    for (const handle of handles) {
      // Closed by the one before.
      if (this.#closedWhy === null) handle();
    }
  }

  #answered(id: number, refusal: Refusal | null, result: unknown): void {
    if (this.#abandoned.delete(id)) return;
    const call = this.#take(id);
    if (call === null) return;
    if (refusal === null) call.settle(null, result);
    else call.settle(new LinkError('refused', `${call.method}: ${refusal.message}`));
  }

  #tell(method: string, params: unknown): void {
    for (const listener of [...(this.#listeners.get(method) ?? [])]) {
      try {
        listener(params);
      } catch (error) {
        process.emitWarning(`a listener to ${method} threw: ${messageOf(error)}`, 'HolmesWarning');
      }
    }
  }

  #take(id: number): Call | null {
    const call = this.#calls.get(id);
    if (call === undefined) return null;
    this.#calls.delete(id);
    call.timer?.cancel();
    return call;
  }

  #timeOut(id: number, timeoutMs: number): void {
    const call = this.#take(id);
    if (call === null) return;
    this.#abandoned.add(id);
    call.settle(
      new LinkError('timeout', `${call.method}: no answer of ${this.#options.thread} in ${timeoutMs} ms`),
    );
  }

  #closedError(method: string): LinkError {
    return new LinkError('closed', `${method}: no link to ${this.#options.thread}: ${this.#closedWhy ?? ''}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
