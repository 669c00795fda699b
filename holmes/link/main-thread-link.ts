/**
 * The link from a helper thread to the main thread of its process. Node interrupts the main thread for it, so it works
 * while that spins. While the link is open the process does not end without a word on stderr: the helper has to close it
 * when the main thread says that it is about to.
 */
import { Session } from 'node:inspector';
import { isMainThread } from 'node:worker_threads';
import { type Clock, systemClock } from '../clock.ts';
import { Channel } from './channel.ts';
import { type Link, LinkError } from './link.ts';

/**
 * Connects at once. Keeps no thread alive, also not while an answer is awaited. Throws a `LinkError` on the main thread
 * itself, and where Node's permission model forbids the inspector.
 */
export function linkToMainThread(clock: Clock = systemClock): Link {
  if (isMainThread) {
    throw new LinkError('refused', 'the main thread cannot watch itself: link to it from a worker');
  }
  const session = new Session();
  const channel = new Channel({
    thread: 'the main thread',
    clock,
    send: (id, method, params) =>
      session.post(method, params as object | undefined, (error, result) =>
        channel.answer(id, error, result),
      ),
    hangUp: () => session.disconnect(),
  });
  try {
    session.connectToMainThread();
  } catch (error) {
    throw new LinkError('refused', error instanceof Error ? error.message : String(error));
  }
  session.on('inspectorNotification', ({ method, params }: { method: string; params: unknown }) =>
    channel.notify(method, params),
  );
  return channel;
}
