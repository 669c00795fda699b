/**
 * The watching side of joining: what is evaluated in the other thread through the inspector, and how its answer comes
 * back. The other thread may run anything, so the expressions rely on nothing but `process` and `globalThis`.
 */
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { isJoined, type Joined } from './joined.ts';

/** The build puts `.js` here. */
const agentUrl: URL = new URL('./agent.ts', import.meta.url);

const agent = "globalThis[Symbol.for('meshlock.holmes')]";

/**
 * To be evaluated in the thread to be watched: loads the agent there and posts its `Joined` to `parentThreadId`. Gives a
 * line for a log. Evaluating it fails when the module cannot be loaded: for ever under `--permission`, for a moment in a
 * worker that is just starting (also after its event `online`); try again then.
 */
export function joinExpression(token: string, parentThreadId: number): string {
  const [url, path] = [agentUrl.href, fileURLToPath(agentUrl)].map((text) => JSON.stringify(text));
  return `process.getBuiltinModule('node:module').createRequire(${url})(${path}).join(${parentThreadId}, ${JSON.stringify(token)})`;
}

/** Gives the JSON text of a `HandleProfile`; evaluating it fails when the agent is not there. */
export const collectExpression: string = `(() => {
  const agent = ${agent};
  if (agent === undefined) throw new Error('the thread has not been joined');
  return agent.collect();
})()`;

/** Takes the agent out; does nothing where there is none. */
export const removeExpression: string = `${agent}?.remove()`;

/**
 * Waits for the answer to the invitation with this token; listen before evaluating. Rejects with an Error after
 * `timeoutMs`. Leaves no listener behind.
 */
export function expectJoin(token: string, timeoutMs: number, clock: Clock): Promise<Joined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      process.off('workerMessage', receive);
      timer.cancel();
    };
    const receive = (value: unknown): void => {
      if (!isJoined(value, token)) return;
      stop();
      resolve(value);
    };
    const timer = clock.after(timeoutMs, () => {
      stop();
      reject(new Error(`the thread has not joined within ${timeoutMs} ms: it does not answer, or is stuck`));
    });
    process.on('workerMessage', receive);
  });
}
