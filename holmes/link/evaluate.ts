/** Running a line of JavaScript in a linked thread. */
import { type Link, LinkError } from './link.ts';

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/**
 * The expression's value, as JSON carries it. It runs in the middle of whatever the thread does: keep it free of side
 * effects on the program. Rejects with a `LinkError`; `refused` also when it throws.
 */
export async function evaluate(link: Link, expression: string, timeoutMs?: number): Promise<unknown> {
  return run(link, { expression, returnByValue: true, silent: true }, timeoutMs);
}

/**
 * The same in a turn of the thread's event loop of its own, for what loads modules: in the middle of other code that
 * may be loading them as well, and in a thread that is booting it can end the thread. A thread that has not booted yet
 * refuses; one whose loop does not turn does not answer.
 */
export async function evaluateInTurn(link: Link, expression: string, timeoutMs?: number): Promise<unknown> {
  const inTurn = `(() => {
  const { bootstrapComplete } = process.getBuiltinModule('node:perf_hooks').performance.nodeTiming;
  if (bootstrapComplete < 0) throw new Error('the thread is still booting');
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try { resolve(${expression}); } catch (error) { reject(error); }
    }).unref();
  });
})()`;
  const params = { expression: inTurn, awaitPromise: true, returnByValue: true, silent: true };
  return run(link, params, timeoutMs);
}

async function run(
  link: Link,
  params: Readonly<Record<string, unknown>>,
  timeoutMs: number | undefined,
): Promise<unknown> {
  const { result, exceptionDetails } = await link.post<Evaluated>('Runtime.evaluate', params, timeoutMs);
  if (exceptionDetails === undefined) return result.value;
  throw new LinkError('refused', exceptionDetails.exception?.description ?? exceptionDetails.text);
}
