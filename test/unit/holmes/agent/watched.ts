/** A worker with the agent in it, and the means to tell it what to do. */
import { threadId, Worker, type WorkerOptions } from 'node:worker_threads';
import { BoardReader } from '../../../../holmes/agent/board.ts';
import { expectJoin } from '../../../../holmes/agent/invitation.ts';
import type { Joined } from '../../../../holmes/agent/joined.ts';
import { systemClock } from '../../../../holmes/clock.ts';

let tokens = 0;

export class Watched {
  readonly worker: Worker;
  /** Its exit code, once it has ended; an error that it ended by is swallowed. */
  readonly ended: Promise<number>;
  #asked = 0;

  constructor(options: WorkerOptions = {}) {
    this.worker = new Worker(new URL('./fixtures/watched-thread.ts', import.meta.url), options);
    this.worker.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', resolve);
    });
  }

  /** Without waiting for it. */
  tell(act: string, ...values: readonly unknown[]): number {
    const id = ++this.#asked;
    this.worker.postMessage({ id, act, values });
    return id;
  }

  ask(act: string, ...values: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      const id = this.tell(act, ...values);
      const receive = (answer: { readonly id: number; readonly value: unknown }): void => {
        if (answer.id !== id) return;
        this.worker.off('message', receive);
        resolve(answer.value);
      };
      this.worker.on('message', receive);
    });
  }

  async join(): Promise<{ readonly joined: Joined; readonly reader: BoardReader }> {
    const token = `watched-${++tokens}`;
    const expected = expectJoin(token, 10_000, systemClock);
    this.tell('join', threadId, token);
    const joined = await expected;
    return { joined, reader: new BoardReader(joined, systemClock) };
  }
}

/** Looks every 20 ms until it is so; fails after `timeoutMs`. */
export async function until(isSo: () => boolean, timeoutMs: number = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not so after ${timeoutMs} ms: ${isSo.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
