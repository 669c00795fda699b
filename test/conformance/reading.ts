/** Messages as a reader of HTTP/1 sees them in a stream of bytes: the common ground of our codec and of Node's. */

export interface SeenMessage {
  /** Empty in an answer. */
  readonly method: string;
  readonly target: string;
  /** 0 in a request. */
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Latin1; `null` where what follows is not read as a body: an upgrade, a tunnel. */
  readonly body: string | null;
}

/**
 * `accepts`: everything was read, or what is left comes after the last message of the connection. `waits`: the bytes
 * end within a message. `refuses`: they are no HTTP/1.
 */
export type Verdict = 'accepts' | 'waits' | 'refuses';

export interface Reading {
  /** Whole messages; interim answers are left out. */
  readonly messages: readonly SeenMessage[];
  readonly verdict: Verdict;
  /** Which error, in the words of the reader. */
  readonly cause: string;
}

/** The method that answers are read for. */
export type AnsweredMethod = 'GET' | 'HEAD';
