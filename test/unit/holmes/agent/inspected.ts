/** A worker reached through the inspector, as holmes reaches one of which it knows nothing. */
import { Session } from 'node:inspector';
import type { Worker } from 'node:worker_threads';

interface Answer {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
}

export class Inspected {
  readonly #session = new Session();
  readonly #answers: Map<number, (answer: Answer) => void> = new Map();
  #sessionId = '';
  #sent = 0;

  /** The worker must have started (its event `online`). Only one worker may run in this process. */
  static async of(worker: Worker): Promise<Inspected> {
    const inspected = new Inspected();
    const session = inspected.#session;
    session.connect();
    const attached = new Promise<void>((resolve) => {
      session.once('NodeWorker.attachedToWorker', ({ params }) => {
        inspected.#sessionId = params.sessionId;
        resolve();
      });
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id, result } = JSON.parse(params.message) as { id?: number; result: Answer };
      if (id !== undefined) inspected.#answers.get(id)?.(result);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await attached;
    expectThread(worker);
    return inspected;
  }

  /** Rejects with what the expression throws. */
  async evaluate(expression: string): Promise<unknown> {
    const id = ++this.#sent;
    const { result, exceptionDetails } = await new Promise<Answer>((resolve) => {
      this.#answers.set(id, resolve);
      const message = JSON.stringify({
        id,
        method: 'Runtime.evaluate',
        params: { expression, returnByValue: true },
      });
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message });
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? 'the expression threw');
    return result.value;
  }

  /** For a worker that has just come online and may still be about to load its loader. */
  async evaluateInTurn(expression: string): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.evaluate(expression);
      } catch (error) {
        if (attempt === 50) throw error;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }

  close(): void {
    this.#session.disconnect();
  }
}

function expectThread(worker: Worker): void {
  if (worker.threadId < 0) throw new Error('the worker has ended already');
}
