/**
 * Links to the workers of this process, over one inspector session on the thread that watches: the NodeWorker domain
 * reports every worker and carries messages to it. It knows workers by session ids of its own; a worker's thread id
 * stands in the title that it gives.
 */
import { Session } from 'node:inspector';
import type { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../clock.ts';
import { Channel, type Refusal } from './channel.ts';
import { type Link, LinkError } from './link.ts';

interface Attached {
  readonly sessionId: string;
  readonly threadId: number;
  /** Counts on over the links of a worker, so that a late answer to one is not taken for an answer to the next. */
  lastId: number;
  /** Ids at or below it belong to links that are closed. */
  closedUpTo: number;
  channel: Channel | null;
}

/** A worker that is not attached yet. */
interface Expected {
  readonly threadId: number;
  readonly found: (attached: Attached) => void;
  readonly lost: (error: LinkError) => void;
}

/** What a link leaves in the thread, in the order in which it has to go. */
const domains = ['Debugger', 'Profiler', 'HeapProfiler', 'Runtime'] as const;

export class WorkerLinks {
  readonly #clock: Clock;
  readonly #session: Session = new Session();
  readonly #bySession = new Map<string, Attached>();
  readonly #byThread = new Map<number, Attached>();
  readonly #expected = new Set<Expected>();
  #closed = false;

  /** Attaches to every worker of the process, which costs them nothing until they are linked to. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#session.connect();
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) =>
      this.#attached(params.sessionId, params.workerInfo.title),
    );
    this.#session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#detached(params.sessionId));
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.#received(params.sessionId, params.message),
    );
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /**
   * Waits until the worker's inspector is up, at most `timeoutMs`. Rejects with a `LinkError`: `closed` when the worker
   * ends before that, `timeout`, or `refused` when it has an open link already.
   */
  async linkTo(worker: Worker, timeoutMs: number): Promise<Link> {
    const attached = await this.#find(worker, timeoutMs);
    if (attached.channel !== null) {
      throw new LinkError('refused', `worker ${attached.threadId} has an open link already`);
    }
    return this.#open(worker, attached);
  }

  /** Closes every link and takes the session off every worker. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const attached of [...this.#bySession.values()]) attached.channel?.close();
    for (const { lost } of this.#expected) lost(new LinkError('closed', 'the links were closed'));
    // Detaches from every worker; the inspector then undoes whatever a link had switched on there.
    this.#session.post('NodeWorker.disable');
    this.#session.disconnect();
    this.#session.removeAllListeners();
    this.#bySession.clear();
    this.#byThread.clear();
  }

  async #find(worker: Worker, timeoutMs: number): Promise<Attached> {
    const { threadId } = worker;
    if (this.#closed) throw new LinkError('closed', 'the links were closed');
    // Node takes the id back when a worker has ended.
    if (threadId === -1) throw new LinkError('closed', 'the worker has ended');

    const { promise, resolve, reject } = Promise.withResolvers<Attached>();
    const expected: Expected = { threadId, found: resolve, lost: reject };
    const timer = this.#clock.after(timeoutMs, () =>
      reject(new LinkError('timeout', `worker ${threadId} did not show up in ${timeoutMs} ms`)),
    );
    const onExit = (): void =>
      reject(new LinkError('closed', `worker ${threadId} ended before it was linked`));
    this.#expected.add(expected);
    worker.once('exit', onExit);
    // Looked up last: the worker may show up between any two lines here.
    const known = this.#byThread.get(threadId);
    if (known !== undefined) resolve(known);
    try {
      return await promise;
    } finally {
      timer.cancel();
      worker.off('exit', onExit);
      this.#expected.delete(expected);
    }
  }

  #open(worker: Worker, attached: Attached): Link {
    const base = attached.lastId;
    const channel = new Channel({
      thread: `worker ${attached.threadId}`,
      clock: this.#clock,
      send: (id, method, params) => {
        attached.lastId = base + id;
        this.#send(attached, JSON.stringify({ id: base + id, method, params }));
      },
      hangUp: () => {
        for (const domain of domains) {
          this.#send(attached, JSON.stringify({ id: ++attached.lastId, method: `${domain}.disable` }));
        }
      },
    });
    attached.channel = channel;
    attached.closedUpTo = base;
    // The domain reports the end as well, but does not say when; the first of both counts.
    const onExit = (): void => channel.lose('the worker has ended');
    worker.once('exit', onExit);
    void channel.closed.then(() => {
      worker.off('exit', onExit);
      if (attached.channel === channel) attached.channel = null;
    });
    return channel;
  }

  #send({ sessionId }: Attached, message: string): void {
    // Answers in the same call: that it was sent, also to a worker that has ended. Its end is reported on its own.
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
  }

  #attached(sessionId: string, title: string): void {
    const threadId = Number(/^\[worker (\d+)\]/.exec(title)?.[1] ?? Number.NaN);
    if (Number.isNaN(threadId)) return;
    const attached: Attached = { sessionId, threadId, lastId: 0, closedUpTo: 0, channel: null };
    this.#bySession.set(sessionId, attached);
    this.#byThread.set(threadId, attached);
    for (const expected of [...this.#expected]) if (expected.threadId === threadId) expected.found(attached);
  }

  #detached(sessionId: string): void {
    const attached = this.#bySession.get(sessionId);
    if (attached === undefined) return;
    this.#bySession.delete(sessionId);
    this.#byThread.delete(attached.threadId);
    attached.channel?.lose('the worker has ended');
  }

  #received(sessionId: string, message: string): void {
    const attached = this.#bySession.get(sessionId);
    const channel = attached?.channel;
    if (attached === undefined || channel === null || channel === undefined) return;
    // An event that nobody listens to is told by its start, not parsed.
    const event = /^\{"method":"([^"]+)"/.exec(message)?.[1];
    if (event !== undefined && !channel.listensTo(event)) return;
    const parsed = JSON.parse(message) as {
      readonly id?: number;
      readonly method?: string;
      readonly params?: unknown;
      readonly result?: unknown;
      readonly error?: Refusal;
    };
    if (parsed.id === undefined) channel.notify(parsed.method ?? '', parsed.params);
    else if (parsed.id > attached.closedUpTo) {
      channel.answer(parsed.id - attached.closedUpTo, parsed.error ?? null, parsed.result);
    }
  }
}
