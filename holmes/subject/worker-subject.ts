/** A worker thread, watched from the thread that started it. */
import { randomUUID } from 'node:crypto';
import { errorMonitor } from 'node:events';
import { threadId, type Worker } from 'node:worker_threads';
import { expectJoin, joinExpression } from '../agent/invitation.ts';
import type { Joined } from '../agent/joined.ts';
import type { Clock } from '../clock.ts';
import { evaluateInTurn } from '../link/evaluate.ts';
import { type Link, LinkError } from '../link/link.ts';
import type { WorkerLinks } from '../link/worker-links.ts';
import type { RecorderSettings } from '../settings.ts';
import type { SubjectEnd } from './subject.ts';
import { type Entry, type ThreadAccess, ThreadSubject } from './thread-subject.ts';

export interface WorkerSubjectOptions {
  /** Stays the caller's. Errors of it are looked at, not handled: without a listener of its own they still end the process. */
  readonly worker: Worker;
  readonly name: string;
  readonly title: string;
  /** Of this thread; stays the caller's. */
  readonly links: WorkerLinks;
  readonly clock: Clock;
  readonly recorder: RecorderSettings;
}

const linkTimeoutMs = 10_000;
const joinTimeoutMs = 10_000;
/** The inspector of a worker is up before the worker has booted. */
const joinAttempts = 50;
const retryMs = 100;

/** A thread subject that says how to get in; it changes nothing of what that does. */
export class WorkerSubject extends ThreadSubject {
  constructor({ worker, name, title, links, clock, recorder }: WorkerSubjectOptions) {
    super({ name, title, access: new WorkerAccess(worker, links, clock), clock, recorder });
  }
}

class WorkerAccess implements ThreadAccess {
  readonly ended: Promise<SubjectEnd>;
  readonly #worker: Worker;
  readonly #links: WorkerLinks;
  readonly #clock: Clock;
  readonly #fulfilEnded: (end: SubjectEnd) => void;
  /** What ended the thread, until its exit is reported. */
  #error: SubjectEnd | null = null;

  constructor(worker: Worker, links: WorkerLinks, clock: Clock) {
    this.#worker = worker;
    this.#links = links;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<SubjectEnd>();
    this.ended = promise;
    this.#fulfilEnded = resolve;
    worker.on(errorMonitor, this.#noteError);
    worker.on('exit', this.#noteExit);
  }

  async open(): Promise<Entry> {
    const link = await this.#links.linkTo(this.#worker, linkTimeoutMs);
    try {
      return { link, joined: await this.#join(link) };
    } catch (error) {
      link.close();
      throw error;
    }
  }

  get cause(): SubjectEnd | null {
    return this.#error;
  }

  leave(): void {
    this.#worker.off(errorMonitor, this.#noteError);
    this.#worker.off('exit', this.#noteExit);
  }

  async #join(link: Link): Promise<Joined> {
    const token = randomUUID();
    const joined = expectJoin(token, joinTimeoutMs, this.#clock);
    // It gives up by itself when the invitation fails before that.
    joined.catch(() => undefined);
    const gone = link.closed.then(() => {
      throw new LinkError('closed', 'the worker ended before it had joined');
    });
    gone.catch(() => undefined);
    for (let attempt = 1; ; attempt++) {
      try {
        await evaluateInTurn(link, joinExpression(token, threadId), joinTimeoutMs);
        return await Promise.race([joined, gone]);
      } catch (error) {
        const isRefused = error instanceof LinkError && error.reason === 'refused';
        if (!isRefused || attempt === joinAttempts) throw error;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = this.#clock.after(retryMs, resolve);
      await Promise.race([promise, gone]).finally(() => timer.cancel());
    }
  }

  readonly #noteError = (error: unknown): void => {
    // A thread may throw anything.
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const isOutOfMemory =
      error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#error = { kind: isOutOfMemory ? 'out_of_memory' : 'exception', detail };
  };

  readonly #noteExit = (code: number): void => {
    this.#fulfilEnded(this.#error ?? { kind: 'exit', detail: `exit code ${code}` });
  };
}
