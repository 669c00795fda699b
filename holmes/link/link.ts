/**
 * An inspector channel to one thread, whichever way it goes. Messages reach the thread by an interrupt of V8, so they are
 * answered in the middle of a loop, and behind the end of a call into native code.
 */
export interface Link {
  /**
   * Sends a command of the inspector protocol. Rejects with a `LinkError` when the thread refuses it, when the link is or
   * gets closed, or after `timeoutMs` (default 60,000) without an answer. There is no way to take a command back.
   */
  post<T = unknown>(
    method: string,
    params?: Readonly<Record<string, unknown>>,
    timeoutMs?: number,
  ): Promise<T>;
  /** Receives an event of the protocol until the returned function is called. */
  on(method: string, listener: (params: unknown) => void): () => void;
  /** Fulfilled when the thread has gone or `close` was called. */
  readonly closed: Promise<void>;
  close(): void;
}

export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly reason: 'refused' | 'closed' | 'timeout';

  constructor(reason: LinkError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
